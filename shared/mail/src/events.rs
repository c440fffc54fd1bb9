//! The provider's reports about accepted mails, and the suppressed addresses.

use calendar::Moment;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::SummariesError;
use crate::{EmailAddress, SummaryKey};

/// A report of the provider about an accepted mail. It may arrive twice, late, or before the response to the send call
/// is saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailEvent {
    /// Which mail.
    pub key: SummaryKey,
    /// The provider's id of the mail.
    pub provider_id: String,
    /// When the provider accepted it.
    pub sent_at: Moment,
    /// What happened.
    pub feedback: Feedback,
    /// The affected addresses.
    pub recipients: Vec<EmailAddress>,
}

/// The event of a mail after the provider has accepted it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Feedback {
    /// The address does not exist, or its server refuses permanently.
    HardBounce,
    /// A temporary delivery failure, for example a full mailbox.
    SoftBounce,
    /// The receiver marked it as spam.
    Complaint,
    /// The provider did not send it, because of its content.
    Rejected,
}

/// Why an address is suppressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suppression {
    /// A mail to it bounced permanently.
    Bounce,
    /// Its owner complained.
    Complaint,
}

/// A suppressed address with its time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suppressed {
    /// The [`suppression_key`] of the address.
    pub key: String,
    /// Since when.
    pub at: Moment,
    /// Why.
    pub why: Suppression,
}

/// The port that copies suppressed addresses from one table to another, after a restore from a backup.
pub trait SuppressionCopies {
    /// All suppressed addresses, unordered. Reads the whole table.
    fn suppressions(&self) -> impl Future<Output = Result<Vec<Suppressed>, SummariesError>> + Send;

    /// Suppresses each address that is not suppressed, and returns their number. After an error some may be
    /// suppressed: retry.
    fn copy_suppressions(&self, suppressed: &[Suppressed]) -> impl Future<Output = Result<u64, SummariesError>> + Send;
}

/// The suppressed addresses. They are stored as hashes, so the list reveals no address.
pub trait Suppressions {
    /// Why `address` is suppressed (a consistent read); `None` if it is not. Another instance may suppress it right
    /// after.
    fn suppression(
        &self,
        address: &EmailAddress,
    ) -> impl Future<Output = Result<Option<Suppression>, SummariesError>> + Send;

    /// Suppresses `address`. A suppressed address keeps its first reason.
    fn suppress(
        &self,
        address: &EmailAddress,
        why: Suppression,
        now: Moment,
    ) -> impl Future<Output = Result<(), SummariesError>> + Send;

    /// Removes the suppression of `address`, for an operator; returns whether it was suppressed.
    fn allow(&self, address: &EmailAddress) -> impl Future<Output = Result<bool, SummariesError>> + Send;
}

impl Feedback {
    /// The reason to suppress the receivers after this event; `None` if they stay.
    pub fn suppression(self) -> Option<Suppression> {
        match self {
            Self::HardBounce => Some(Suppression::Bounce),
            Self::Complaint => Some(Suppression::Complaint),
            Self::SoftBounce | Self::Rejected => None,
        }
    }
}

/// The key of a suppressed address: SHA-256 of the address in lower case, in hexadecimal.
pub fn suppression_key(address: &EmailAddress) -> String {
    hex::encode(Sha256::digest(address.normalised()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_key_in_any_case() {
        let key = |text: &str| suppression_key(&EmailAddress::parse(text).unwrap());
        assert_eq!(key("Ada@Example.com"), key("ada@example.com"));
        assert_ne!(key("ada@example.com"), key("adb@example.com"));
        assert_eq!(key("ada@example.com").len(), 64);
    }

    #[test]
    fn a_hard_bounce_and_a_complaint_suppress_the_address() {
        assert_eq!(Feedback::HardBounce.suppression(), Some(Suppression::Bounce));
        assert_eq!(Feedback::Complaint.suppression(), Some(Suppression::Complaint));
        assert_eq!(Feedback::SoftBounce.suppression(), None);
        assert_eq!(Feedback::Rejected.suppression(), None);
    }
}
