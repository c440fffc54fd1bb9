use std::fmt;
use std::str::FromStr;

use ledger::PostingId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The id of an import: derived from the uploaded object's key and version, so a redelivered event names the
/// same import. 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImportId([u8; 16]);

/// A text that is not an import id.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("not an import id: 32 hexadecimal digits")]
pub struct ImportIdError;

impl ImportId {
    /// The import of an uploaded object.
    pub fn of(key: &str, version: &str) -> Self {
        let digest = Sha256::new().chain_update(key).chain_update([0]).chain_update(version).finalize();
        let mut id = [0; 16];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self(id)
    }

    /// The id of the posting of one of its batches.
    pub fn posting(self, batch: u32) -> PostingId {
        PostingId::new(self.0, batch)
    }
}

impl fmt::Display for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for ImportId {
    type Err = ImportIdError;

    fn from_str(text: &str) -> Result<Self, ImportIdError> {
        let value = u128::from_str_radix(text, 16).map_err(|_| ImportIdError)?;
        let id = Self(value.to_be_bytes());
        if id.to_string() == text { Ok(id) } else { Err(ImportIdError) }
    }
}

impl Serialize for ImportId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ImportId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
