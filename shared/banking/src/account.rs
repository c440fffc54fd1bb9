use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest account number in bytes; the longest IBAN has 34.
pub const MAX_ACCOUNT_BYTES: usize = 40;

/// The number of an account: an IBAN or a bank's own number, without spaces and in upper case.
///
/// It prints masked (`…3000`); the whole number is read with [`AccountNumber::as_str`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct AccountNumber(Box<str>);

/// Why a text is not an account number.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountNumberError {
    /// Nothing there.
    #[error("the account number is empty")]
    Empty,
    /// Longer than [`MAX_ACCOUNT_BYTES`].
    #[error("the account number is longer than 40 characters")]
    TooLong,
    /// Characters other than letters, digits, `-`, `.` and `_`.
    #[error("the account number has a character other than letters, digits, hyphens, points and underscores")]
    BadCharacter,
}

/// Writes an account number without spaces and in upper case into `buffer` and returns what was written.
pub fn normalise<'a>(text: &[u8], buffer: &'a mut [u8; MAX_ACCOUNT_BYTES]) -> Result<&'a [u8], AccountNumberError> {
    let mut length = 0_usize;
    for byte in text.iter().filter(|byte| **byte != b' ') {
        let slot = buffer.get_mut(length).ok_or(AccountNumberError::TooLong)?;
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'-' | b'.' | b'_' => *slot = *byte,
            b'a'..=b'z' => *slot = byte.to_ascii_uppercase(),
            _ => return Err(AccountNumberError::BadCharacter),
        }
        length = length.saturating_add(1);
    }
    match buffer.get(..length) {
        None | Some([]) => Err(AccountNumberError::Empty),
        Some(written) => Ok(written),
    }
}

impl AccountNumber {
    /// Reads an account number in any of its usual notations: `de89 3704 …` is `DE893704…`.
    pub fn parse(text: &[u8]) -> Result<Self, AccountNumberError> {
        let mut buffer = [0_u8; MAX_ACCOUNT_BYTES];
        let written = normalise(text, &mut buffer)?;
        let text = std::str::from_utf8(written).map_err(|_| AccountNumberError::BadCharacter)?;
        Ok(Self(text.into()))
    }

    /// The whole number. Not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number masked for display: `…` and its last four characters.
    pub fn masked(&self) -> String {
        let tail = self.0.get(self.0.len().saturating_sub(4)..).unwrap_or_default();
        format!("…{tail}")
    }
}

// Equality, order and hash are those of the text, so a `&str` can look up a key of a map.
impl std::borrow::Borrow<str> for AccountNumber {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl FromStr for AccountNumber {
    type Err = AccountNumberError;

    fn from_str(text: &str) -> Result<Self, AccountNumberError> {
        Self::parse(text.as_bytes())
    }
}

impl<'de> Deserialize<'de> for AccountNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_has_one_number_whatever_its_notation() {
        for text in ["DE89 3704 0044 0532 0130 00", "de89370400440532013000", "DE89370400440532013000"] {
            assert_eq!(text.parse::<AccountNumber>().unwrap().as_str(), "DE89370400440532013000");
        }
        assert_eq!("2378".parse::<AccountNumber>().unwrap().as_str(), "2378");
    }

    #[test]
    fn an_invalid_account_number_is_an_error() {
        for (text, error) in [
            ("", AccountNumberError::Empty),
            ("   ", AccountNumberError::Empty),
            ("1/2", AccountNumberError::BadCharacter),
            ("DE89\u{0}", AccountNumberError::BadCharacter),
            ("ÅÄÖ", AccountNumberError::BadCharacter),
            ("12345678901234567890123456789012345678901", AccountNumberError::TooLong),
        ] {
            assert_eq!(text.parse::<AccountNumber>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn it_prints_masked() {
        let account: AccountNumber = "DE89370400440532013000".parse().unwrap();
        assert_eq!(format!("{account:?}"), "…3000");
    }

    #[test]
    fn a_number_has_up_to_forty_characters() {
        for text in ["0-9.A_z", &"7".repeat(MAX_ACCOUNT_BYTES), &"7 ".repeat(MAX_ACCOUNT_BYTES)] {
            let account: AccountNumber = text.parse().unwrap();
            assert_eq!(account.as_str(), text.replace(' ', "").to_uppercase());
        }
        assert_eq!("7".repeat(MAX_ACCOUNT_BYTES + 1).parse::<AccountNumber>(), Err(AccountNumberError::TooLong));
    }

    #[test]
    fn a_map_of_accounts_is_read_with_a_text() {
        let accounts: Vec<AccountNumber> = ["2378", "DE89"].iter().map(|it| it.parse().unwrap()).collect();
        let hashed: std::collections::HashMap<_, _> = accounts.iter().cloned().zip(0..).collect();
        let sorted: std::collections::BTreeMap<_, _> = accounts.into_iter().zip(0..).collect();
        for (text, place) in [("2378", Some(&0)), ("DE89", Some(&1)), ("de89", None), ("", None)] {
            assert_eq!((hashed.get(text), sorted.get(text)), (place, place), "{text:?}");
        }
    }
}
