//! What may be asked of the figures of an account, a customer, or all companies.

use calendar::Date;
use clap::Args;
use money::Reference;
use treasury::YearlyRate;

use super::{Look, limit};

/// Whose figures.
#[derive(Args)]
pub(crate) struct AskWhose {
    /// An account's number, a customer's id, or a part of a customer's name
    #[arg(value_name = "ACCOUNT|CUSTOMER|NAME")]
    pub(crate) whose: String,
}

/// Of which days.
#[derive(Args)]
pub(crate) struct AskDays {
    /// From this day on, as YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<Date>,
    /// Up to and with this day
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<Date>,
    /// With dirty transfers, or without
    #[arg(long, value_enum, default_value_t = Look::Clean)]
    pub(crate) view: Look,
}

#[derive(Args)]
pub(crate) struct AskBalances {
    #[command(flatten)]
    pub(crate) whose: AskWhose,
    /// At the end of this day, as YYYY-MM-DD; without, after all entries
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<Date>,
    /// All together in EUR or USD, at the rates of the day
    #[arg(long = "in", value_name = "CODE")]
    pub(crate) into: Option<Reference>,
    /// With dirty transfers, or without
    #[arg(long, value_enum, default_value_t = Look::Clean)]
    pub(crate) view: Look,
}

#[derive(Args)]
pub(crate) struct AskCountries {
    #[command(flatten)]
    pub(crate) whose: AskWhose,
    #[command(flatten)]
    pub(crate) days: AskDays,
}

#[derive(Args)]
pub(crate) struct AskCounterparties {
    #[command(flatten)]
    pub(crate) whose: AskWhose,
    #[command(flatten)]
    pub(crate) days: AskDays,
    /// Those with whom most was moved first, in EUR or USD; without, those with most entries
    #[arg(long = "in", value_name = "CODE")]
    pub(crate) into: Option<Reference>,
    /// How many
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = limit)]
    pub(crate) limit: usize,
}

#[derive(Args)]
pub(crate) struct AskInterest {
    #[command(flatten)]
    pub(crate) whose: AskWhose,
    /// From this day on, as YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Date,
    /// Up to and with this day
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Date,
    /// The yearly rate on negative balances: 0.03 is 3 %
    #[arg(long, default_value = "0.03", value_name = "RATE")]
    pub(crate) debt_rate: YearlyRate,
    /// The yearly rate on positive balances
    #[arg(long, default_value = "0.01", value_name = "RATE")]
    pub(crate) credit_rate: YearlyRate,
    /// With dirty transfers, or without
    #[arg(long, value_enum, default_value_t = Look::Clean)]
    pub(crate) view: Look,
}

#[derive(Args)]
pub(crate) struct AskForecast {
    #[command(flatten)]
    pub(crate) whose: AskWhose,
    /// For the end of this day, as YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Date,
    /// From the end of this day; without, of the last one with entries
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<Date>,
    /// All together in EUR or USD, at the rates of the day it is made from
    #[arg(long = "in", value_name = "CODE")]
    pub(crate) into: Option<Reference>,
    /// With dirty transfers, or without
    #[arg(long, value_enum, default_value_t = Look::Clean)]
    pub(crate) view: Look,
}

#[derive(Args)]
pub(crate) struct AskPortfolio {
    /// At the end of this day, as YYYY-MM-DD; without, after all entries
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<Date>,
    /// All together in EUR or USD, at the rates of the day
    #[arg(long = "in", default_value = "EUR", value_name = "CODE")]
    pub(crate) into: Reference,
    /// How many of the largest debts
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = limit)]
    pub(crate) limit: usize,
    /// With dirty transfers, or without
    #[arg(long, value_enum, default_value_t = Look::Clean)]
    pub(crate) view: Look,
}
