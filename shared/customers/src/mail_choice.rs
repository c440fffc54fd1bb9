use serde::{Deserialize, Serialize};

use crate::{CustomerId, RegisterError};

/// Whether a customer wants summary mails.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
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
    /// Records what `customer` has chosen. Safe to repeat; the last choice counts.
    fn choose_mails(
        &self,
        customer: CustomerId,
        choice: MailChoice,
    ) -> impl Future<Output = Result<(), RegisterError>> + Send;

    /// The customer's choice, read consistently; [`MailChoice::Wanted`] until they choose.
    fn mail_choice(&self, customer: CustomerId) -> impl Future<Output = Result<MailChoice, RegisterError>> + Send;
}
