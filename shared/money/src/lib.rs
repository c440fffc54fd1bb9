//! Amounts of money, exactly.
//!
//! An amount is an integer of **minor units** (cents) and an ISO 4217 currency; no float touches it. One
//! entry's amount fits an `i64` ([`MAX_ENTRY_MINOR`]); a sum is an `i128`, so that no sum of entries that can
//! be stored overflows.

mod amount;
mod currency;
mod parse;
mod unrounded;
mod worth;

pub use amount::{Money, MoneyError, average_minor, group_thousands};
pub use currency::{Currency, UnknownCurrency};
pub use parse::{AmountError, DecimalMark, MAX_ENTRY_MINOR, parse_minor};
pub use unrounded::Unrounded;
pub use worth::{Reference, UnknownReference, Worth};
