//! The port through which mails leave.

use std::future::Future;

use crate::{Mail, SummaryKey};

/// Who carries mails away.
pub trait Mailer {
    /// Hands the mail to the carrier, once, without a retry of its own: the carrier does not know a mail it has
    /// seen before, so each call may make one more.
    ///
    /// What is not documented as final is [`Sent::Unknown`]: a time-out, a lost connection, an answer that cannot
    /// be read. An error says that the mail was certainly **not** taken and may be sent later.
    ///
    /// What the carrier reports later of this mail names `key`.
    fn send(&self, mail: &Mail, key: &SummaryKey) -> impl Future<Output = Result<Sent, SendMailError>> + Send;
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
    /// Too many mails in this second.
    #[error("the provider throttled the mail")]
    Throttled(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The quota of 24 hours is used up.
    #[error("the provider's quota of 24 hours is used up")]
    QuotaExceeded(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The provider takes no mail of ours until somebody corrects the configuration or the account.
    #[error("the provider refuses all mails: {reason}")]
    Misconfigured {
        /// What is wrong, without addresses.
        reason: String,
        /// What the provider said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The provider's account is in its sandbox, and this receiver is not verified there.
    #[error("the provider's account is in its sandbox, and the receiver is not verified")]
    UnverifiedRecipient(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The carrier could not be reached, or said it is out of order before it took the mail.
    #[error("the provider is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
