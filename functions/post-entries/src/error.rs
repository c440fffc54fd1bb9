use imports::{BatchError, PortError};
use lambda_kit::batch::MessageError;
use lambda_kit::{Failure, Severity};
use ledger::PostError;
use mail::outbox::{RequestSummariesError, SummariesError};

/// Why a batch was not posted completely. A retry is always safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostEntriesError {
    /// An unknown version of the message.
    #[error("unknown version {0} of a request")]
    UnknownVersion(u32),
    /// The message is unreadable.
    #[error("cannot read the request to post a batch")]
    Message(#[from] MessageError),
    /// Bucket or record failed.
    #[error("cannot post a batch")]
    Port(#[from] PortError),
    /// The object of the batch does not exist.
    #[error("the object of a batch does not exist")]
    NoBatch,
    /// The object ends before the end of the batch.
    #[error("a batch is shorter than its request states")]
    ShortBatch,
    /// The batch cannot be read.
    #[error("cannot read a batch")]
    Batch(#[from] BatchError),
    /// The books failed.
    #[error("cannot post a batch")]
    Books(#[from] PostError),
    /// The summaries failed.
    #[error("cannot record the summaries of a batch")]
    Summaries(#[from] SummariesError),
    /// The queue of summaries failed.
    #[error("cannot request the summaries of a batch")]
    Requests(#[from] RequestSummariesError),
    /// Other instances keep changing the import.
    #[error("other instances keep changing the import")]
    Busy,
}

impl Failure for PostEntriesError {
    fn severity(&self) -> Severity {
        if matches!(self, Self::Busy | Self::Books(PostError::Busy)) { Severity::Warn } else { Severity::Error }
    }
}
