use calendar::Moment;
use serde::{Deserialize, Serialize};

use crate::{CustomerId, RegisterError};

/// Whether a customer wants summary mails.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailChoice {
    /// They have not opted out.
    #[default]
    Wanted,
    /// They have opted out.
    Unwanted,
}

/// The port to the customers' choices. They are stored separately from the profiles, because later files replace those.
pub trait MailChoices {
    /// Records what `customer` has chosen `now`. Safe to repeat; the last choice counts.
    fn choose_mails(
        &self,
        customer: CustomerId,
        choice: MailChoice,
        now: Moment,
    ) -> impl Future<Output = Result<(), RegisterError>> + Send;

    /// The customer's choice, read consistently; [`MailChoice::Wanted`] until they choose.
    fn mail_choice(&self, customer: CustomerId) -> impl Future<Output = Result<MailChoice, RegisterError>> + Send;
}

/// A customer's choice with its time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ChosenMails {
    /// Who has chosen.
    pub customer: CustomerId,
    /// When.
    pub at: Moment,
    /// What.
    pub choice: MailChoice,
}

/// The port that copies choices from one register to another, after a restore from a backup.
pub trait MailChoiceCopies {
    /// The choices of all customers, unordered.
    fn mail_choices(&self) -> impl Future<Output = Result<Vec<ChosenMails>, RegisterError>> + Send;

    /// Records each choice that is newer than the customer's recorded one, and returns their number. After an error
    /// some may have been recorded: retry.
    fn copy_mail_choices(&self, chosen: &[ChosenMails]) -> impl Future<Output = Result<u64, RegisterError>> + Send;
}
