use customers::RegisterError;
use lambda_kit::{Failure, Severity};
use ledger::BooksError;
use mail::outbox::SummariesError;
use mail::{RenderMailError, TransitionError};

use crate::LEASE;

/// Why a summary was not sent, or may not have been sent. A retry is always safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailSummaryError {
    /// The message is unreadable.
    #[error("cannot read the request for a summary")]
    Message(#[from] lambda_kit::batch::MessageError),
    /// The register failed.
    #[error("cannot find an account's holder")]
    Register(#[from] RegisterError),
    /// The books failed.
    #[error("cannot read an account's totals")]
    Books(#[from] BooksError),
    /// The record of summaries failed.
    #[error("cannot read or write the record of a summary")]
    Summaries(#[from] SummariesError),
    /// The mail cannot be rendered.
    #[error("cannot render the mail")]
    Render(#[from] RenderMailError),
    /// The provider did not respond.
    #[error("the provider did not respond; the summary is checked again after {LEASE:?}")]
    NoAnswer,
    /// Another delivery is in progress.
    #[error("another delivery works on the same summary")]
    InProgress,
    /// The record changed after it was read.
    #[error("invalid state transition of a summary mail")]
    Transition(#[from] TransitionError),
}

impl Failure for MailSummaryError {
    fn severity(&self) -> Severity {
        match self {
            Self::InProgress | Self::NoAnswer => Severity::Warn,
            _ => Severity::Error,
        }
    }
}
