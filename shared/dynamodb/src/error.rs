use std::error::Error;

/// Why a table cannot be read or written. A failed condition is not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DynamoDbError {
    /// DynamoDB is unavailable or refuses the call: retry later.
    #[error("DynamoDB did not do {operation}")]
    Unavailable {
        /// The call.
        operation: &'static str,
        /// What it said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// All attempts failed because of other transactions or too little capacity: retry later.
    #[error("DynamoDB did not do {operation} after several tries: {reason}")]
    Busy {
        /// The call.
        operation: &'static str,
        /// Its last message.
        reason: String,
    },
    /// An item is corrupt: an operator must investigate.
    #[error("an item has no valid attribute `{0}`")]
    Broken(&'static str),
    /// A document is not JSON, or lacks something: an operator must investigate.
    #[error("an item has a document that cannot be read at column {0}")]
    Malformed(usize),
    /// Another release has written a document: an operator must investigate.
    #[error("an item has a document of the unknown version {0}")]
    UnknownFormat(u32),
}

impl DynamoDbError {
    /// Converts an error of the SDK for `operation`.
    pub(crate) fn unavailable(operation: &'static str) -> impl FnOnce(Box<dyn Error + Send + Sync>) -> Self {
        move |source| Self::Unavailable { operation, source }
    }

    /// Whether the data is corrupt, so that a retry does not help.
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Broken(_) | Self::Malformed(_) | Self::UnknownFormat(_))
    }
}

/// Whether an error of DynamoDB with this code, for a whole call or for a part of a transaction, is transient: a
/// conflict with a transaction, or too little capacity.
pub(crate) fn is_passing(code: &str) -> bool {
    matches!(
        code,
        "TransactionConflictException"
            | "TransactionConflict"
            | "TransactionInProgressException"
            | "ProvisionedThroughputExceededException"
            | "ProvisionedThroughputExceeded"
            | "ThrottlingException"
            | "ThrottlingError"
            | "RequestLimitExceeded"
    )
}
