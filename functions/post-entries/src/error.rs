use imports::{BatchError, PortError};
use lambda_kit::batch::MessageError;
use lambda_kit::{Failure, Severity};
use ledger::PostError;
use mail::outbox::{RequestSummariesError, SummariesError};

/// Why a batch was not posted whole. Posting it again is always right.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostEntriesError {
    /// A version of the message that is not known here.
    #[error("a request of version {0} is not known here")]
    UnknownVersion(u32),
    /// The message is none of ours.
    #[error("cannot tell which batch to post")]
    Message(#[from] MessageError),
    /// Bucket or record failed.
    #[error("cannot post a batch")]
    Port(#[from] PortError),
    /// The batch is not where the request says.
    #[error("there is no batch where the request says")]
    NoBatch,
    /// The object that holds the batch ends before the batch does.
    #[error("a batch is shorter than the request says")]
    ShortBatch,
    /// The batch cannot be read.
    #[error("cannot read a batch")]
    Batch(#[from] BatchError),
    /// The books failed.
    #[error("cannot post a batch")]
    Books(#[from] PostError),
    /// The summaries failed.
    #[error("cannot note the summaries of a batch")]
    Summaries(#[from] SummariesError),
    /// The queue of summaries failed.
    #[error("cannot ask for the summaries of a batch")]
    Requests(#[from] RequestSummariesError),
    /// Others keep changing the import.
    #[error("others keep changing the import")]
    Busy,
}

impl Failure for PostEntriesError {
    fn severity(&self) -> Severity {
        if matches!(self, Self::Busy | Self::Books(PostError::Busy)) { Severity::Warn } else { Severity::Error }
    }
}
