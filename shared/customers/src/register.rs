use std::collections::HashMap;

use banking::AccountNumber;
use calendar::Moment;

use crate::{Account, Customer, CustomerId};

/// Accounts of the register and who holds them.
pub type Directory = HashMap<AccountNumber, CustomerId>;

/// A customer with accounts, as a file names them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registration {
    /// Who.
    pub customer: Customer,
    /// Their accounts, all held by [`Registration::customer`].
    pub accounts: Vec<Account>,
}

/// The port through which imports register customers and look up the holders of accounts.
pub trait Register {
    /// Looks up the registered ones among `accounts` and the holder of each, read consistently. The cost depends on
    /// `accounts`, not on the size of the register; an account may be named twice.
    ///
    /// Another instance may register one of the missing accounts right after; [`Register::register`] then reports it as
    /// held by others, unless the holder is the same.
    fn holders(&self, accounts: &[AccountNumber]) -> impl Future<Output = Result<Directory, RegisterError>> + Send;

    /// Registers customers and accounts as known at `as_of`.
    ///
    /// A later profile replaces an earlier one, unless it lacks a name or a mail address that the earlier one has. An
    /// account keeps its first holder, unless [`crate::holder_change`] decides otherwise; [`Registered::held_by_others`] lists
    /// the accounts of other holders. Safe to repeat.
    fn register(
        &self,
        registrations: &[Registration],
        as_of: Moment,
    ) -> impl Future<Output = Result<Registered, RegisterError>> + Send;
}

/// The result of a registration.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Registered {
    /// Accounts held by another customer; their holder does not change.
    pub held_by_others: Vec<AccountNumber>,
}

/// A page of a list and the cursor of the next page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T> {
    /// The part.
    pub items: Vec<T>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
}

/// The port through which customers and accounts are found.
pub trait Customers {
    /// A customer and all their accounts.
    fn customer(
        &self,
        id: CustomerId,
    ) -> impl Future<Output = Result<Option<(Customer, Vec<Account>)>, RegisterError>> + Send;

    /// An account.
    fn account(&self, number: &AccountNumber) -> impl Future<Output = Result<Option<Account>, RegisterError>> + Send;

    /// Customers in no particular order, at most `limit`. `after` is the `next` of the page before. A text that is not
    /// a cursor gives [`RegisterError::BadCursor`].
    fn customers(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Page<Customer>, RegisterError>> + Send;

    /// Accounts in no particular order, as [`Customers::customers`].
    fn accounts(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Page<Account>, RegisterError>> + Send;
}

/// Why the register cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The storage is unavailable: retry.
    #[error("the register cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Stored data is corrupt: an operator must investigate.
    #[error("an item of the register is broken")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The cursor does not come from a page.
    #[error("the cursor is not one that a page returned")]
    BadCursor,
}

impl Customer {
    /// Whether this profile, known at `new`, replaces `stored`, known at `old`.
    pub fn replaces(&self, stored: &Self, old: Moment, new: Moment) -> bool {
        let loses_name = stored.name.is_some() && self.name.is_none();
        let loses_email = stored.email.is_some() && self.email.is_none();
        new > old && !loses_name && !loses_email && self.succeeding(stored) != *stored
    }

    /// The profile that replaces `stored`.
    #[must_use]
    pub fn succeeding(&self, stored: &Self) -> Self {
        Self { first_email: stored.first_email.clone(), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CustomerKind, EmailAddress};

    fn customer(name: Option<&str>, email: Option<&str>) -> Customer {
        Customer {
            id: CustomerId::of_company("acme"),
            kind: CustomerKind::Company,
            name: name.map(str::to_owned),
            born_on: None,
            email: email.map(|it| EmailAddress::parse(it).unwrap()),
            owner: None,
            address: None,
            first_email: None,
        }
    }

    #[test]
    fn a_later_profile_replaces_one_that_differs_and_does_not_know_more() {
        const NAME: Option<&str> = Some("Acme");
        const EMAIL: Option<&str> = Some("books@acme.example");
        let stored_days = ["2024-02-29", "2024-03-01", "2024-03-02"];
        for (stored, new, replaces) in [
            ((NAME, EMAIL), (Some("Acme Ltd"), EMAIL), true),
            ((NAME, EMAIL), (NAME, Some("office@acme.example")), true),
            ((None, None), (NAME, None), true),
            ((None, None), (None, EMAIL), true),
            ((None, EMAIL), (NAME, EMAIL), true),
            ((NAME, EMAIL), (NAME, EMAIL), false),
            ((None, None), (None, None), false),
            ((NAME, EMAIL), (None, EMAIL), false),
            ((NAME, EMAIL), (Some("Acme Ltd"), None), false),
            ((NAME, None), (None, EMAIL), false),
            ((None, EMAIL), (NAME, None), false),
        ] {
            let profile = customer(new.0, new.1);
            let stored_profile = customer(stored.0, stored.1);
            let known = stored_days
                .map(|day| profile.replaces(&stored_profile, day.parse().unwrap(), "2024-03-01".parse().unwrap()));
            assert_eq!(known, [replaces, false, false], "{stored:?} {new:?}");
        }
    }
}
