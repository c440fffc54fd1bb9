use std::error::Error;

/// Why a table cannot be read or written. A failed condition is none of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DynamoDbError {
    /// DynamoDB does not answer, or not now, or refuses: try again later.
    #[error("DynamoDB did not do {operation}")]
    Unavailable {
        /// The call.
        operation: &'static str,
        /// What it said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// It was tried as often as it may be: other transactions, or too little capacity. Try again later.
    #[error("DynamoDB did not do {operation} after several tries: {reason}")]
    Busy {
        /// The call.
        operation: &'static str,
        /// What it said at last.
        reason: String,
    },
    /// An item has not the form it was written in: someone must look.
    #[error("an item has no proper attribute `{0}`")]
    Broken(&'static str),
}

impl DynamoDbError {
    /// An answer of the SDK to `operation`.
    pub(crate) fn unavailable(operation: &'static str) -> impl FnOnce(Box<dyn Error + Send + Sync>) -> Self {
        move |source| Self::Unavailable { operation, source }
    }

    /// Whether someone must look, and trying again does not help.
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Broken(_))
    }
}

/// Whether an error of DynamoDB with this code, of a whole call or of a part of a transaction, goes away by itself:
/// a conflict with a transaction, or too little capacity.
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
