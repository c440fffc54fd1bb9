use std::fmt;

use banking::AccountNumber;
use serde::{Deserialize, Serialize};

/// The key of a summary: one account and one import.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
pub struct SummaryKey {
    /// The account.
    pub account: AccountNumber,
    /// The import.
    pub import: String,
}

impl SummaryKey {
    /// The deterministic reference of the mail.
    pub fn reference(&self) -> Reference {
        Reference::of_summary(&self.account, &self.import)
    }
}

/// The deterministic id of one mail: its Message-ID and its MIME boundaries derive from it.
///
/// 1 to 48 characters of `a-z`, `0-9` and `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Debug)]
pub struct Reference(Box<str>);

/// Why a text is not a reference.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("a reference has 1 to 48 characters of a-z, 0-9 and -")]
pub struct ReferenceError;

impl Reference {
    /// Reads a reference.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let right = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=48).contains(&text.len()) && text.bytes().all(right) {
            Ok(Self(text.into()))
        } else {
            Err(ReferenceError)
        }
    }

    /// The reference of the summary of `account` after `import`.
    ///
    /// A hash, so that no header contains the account's number. It identifies the mail and is not a proof.
    pub fn of_summary(account: &AccountNumber, import: &str) -> Self {
        let key = ["summary", import, account.as_str()].join("\0");
        Self(format!("summary-{:032x}", fnv1a(key.as_bytes())).into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its last eight characters, for people to quote.
    pub(crate) fn short(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(8)..).unwrap_or(&self.0)
    }
}

/// FNV-1a with 128 bits (draft-eastlake-fnv).
fn fnv1a(bytes: &[u8]) -> u128 {
    const OFFSET_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET_BASIS, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_and_import_have_one_reference_that_does_not_show_the_account() {
        let account = |text: &str| text.parse::<AccountNumber>().unwrap();
        let reference = Reference::of_summary(&account("2378"), "imp-1");
        assert_eq!(reference, Reference::of_summary(&account("2378"), "imp-1"));
        assert_ne!(reference, Reference::of_summary(&account("2379"), "imp-1"));
        assert_ne!(reference, Reference::of_summary(&account("2378"), "imp-2"));
        assert_eq!(Reference::parse(reference.as_str()), Ok(reference));
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv1a(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
        assert_eq!(fnv1a(b"foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    #[test]
    fn a_reference_is_valid_in_a_header() {
        for text in ["", "A", "a b", "a\r\nb", "ä", "a\"", &"a".repeat(49)] {
            assert_eq!(Reference::parse(text), Err(ReferenceError), "{text:?}");
        }
    }
}
