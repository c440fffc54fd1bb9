use banking::AccountNumber;
use customers::CustomerId;

/// The subject of figures. The API has figures of customers, and of an account its balance and history; the command has
/// all figures of both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    /// All accounts of a customer.
    Customer(CustomerId),
    /// One account.
    Account(AccountNumber),
}

impl Subject {
    pub(crate) fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::Customer(id) => Some(*id),
            Self::Account(_) => None,
        }
    }

    pub(crate) fn account(&self) -> Option<AccountNumber> {
        match self {
            Self::Customer(_) => None,
            Self::Account(number) => Some(number.clone()),
        }
    }
}

impl From<CustomerId> for Subject {
    fn from(id: CustomerId) -> Self {
        Self::Customer(id)
    }
}
