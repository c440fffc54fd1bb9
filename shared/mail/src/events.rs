//! What the provider reports of a mail after it took it, and the addresses that get no more mails.

use calendar::Moment;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::outbox::SummariesError;
use crate::{Address, SummaryKey};

/// A report of the provider about a mail it took. It may come twice, late, and before the answer to the mail is saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailEvent {
    /// Which mail.
    pub key: SummaryKey,
    /// The provider's id of the mail.
    pub carrier_id: String,
    /// When the provider took it.
    pub sent_at: Moment,
    /// What happened.
    pub feedback: Feedback,
    /// Whose mail server or who did it.
    pub recipients: Vec<Address>,
}

/// What happened to a mail after the provider took it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Feedback {
    /// The address does not exist, or its server refuses for good.
    HardBounce,
    /// It could not be delivered this time, for example because the mailbox is full.
    SoftBounce,
    /// Its receiver called it spam.
    Complaint,
    /// The provider did not send it after all, because of its content.
    Rejected,
}

/// Why an address gets no more mails.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suppression {
    /// A mail to it bounced for good.
    Bounce,
    /// Its owner complained.
    Complaint,
}

/// The addresses that get no more mails. They are kept as hashes: whoever reads the list learns no address.
pub trait Suppressions {
    /// Why `address` gets no mails (a consistent read); `None` if it gets them. Another instance may suppress it right
    /// after.
    fn suppression(
        &self,
        address: &Address,
    ) -> impl Future<Output = Result<Option<Suppression>, SummariesError>> + Send;

    /// From now on `address` gets no mails. An address that is suppressed already keeps its first reason.
    fn suppress(
        &self,
        address: &Address,
        why: Suppression,
        now: Moment,
    ) -> impl Future<Output = Result<(), SummariesError>> + Send;

    /// `address` gets mails again, for an operator; whether it was suppressed.
    fn allow(&self, address: &Address) -> impl Future<Output = Result<bool, SummariesError>> + Send;
}

impl Feedback {
    /// Why the receivers get no more mails after this; `None` if they do.
    pub fn suppression(self) -> Option<Suppression> {
        match self {
            Self::HardBounce => Some(Suppression::Bounce),
            Self::Complaint => Some(Suppression::Complaint),
            Self::SoftBounce | Self::Rejected => None,
        }
    }
}

/// The name under which an address is suppressed: SHA-256 of the address in lower case, as hexadecimal digits.
pub fn suppression_key(address: &Address) -> String {
    let digest = Sha256::digest(address.normalised());
    digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_key_in_any_case() {
        let key = |text: &str| suppression_key(&Address::parse(text).unwrap());
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
