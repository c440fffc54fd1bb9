use customers::RegisterError;
use imports::PortError;
use lambda_kit::{Failure, Severity};

/// Why a file was not split. Splitting it again is always right.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SplitImportError {
    /// Bucket, record or queue failed.
    #[error("cannot split a file")]
    Port(#[from] PortError),
    /// The register failed.
    #[error("cannot register a file's accounts")]
    Register(#[from] RegisterError),
    /// Another delivery of the same file is at work.
    #[error("another delivery works on the same import")]
    AtWork,
    /// The message is none of S3's.
    #[error("cannot tell what was uploaded")]
    Message(#[from] lambda_kit::batch::MessageError),
    /// The list of batches is gone or broken.
    #[error("the list of an import's batches cannot be read")]
    NoIndex,
}

impl Failure for SplitImportError {
    fn severity(&self) -> Severity {
        if matches!(self, Self::AtWork) { Severity::Warn } else { Severity::Error }
    }
}
