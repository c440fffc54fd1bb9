//! Test data for Millrace, with expected results: companies with accounts, feeds of transfers (SEPA in euros between
//! company accounts, SWIFT with parties all over the globe), exchange rates, people with accounts, invoices. One seed
//! gives the same bytes on any machine and on any number of threads, and the same rows from [`make`] (files) and
//! [`Feeds`] (row by row).
//!
//! SWIFT rows are corrupt at given rates: batch payments (rows with the same id, payer, beneficiary and time but
//! different amounts), invalid IBANs, repeated rows; some come thousands of rows after the one they belong to. Separate
//! files label these rows, and the expected results are computed during generation, independently of Millrace.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "made-up figures of known size; every sum of amounts is an i128 far from its limits"
)]

mod answers;
mod companies;
mod feeds;
mod files;
mod holders;
mod iban;
mod invoices;
mod lines;
mod noise;
mod per_mille;
mod plan;
mod rates;
mod transfers;

pub use companies::Company;
pub use feeds::{Feeds, TransferRow};
pub use files::make;
pub use lines::{Format, UnknownFormat};
pub use noise::Noise;
pub use per_mille::{PerMille, PerMilleError};
pub use plan::{Feed, Plan, Size, UnknownSize};
pub use rates::RateRow;
