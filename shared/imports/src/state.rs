use serde::{Deserialize, Serialize};

/// The state of an import.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum State {
    /// The file is in the bucket.
    Received,
    /// The file is readable; batches are being written.
    Splitting,
    /// Its batches are being posted.
    Posting,
    /// All its entries are in the books, except those that an account has no room for ([`NotPosted`]).
    Done,
    /// All its rows were read, and each of them was rejected.
    Rejected {
        /// The number of rows, and the reason of the first one.
        reason: String,
    },
    /// The whole file was refused.
    Refused {
        /// The reason, and what to do.
        reason: String,
    },
    /// All retries failed; posted entries stay. Uploading the file again posts the rest.
    Failed {
        /// Why.
        reason: String,
    },
}

impl State {
    /// Whether the state is final.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Received | Self::Splitting | Self::Posting)
    }

    /// Its name in tables and documents.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Splitting => "splitting",
            Self::Posting => "posting",
            Self::Done => "done",
            Self::Rejected { .. } => "rejected",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
        }
    }
}
