use customers::RegisterError;
use lambda_kit::{Failure, Severity};
use ledger::BooksError;
use mail::outbox::SummariesError;
use mail::{RenderMailError, TransitionError};

use crate::LEASE;

/// Why a summary was not sent, or not known to be. The next delivery does what is right.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailSummaryError {
    /// The message is none of ours.
    #[error("cannot tell which summary to send")]
    Message(#[from] lambda_kit::batch::MessageError),
    /// The register failed.
    #[error("cannot find an account's holder")]
    Register(#[from] RegisterError),
    /// The books failed.
    #[error("cannot read an account's totals")]
    Books(#[from] BooksError),
    /// The record of summaries failed.
    #[error("cannot read or write what is known of a summary")]
    Summaries(#[from] SummariesError),
    /// No mail can be made of it.
    #[error("cannot make the mail")]
    Render(#[from] RenderMailError),
    /// The carrier did not answer.
    #[error("the carrier did not answer; the summary is looked at again after {LEASE:?}")]
    NoAnswer,
    /// Another delivery is at it.
    #[error("another delivery works on the same summary")]
    AtWork,
    /// The record is not in the state it was read in.
    #[error("a summary mail took an impossible step")]
    Transition(#[from] TransitionError),
}

impl Failure for MailSummaryError {
    fn severity(&self) -> Severity {
        match self {
            Self::AtWork | Self::NoAnswer => Severity::Warn,
            _ => Severity::Error,
        }
    }
}
