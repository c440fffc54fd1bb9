use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::Payment;

/// The number of bytes of the hash in an [`AdvanceId`].
const ID_BYTES: usize = 12;
/// The longest id of a transaction, in bytes.
const MAX_TRANSACTION_BYTES: usize = 64;

/// Why a text is not an id or a reference.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdError {
    /// Not the id of an advance: 24 hexadecimal digits in lower case.
    #[error("not the id of an advance")]
    Advance,
    /// Not the key of a payment, such as `D3`.
    #[error("not the key of a payment")]
    Payment,
    /// Not a reference, such as `0123456789abcdef01234567-D3`.
    #[error("not a payment's reference")]
    Reference,
    /// Not 1 to 64 visible ASCII characters.
    #[error("not the id of a transaction")]
    Transaction,
}

/// The id of an advance: 24 hexadecimal digits, a hash of who requested it and of the request's idempotency key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AdvanceId(Box<str>);

impl AdvanceId {
    /// The id of the advance that `caller` requests under `idempotency_key`: always the same one.
    pub fn of_request(caller: &str, idempotency_key: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [caller, idempotency_key] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        Self(hex::encode(digest.get(..ID_BYTES).unwrap_or_default()).into())
    }

    /// The id as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AdvanceId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let is_hex = text.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it));
        if is_hex && text.len() == ID_BYTES.saturating_mul(2) { Ok(Self(text.into())) } else { Err(IdError::Advance) }
    }
}

/// The reference of one payment of one advance, under which the processor knows it: `<advance>-<payment>`.
///
/// It is a function of the advance and the payment, so a retry can have no other one; with at most 35 characters it
/// fits the end-to-end id of a SEPA payment. A new reference means a new payment: see [`Payment`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Reference {
    /// The advance.
    pub advance: AdvanceId,
    /// The payment.
    pub payment: Payment,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.advance, self.payment)
    }
}

impl FromStr for Reference {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (advance, payment) = text.split_once('-').ok_or(IdError::Reference)?;
        Ok(Self { advance: advance.parse()?, payment: payment.parse()? })
    }
}

/// The processor's id of a transaction.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId(Box<str>);

impl TransactionId {
    /// The id as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TransactionId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = (1..=MAX_TRANSACTION_BYTES).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic());
        if fits { Ok(Self(text.into())) } else { Err(IdError::Transaction) }
    }
}

impl FromStr for Payment {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let number = |text: &str| text.parse::<u32>().ok().filter(|it| *it > 0).ok_or(IdError::Payment);
        let (kind, numbers) = text.split_at_checked(1).ok_or(IdError::Payment)?;
        let payment = match (kind, numbers.split_once('.')) {
            ("C", None) => Self::Credit { attempt: number(numbers)? },
            ("D", None) => Self::Debit { instalment: number(numbers)? },
            ("R", Some((instalment, attempt))) => {
                Self::Refund { instalment: number(instalment)?, attempt: number(attempt)? }
            }
            _ => return Err(IdError::Payment),
        };
        // One payment has one text: no leading zeros or signs.
        if payment.to_string() == text { Ok(payment) } else { Err(IdError::Payment) }
    }
}

impl fmt::Display for AdvanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AdvanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As a text in JSON.
macro_rules! text_in_json {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

text_in_json!(AdvanceId, Reference, TransactionId, Payment);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_request_has_the_same_id_and_others_have_others() {
        let id = AdvanceId::of_request("ada", "key-1");
        assert_eq!(id, AdvanceId::of_request("ada", "key-1"));
        assert_eq!(id.as_str().len(), 24);
        assert_eq!(id.as_str().parse::<AdvanceId>(), Ok(id.clone()));
        for (caller, key) in [("ada", "key-2"), ("eve", "key-1"), ("adak", "ey-1")] {
            assert_ne!(AdvanceId::of_request(caller, key), id, "{caller} {key}");
        }
    }

    #[test]
    fn a_reference_names_its_advance_and_payment_and_fits_a_bank_reference() {
        let advance = AdvanceId::of_request("ada", "key-1");
        for payment in [
            Payment::Credit { attempt: 1 },
            Payment::Debit { instalment: 120 },
            Payment::Refund { instalment: 999, attempt: 999 },
        ] {
            let reference = Reference { advance: advance.clone(), payment };
            let text = reference.to_string();
            assert!(text.len() <= 35, "{text}");
            assert_eq!(text.parse(), Ok(reference));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "D", "D0", "D-1", "D01", "D+1", "X1", "C1.1", "R1", "R1.0", "d1", "D4294967296", "Ä1"] {
            assert_eq!(text.parse::<Payment>(), Err(IdError::Payment), "{text}");
        }
        for text in ["", "0123456789abcdef0123456", "0123456789ABCDEF01234567", "0123456789abcdef0123456g"] {
            assert_eq!(text.parse::<AdvanceId>(), Err(IdError::Advance), "{text}");
        }
        for text in ["", "a b", "ä", &"x".repeat(65)] {
            assert_eq!(text.parse::<TransactionId>(), Err(IdError::Transaction), "{text}");
        }
        assert_eq!("0123456789abcdef01234567".parse::<Reference>(), Err(IdError::Reference));
    }
}
