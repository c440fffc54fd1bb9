//! The port through which mails leave.

use std::future::Future;

use crate::Mail;

/// Who carries mails away.
pub trait Mailer {
    /// Hands the mail to the carrier, once, without a retry of its own: the carrier does not know a mail it has
    /// seen before, so each call may make one more.
    ///
    /// What is not documented as final is [`Sent::Unknown`]: a time-out, a lost connection, an answer that cannot
    /// be read. An error says that the mail was certainly **not** taken and may be sent later.
    fn send(&self, mail: &Mail) -> impl Future<Output = Result<Sent, SendMailError>> + Send;
}

/// What the carrier made of a mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sent {
    /// The carrier took it.
    Taken {
        /// The carrier's name for it.
        carrier_id: String,
    },
    /// The carrier refused it for good; the same mail will be refused again.
    Refused {
        /// In the carrier's words, without the address.
        reason: String,
    },
    /// Nobody knows whether the carrier has it.
    Unknown {
        /// What happened instead of an answer.
        reason: String,
    },
}

/// The mail was certainly not taken, and that may change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendMailError {
    /// Too many mails for now.
    #[error("the carrier asks for a pause")]
    Throttled(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The carrier could not be reached, or said it is out of order before it took the mail.
    #[error("the carrier is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
