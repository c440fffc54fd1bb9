//! The arguments for a stack with the sandbox's payment processor.

use banking::AccountNumber;
use calendar::Moment;
use clap::{Args, Subcommand};

/// The subcommands for a stack on which no real money moves.
#[derive(Subcommand)]
pub(crate) enum SandboxCommand {
    /// Show the clock of the processor, or set it and that of the advances ahead
    Clock {
        /// The new time, as 2026-03-02T06:00:00Z; it never goes back
        #[arg(long, value_name = "TIME")]
        set: Option<Moment>,
    },
    /// Set how the payment processor fails from now on
    ///
    /// Example: millrace sandbox faults --seed 7 --chances failure=20%,lost-answer=10%
    Faults(FaultsArgs),
    /// Play days: for each, set the clocks to 06:00, run the debits, and wait until the payments are made
    Play(PlayArgs),
    /// Compare the processor's ledger with the advances, payment by payment
    Ledger,
}

/// Which days to play.
#[derive(Args)]
pub(crate) struct PlayArgs {
    /// How many days
    #[arg(long, default_value_t = 7, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) days: u32,
    /// Also do what an operator does: approve large runs and refunds, and resume stopped payments the next day
    #[arg(long)]
    pub(crate) as_operator: bool,
    /// Seconds that a day may take
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    pub(crate) timeout: u64,
}

/// How the processor fails.
#[derive(Args)]
pub(crate) struct FaultsArgs {
    /// All failures follow from it
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// Names and rates, with commas between; empty: no failures
    #[arg(long, default_value = "", value_name = "RATES")]
    pub(crate) chances: String,
    /// Debits of these accounts fail
    #[arg(long, value_name = "ACCOUNT", value_delimiter = ',')]
    pub(crate) without_funds: Vec<AccountNumber>,
}
