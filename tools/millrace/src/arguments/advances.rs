//! The arguments for advances.

use ::advances::{AdvanceId, Status};
use ::customers::CustomerId;
use banking::AccountNumber;
use calendar::Date;
use clap::{Args, Subcommand};
use money::{Currency, DecimalMark, parse_minor};

/// The subcommands for the lender's daily work.
#[derive(Subcommand)]
pub(crate) enum AdvancesCommand {
    /// Play a portfolio in memory and print its book, day by day
    ///
    /// Example: millrace advances simulate --days 120 --failure-rate 0.2 --seed 7
    Simulate(SimulateArgs),
    /// Request the run for a business date; it first runs for the missed days
    Run {
        /// The business date, as YYYY-MM-DD
        #[arg(long)]
        date: Date,
    },
    /// Show the run for a business date
    Show {
        /// The business date, as YYYY-MM-DD
        date: Date,
    },
    /// Approve a run that waits because it is larger than usual
    Approve {
        /// The business date, as YYYY-MM-DD
        date: Date,
        #[command(flatten)]
        by: ByArgs,
    },
    /// Compare the payments with the bank entries of the customers' accounts; opens a break for each that is missing
    Compare,
    /// Show whether payments are made
    Calls,
    /// Make no payments until `resume`
    Stop {
        /// Why
        reason: String,
        #[command(flatten)]
        by: ByArgs,
    },
    /// Make payments again; the latest run requests those that were not made
    Resume,
    /// Print the lender's journal
    Journal {
        /// First day, as YYYY-MM-DD [default: all]
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
        /// Last day, as YYYY-MM-DD [default: all]
        #[arg(long, value_name = "DATE")]
        to: Option<Date>,
    },
}

/// The subcommands for one advance, and for breaks.
#[derive(Subcommand)]
pub(crate) enum AdvanceCommand {
    /// Request an advance
    ///
    /// Example: millrace advance request DE89370400440532013000 100.00 EUR --key 2026-03-02-1
    Request {
        /// The account to credit and debit, of the register
        account: AccountNumber,
        /// How much
        amount: String,
        /// ISO 4217
        currency: Currency,
        /// A new text for each advance; the same one repeats the same request
        #[arg(long, value_name = "TEXT")]
        key: String,
        #[command(flatten)]
        by: ByArgs,
    },
    /// Tell the story of an advance
    Show {
        /// The advance's id
        id: AdvanceId,
    },
    /// List advances, latest first
    List {
        /// Only those of this customer
        #[arg(long, value_name = "ID")]
        customer: Option<CustomerId>,
        /// Only those in this state
        #[arg(long, value_parser = status)]
        state: Option<Status>,
        /// Maximum number of items
        #[arg(long, default_value_t = 100, value_name = "N", value_parser = super::limit)]
        limit: usize,
    },
    /// List open breaks, oldest first, or close one
    Breaks {
        /// Close this break
        #[arg(long, value_name = "ID", requires = "reason")]
        close: Option<String>,
        /// Why it is closed
        #[arg(long, requires = "close")]
        reason: Option<String>,
        /// Maximum number of items
        #[arg(long, default_value_t = 100, value_name = "N", value_parser = super::limit)]
        limit: usize,
        #[command(flatten)]
        by: ByArgs,
    },
    /// Approve the refund of an instalment; the next run pays it
    Approve {
        /// The advance's id
        id: AdvanceId,
        /// The number of the instalment
        #[arg(long, value_name = "N")]
        instalment: u32,
        #[command(flatten)]
        by: ByArgs,
    },
    /// Cancel an advance before its credit
    Cancel {
        /// The advance's id
        id: AdvanceId,
        /// Why
        reason: String,
        #[command(flatten)]
        by: ByArgs,
    },
}

/// Who makes a change.
#[derive(Args)]
pub(crate) struct ByArgs {
    /// Your name, for the record
    #[arg(long, env = "USER", default_value = "operator", value_name = "NAME")]
    pub(crate) by: String,
}

/// A simulation.
#[derive(Args)]
pub(crate) struct SimulateArgs {
    /// Days with new debits that fail; then days without until all is paid back
    #[arg(long, default_value_t = 120, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) days: u32,
    /// How many of the debits fail, from 0 to 1
    #[arg(long, default_value = "0.2", value_name = "RATE", value_parser = rate)]
    pub(crate) failure_rate: u32,
    /// Everything else follows from it
    #[arg(long, default_value_t = 7, value_name = "N")]
    pub(crate) seed: u64,
    /// How many advances are requested
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) advances: u32,
    /// Also lost answers, hangs, crashes, bad reports and everything else that goes wrong
    #[arg(long)]
    pub(crate) all_faults: bool,
}

fn status(text: &str) -> Result<Status, String> {
    let names = Status::ALL.map(Status::name);
    Status::ALL.into_iter().find(|it| it.name() == text).ok_or_else(|| format!("use one of {}", names.join(", ")))
}

/// A rate in thousandths.
fn rate(text: &str) -> Result<u32, String> {
    let thousandths = parse_minor(text.as_bytes(), 3, DecimalMark::Point).ok();
    let rate = thousandths.and_then(|it| u32::try_from(it).ok()).filter(|it| *it <= 1000);
    rate.ok_or_else(|| "use a number from 0 to 1 with at most three decimals, for example 0.2".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_thousandths_without_a_float() {
        for (text, expected) in [("0.2", Some(200)), ("1", Some(1000)), ("0.005", Some(5)), ("0", Some(0))] {
            assert_eq!(rate(text).ok(), expected, "{text}");
        }
        for text in ["1.001", "-0.1", "0.0001", "many", "20%"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }
}
