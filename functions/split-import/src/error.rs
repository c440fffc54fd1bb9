use customers::RegisterError;
use imports::{NotAllowed, PortError};
use lambda_kit::{Failure, Severity};

/// Why a file was not split. A retry is always safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SplitImportError {
    /// Bucket, record or queue failed.
    #[error("cannot split a file")]
    Port(#[from] PortError),
    /// The register failed.
    #[error("cannot register a file's accounts")]
    Register(#[from] RegisterError),
    /// Another delivery of the same file is in progress.
    #[error("another delivery works on the same import")]
    InProgress,
    /// Another delivery of the same file has changed the import's state.
    #[error("the import is in another state")]
    State(#[from] NotAllowed),
    /// The message is not an event of S3.
    #[error("cannot read the event of an upload")]
    Message(#[from] lambda_kit::batch::MessageError),
    /// The list of batches is missing or corrupt.
    #[error("the list of an import's batches cannot be read")]
    NoIndex,
}

impl Failure for SplitImportError {
    fn severity(&self) -> Severity {
        if matches!(self, Self::InProgress) { Severity::Warn } else { Severity::Error }
    }
}
