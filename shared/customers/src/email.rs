use std::fmt;

use serde::{Deserialize, Serialize};

/// A mail address, as far as one can tell without sending to it. It prints masked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EmailAddress(Box<str>);

/// A text that is no mail address.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("not a mail address")]
pub struct EmailError;

impl EmailAddress {
    /// Reads `local@domain`: one `@`, no spaces, controls, quotes or angle brackets, at most 254 bytes (RFC 5321).
    /// Its case is kept; [`EmailAddress::normalised`] is for comparing.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let (local, domain) = text.split_once('@').ok_or(EmailError)?;
        let plain = |it: char| it.is_ascii_graphic() && !"\"(),:;<>@[\\]".contains(it);
        let dotted = domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
        let right = !local.is_empty() && local.len() <= 64 && text.len() <= 254 && dotted;
        if right && local.chars().all(plain) && domain.chars().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(EmailError)
        }
    }

    /// The whole address. Not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In lower case, for telling whether two addresses are one.
    pub fn normalised(&self) -> String {
        self.0.to_ascii_lowercase()
    }
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
    fn addresses() {
        for text in ["ada@example.com", "a.b+c@sub.example.org", " ada@example.com "] {
            assert_eq!(EmailAddress::parse(text).unwrap().as_str(), text.trim());
        }
        for text in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "a@b",
            "a b@example.com",
            "a@b@example.com",
            "a@example.com\r\nBcc: x@y.z",
            "<a@b.c>",
            "å@b.c",
        ] {
            assert_eq!(EmailAddress::parse(text), Err(EmailError), "{text}");
        }
        assert_eq!(format!("{:?}", EmailAddress::parse("ada@example.com").unwrap()), "…@…");
    }
}
