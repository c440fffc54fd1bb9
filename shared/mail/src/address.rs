use std::fmt;

use serde::{Deserialize, Serialize};

/// An e-mail address that can stand in a header as it is: `local@domain` of RFC 5321 in ASCII, without quoting.
///
/// Addresses beyond ASCII need SMTPUTF8, which the carrier does not have. It prints as `…`: addresses are in no log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Address(Box<str>);

/// Why a text is no address a mail can be sent to.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressError {
    /// Longer than 254 characters, or the local part longer than 64 (RFC 5321, 4.5.3.1).
    #[error("the mail address is too long")]
    TooLong,
    /// Not `local@domain`.
    #[error("not a mail address")]
    Malformed,
}

impl Address {
    /// Reads an address; spaces around it are dropped.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim_matches(' ');
        let (local, domain) = text.split_once('@').ok_or(AddressError::Malformed)?;
        if text.len() > 254 || local.len() > 64 {
            return Err(AddressError::TooLong);
        }
        let local_is_atoms = local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom));
        let domain_is_labels = domain.contains('.') && domain.split('.').all(is_label);
        if local_is_atoms && domain_is_labels { Ok(Self(text.into())) } else { Err(AddressError::Malformed) }
    }

    /// The address. Not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_atom(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_where_they_come_in() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long = format!("a@{}com", "abcdefghi.".repeat(26));
        for (text, expected) in [
            ("ada@example.com", Ok("ada@example.com")),
            (" ada.l+books@mail.example.co ", Ok("ada.l+books@mail.example.co")),
            ("o'hara@example.com", Ok("o'hara@example.com")),
            ("", Err(AddressError::Malformed)),
            ("ada", Err(AddressError::Malformed)),
            ("ada@localhost", Err(AddressError::Malformed)),
            ("ada@@example.com", Err(AddressError::Malformed)),
            (".ada@example.com", Err(AddressError::Malformed)),
            ("ada@example..com", Err(AddressError::Malformed)),
            ("ada@-example.com", Err(AddressError::Malformed)),
            ("ada@example.com\r\nBcc: eve@example.com", Err(AddressError::Malformed)),
            ("ada@example.com\n", Err(AddressError::Malformed)),
            ("a\rda@example.com", Err(AddressError::Malformed)),
            ("ada@example.com, eve@example.com", Err(AddressError::Malformed)),
            ("Ada <ada@example.com>", Err(AddressError::Malformed)),
            ("ädä@example.com", Err(AddressError::Malformed)),
            (long_local.as_str(), Err(AddressError::TooLong)),
            (long.as_str(), Err(AddressError::TooLong)),
        ] {
            let read = Address::parse(text);
            assert_eq!(read.as_ref().map(Address::as_str).map_err(|it| *it), expected, "{text:?}");
        }
    }
}
