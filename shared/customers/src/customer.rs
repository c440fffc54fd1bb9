use std::fmt;
use std::str::FromStr;

use banking::AccountNumber;
use calendar::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::EmailAddress;

/// Millrace's own namespace for name-based ids (RFC 9562, version 5).
const NAMESPACE: Uuid = Uuid::from_u128(0x8a6e_0f5b_6c1d_5b8e_9c57_2d1f_4b7a_3e90);

/// The id of a customer, derived from their identifying data: the same registration gives the same id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerId(Uuid);

/// A text that is not a customer id.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("not a customer id: a UUID in lower case")]
pub struct CustomerIdError;

impl CustomerId {
    /// A person is identified by name, birth date and mail address, ignoring case and spacing.
    pub fn of_person(first_name: &str, last_name: &str, born_on: Option<Date>, email: Option<&EmailAddress>) -> Self {
        let born = born_on.map(|it| it.to_string()).unwrap_or_default();
        let email = email.map(EmailAddress::normalised).unwrap_or_default();
        Self::derive("person", &[&fold(first_name), &fold(last_name), &born, &email])
    }

    /// A company is identified by the id that its sender assigns.
    pub fn of_company(id: &str) -> Self {
        Self::derive("company", &[id.trim()])
    }

    /// A holder without any personal data is identified by their account.
    pub fn of_account(account: &AccountNumber) -> Self {
        Self::derive("account", &[account.as_str()])
    }

    // The lengths distinguish ("ab", "c") from ("a", "bc").
    fn derive(kind: &str, parts: &[&str]) -> Self {
        let mut name = kind.to_owned();
        for part in parts {
            name.push_str(&format!("|{}:{part}", part.len()));
        }
        Self(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
    }
}

fn fold(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for CustomerId {
    type Err = CustomerIdError;

    fn from_str(text: &str) -> Result<Self, CustomerIdError> {
        let id = Uuid::try_parse(text).map_err(|_| CustomerIdError)?;
        if id.to_string() == text { Ok(Self(id)) } else { Err(CustomerIdError) }
    }
}

/// Whether a customer is a person or a company.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CustomerKind {
    /// A natural person, or a holder known only by the account.
    #[default]
    Person,
    /// A company.
    Company,
}

/// A customer as registered. `Debug` shows the id alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Their id.
    pub id: CustomerId,
    /// Person or company.
    pub kind: CustomerKind,
    /// Their full name, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A person's birth date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub born_on: Option<Date>,
    /// Their mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// A company's owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Their postal address, on one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Their mail address before the first correction, if it was corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_email: Option<EmailAddress>,
}

impl Customer {
    /// The id under which their choice about mails is stored, and which the unsubscribe links contain: a corrected
    /// address has another one, so that the choice of the receiver at the first address is not theirs.
    pub fn mail_choice_id(&self) -> CustomerId {
        match (&self.first_email, &self.email) {
            (Some(first), Some(email)) if first.normalised() != email.normalised() => {
                CustomerId::derive("mails", &[&self.id.to_string(), &email.normalised()])
            }
            _ => self.id,
        }
    }

    /// The profile with a corrected mail address.
    #[must_use]
    pub fn with_email(&self, email: EmailAddress) -> Self {
        let first_email = self.first_email.clone().or_else(|| self.email.clone());
        Self { email: Some(email), first_email, ..self.clone() }
    }

    /// Whether two profiles are of one person: the same name and birth date.
    pub(crate) fn is_same_person(&self, other: &Self) -> bool {
        let name = |it: &Self| it.name.as_deref().map(fold).filter(|_| it.kind == CustomerKind::Person);
        name(self).is_some() && name(self) == name(other) && self.born_on == other.born_on
    }
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Customer({})", self.id)
    }
}

/// An account of the register.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Its number.
    pub number: AccountNumber,
    /// The id of its holder.
    pub customer: CustomerId,
    /// What the bank calls this type of account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// The number of shards of the register, which are read in parallel.
pub const SHARDS: u8 = 16;

/// The shard of a key: FNV-1a, which gives the same result on every platform.
pub fn shard_of(key: &str) -> u8 {
    let hash = key.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let folded = hash ^ hash.wrapping_shr(16);
    u8::try_from(folded.rem_euclid(u32::from(SHARDS))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_birth_date_and_address_are_one_customer() {
        let email = EmailAddress::parse("Ada@Example.com").unwrap();
        let same = EmailAddress::parse("ada@example.com").unwrap();
        let born: Date = "1815-12-10".parse().unwrap_or(Date::MIN);
        let ada = CustomerId::of_person("Ada", "Lovelace", Some(born), Some(&email));
        assert_eq!(ada, CustomerId::of_person(" ada ", "LOVELACE", Some(born), Some(&same)));
        assert_ne!(ada, CustomerId::of_person("Ada", "Lovelace", None, Some(&email)));
        assert_ne!(ada, CustomerId::of_person("AdaL", "ovelace", Some(born), Some(&email)));
        assert_eq!(ada.to_string().parse(), Ok(ada));
    }

    #[test]
    fn accounts_spread_over_the_shards() {
        let mut counts = [0_u32; 16];
        for number in 0..16_000 {
            counts[usize::from(shard_of(&number.to_string()))] += 1;
        }
        assert!(counts.iter().all(|it| (700..1300).contains(it)), "{counts:?}");
    }

    #[test]
    fn ids_are_the_same_in_every_version_of_this_code() {
        // Expected values from another implementation of RFC 9562 version 5, for the names beside them.
        let email = EmailAddress::parse("Ada@Example.com").unwrap();
        let account = "DE89 3704 0044 0532 0130 00".parse().unwrap();
        let born: Date = "1910-12-10".parse().unwrap();
        for (id, expected, name) in [
            (CustomerId::of_company(" acme "), "651c189c-36be-5a08-9949-4bce766d64e4", "company|4:acme"),
            (
                CustomerId::of_account(&account),
                "9afae26e-5c0f-5a56-9230-163751f32da6",
                "account|22:DE89370400440532013000",
            ),
            (
                CustomerId::of_person("Ada ", "King  LOVELACE", Some(born), Some(&email)),
                "acaae1db-5cb6-5ee2-b7d3-f2cc4986bc5f",
                "person|3:ada|13:king lovelace|10:1910-12-10|15:ada@example.com",
            ),
            (
                CustomerId::of_person("Ada", "Lovelace", None, None),
                "209f674e-c34a-5de1-afba-07f614788723",
                "person|3:ada|8:lovelace|0:|0:",
            ),
        ] {
            assert_eq!((id.to_string().as_str(), expected.parse()), (expected, Ok(id)), "{name}");
        }
    }

    #[test]
    fn an_id_is_read_only_as_it_is_written() {
        let id = CustomerId::of_company("acme").to_string();
        for wrong in ["", "acme", &id.to_uppercase(), &id.replace('-', ""), &format!("{{{id}}}"), &format!("{id} ")] {
            assert_eq!(wrong.parse::<CustomerId>(), Err(CustomerIdError), "{wrong:?}");
        }
    }

    #[test]
    fn a_log_names_a_customer_by_the_id_alone() {
        let id = CustomerId::of_company("acme");
        let customer = Customer {
            id,
            kind: CustomerKind::Company,
            name: Some("Acme".to_owned()),
            born_on: None,
            email: None,
            owner: Some("Ada Lovelace".to_owned()),
            address: None,
            first_email: None,
        };
        assert_eq!(format!("{customer:?}"), "Customer(651c189c-36be-5a08-9949-4bce766d64e4)");
        assert_eq!(format!("{id:?}"), "651c189c-36be-5a08-9949-4bce766d64e4");
    }

    #[test]
    fn the_shard_of_a_key_is_that_of_its_published_hash() {
        // FNV-1a with 32 bits (draft-eastlake-fnv), its halves folded: what is stored is found only in its shard.
        for (key, shard) in [("", 9), ("a", 0), ("foobar", 4), ("2378", 15), ("DE89370400440532013000", 7)] {
            assert_eq!(shard_of(key), shard, "{key:?}");
        }
    }
}
