//! The port to the mail provider.

use std::future::Future;

use crate::{Mail, SummaryKey};

/// The mail provider.
pub trait Mailer {
    /// Sends the mail once, without retries: the provider does not detect duplicates, so each call may send another
    /// mail.
    ///
    /// Results that are not documented as final are [`Sent::Unknown`]: a time-out, a lost connection, an unreadable
    /// response. An error means that the mail was certainly **not** accepted and may be sent later.
    ///
    /// Later events of this mail contain `key`.
    fn send(&self, mail: &Mail, key: &SummaryKey) -> impl Future<Output = Result<Sent, SendMailError>> + Send;
}

/// The result of sending a mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sent {
    /// The provider accepted it.
    Taken {
        /// The provider's message id.
        provider_id: String,
    },
    /// The provider refused it permanently and will refuse the same mail again.
    Refused {
        /// The provider's message, without the address.
        reason: String,
    },
    /// It is unknown whether the provider has accepted it.
    Unknown {
        /// The failure.
        reason: String,
    },
}

/// The mail was certainly not accepted; a later attempt may succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendMailError {
    /// Too many mails in this second.
    #[error("the provider throttled the mail")]
    Throttled(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The quota of 24 hours is used up.
    #[error("the provider's quota of 24 hours is used up")]
    QuotaExceeded(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The provider refuses all our mails until the configuration or the account is corrected.
    #[error("the provider refuses all mails: {reason}")]
    Misconfigured {
        /// The problem, without addresses.
        reason: String,
        /// The provider's message.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The provider's account is in its sandbox, and this receiver is not verified there.
    #[error("the provider's account is in its sandbox, and the receiver is not verified")]
    UnverifiedRecipient(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The provider is unreachable, or reported a failure before it accepted the mail.
    #[error("the provider is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
