use std::fmt;

use serde::{Deserialize, Serialize};

/// An e-mail address that can be written in a mail's header as it is: `local@domain` of RFC 5321 in ASCII, without
/// quoting. The whole suite uses this one rule: the mailer accepts every address that the register accepts.
///
/// Addresses beyond ASCII need SMTPUTF8, which the mail provider does not have. It prints masked: no log contains an
/// address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EmailAddress(Box<str>);

/// A text that is not an e-mail address.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EmailError {
    /// Longer than 254 characters, or the local part longer than 64 (RFC 5321, 4.5.3.1).
    #[error("the mail address is too long")]
    TooLong,
    /// Not `local@domain`.
    #[error("not a mail address")]
    Malformed,
}

impl EmailAddress {
    /// Reads an address; spaces around it are dropped. It keeps the case; use [`EmailAddress::normalised`] to compare.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim_matches(' ');
        let (local, domain) = text.split_once('@').ok_or(EmailError::Malformed)?;
        if text.len() > 254 || local.len() > 64 {
            return Err(EmailError::TooLong);
        }
        let local_is_atoms = local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom));
        let domain_is_labels = domain.contains('.') && domain.split('.').all(is_label);
        if local_is_atoms && domain_is_labels { Ok(Self(text.into())) } else { Err(EmailError::Malformed) }
    }

    /// The whole address. Not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In lower case, to compare two addresses.
    pub fn normalised(&self) -> String {
        self.0.to_ascii_lowercase()
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

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…@…")
    }
}

impl<'de> Deserialize<'de> for EmailAddress {
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
        let longest_local = format!("{}@example.com", "a".repeat(64));
        let long = format!("a@{}com", "abcdefghi.".repeat(26));
        let longest = format!("a@{}xy", "abcdefghi.".repeat(25));
        assert_eq!(longest.len(), 254);
        let long_label = format!("ada@{}.com", "a".repeat(64));
        for (text, expected) in [
            ("ada@example.com", Ok("ada@example.com")),
            (" ada.l+books@mail.example.co ", Ok("ada.l+books@mail.example.co")),
            ("o'hara@example.com", Ok("o'hara@example.com")),
            ("", Err(EmailError::Malformed)),
            ("ada", Err(EmailError::Malformed)),
            ("ada@", Err(EmailError::Malformed)),
            ("@example.com", Err(EmailError::Malformed)),
            ("ada@localhost", Err(EmailError::Malformed)),
            ("ada@@example.com", Err(EmailError::Malformed)),
            ("ada@bob@example.com", Err(EmailError::Malformed)),
            (".ada@example.com", Err(EmailError::Malformed)),
            ("ada..l@example.com", Err(EmailError::Malformed)),
            ("ada@example..com", Err(EmailError::Malformed)),
            ("ada@-example.com", Err(EmailError::Malformed)),
            ("ada@example-.com", Err(EmailError::Malformed)),
            ("ada@exam_ple.com", Err(EmailError::Malformed)),
            ("ada@example.com\r\nBcc: eve@example.com", Err(EmailError::Malformed)),
            ("ada@example.com\n", Err(EmailError::Malformed)),
            ("a\rda@example.com", Err(EmailError::Malformed)),
            ("a da@example.com", Err(EmailError::Malformed)),
            ("ada@example.com, eve@example.com", Err(EmailError::Malformed)),
            ("Ada <ada@example.com>", Err(EmailError::Malformed)),
            ("ädä@example.com", Err(EmailError::Malformed)),
            (longest_local.as_str(), Ok(longest_local.as_str())),
            (long_local.as_str(), Err(EmailError::TooLong)),
            (longest.as_str(), Ok(longest.as_str())),
            (long.as_str(), Err(EmailError::TooLong)),
            (long_label.as_str(), Err(EmailError::Malformed)),
        ] {
            let read = EmailAddress::parse(text);
            assert_eq!(read.as_ref().map(EmailAddress::as_str).map_err(|it| *it), expected, "{text:?}");
        }
        assert_eq!(format!("{:?}", EmailAddress::parse("ada@example.com").unwrap()), "…@…");
    }
}
