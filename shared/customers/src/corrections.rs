use banking::AccountNumber;
use calendar::Moment;

use crate::{CustomerId, EmailAddress, RegisterError};

/// The result of [`Corrections::set_holder`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangedHolder {
    /// The customer holds the account.
    Done,
    /// The account is not registered.
    NoAccount,
    /// The customer is not registered.
    NoCustomer,
}

/// The port through which an operator corrects the register.
pub trait Corrections {
    /// Sets the mail address of `customer` and returns whether they are registered. A later file that names another
    /// address replaces it. Safe to repeat.
    fn set_email(
        &self,
        customer: CustomerId,
        email: &EmailAddress,
        now: Moment,
    ) -> impl Future<Output = Result<bool, RegisterError>> + Send;

    /// Sets the holder of `account`. Safe to repeat.
    fn set_holder(
        &self,
        account: &AccountNumber,
        customer: CustomerId,
    ) -> impl Future<Output = Result<ChangedHolder, RegisterError>> + Send;
}
