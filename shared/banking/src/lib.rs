//! Account numbers, IBANs (ISO 13616) and the countries (ISO 3166) they begin with.

mod account;
mod iban;

pub use account::{AccountNumber, AccountNumberError, MAX_ACCOUNT_BYTES, normalise};
pub use iban::{IbanCheck, check_iban, country_of};
