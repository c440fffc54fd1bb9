//! Account numbers, IBANs (ISO 13616) and their countries (ISO 3166).

mod account;
mod iban;

pub use account::{AccountNumber, AccountNumberError, MAX_ACCOUNT_BYTES, normalise};
pub use iban::{IbanCheck, check_iban, country_of};
