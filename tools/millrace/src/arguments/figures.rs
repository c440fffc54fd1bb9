//! The arguments for figures of an account, a customer, or all companies.

use calendar::Date;
use clap::Args;
use money::Reference;
use treasury::YearlyRate;

use super::{ListArgs, ViewArg, limit};

/// The subject of the figures.
#[derive(Args)]
pub(crate) struct SubjectArgs {
    /// An account's number, a customer's id, or a part of a customer's name
    #[arg(value_name = "ACCOUNT|CUSTOMER|NAME")]
    pub(crate) subject: String,
}

/// A range of days.
#[derive(Args)]
pub(crate) struct DaysArgs {
    /// First day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Option<Date>,
    /// Last day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: Option<Date>,
    /// Include or exclude dirty transfers
    #[arg(long, value_enum, default_value_t = ViewArg::Clean)]
    pub(crate) view: ViewArg,
}

#[derive(Args)]
pub(crate) struct BalancesArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// Balance at the end of this day [default: after all entries]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Option<Date>,
    /// Convert the total into EUR or USD, at the rates of the day
    #[arg(long = "in", value_name = "EUR|USD")]
    pub(crate) into: Option<Reference>,
    /// Include or exclude dirty transfers
    #[arg(long, value_enum, default_value_t = ViewArg::Clean)]
    pub(crate) view: ViewArg,
}

#[derive(Args)]
pub(crate) struct CountriesArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    #[command(flatten)]
    pub(crate) days: DaysArgs,
    /// Convert each flow into EUR or USD, at the rate of its day
    #[arg(long = "in", value_name = "EUR|USD")]
    pub(crate) into: Option<Reference>,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

#[derive(Args)]
pub(crate) struct CounterpartiesArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    #[command(flatten)]
    pub(crate) days: DaysArgs,
    /// Rank by turnover in EUR or USD, each flow at the rate of its day [default: by number of entries]
    #[arg(long = "in", value_name = "EUR|USD")]
    pub(crate) into: Option<Reference>,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

#[derive(Args)]
pub(crate) struct InterestArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// First day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Date,
    /// Last day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: Date,
    /// The yearly rate on negative balances: 0.03 is 3 %
    #[arg(long, default_value = "0.03", value_name = "RATE")]
    pub(crate) debt_rate: YearlyRate,
    /// The yearly rate on positive balances
    #[arg(long, default_value = "0.01", value_name = "RATE")]
    pub(crate) credit_rate: YearlyRate,
    /// Include or exclude dirty transfers
    #[arg(long, value_enum, default_value_t = ViewArg::Clean)]
    pub(crate) view: ViewArg,
}

#[derive(Args)]
pub(crate) struct ForecastArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// Day of the forecast
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: Date,
    /// Start of the forecast, at the end of this day [default: the last day with entries]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Option<Date>,
    /// Convert the total into EUR or USD, at the rates of the start day
    #[arg(long = "in", value_name = "EUR|USD")]
    pub(crate) into: Option<Reference>,
    /// Include or exclude dirty transfers
    #[arg(long, value_enum, default_value_t = ViewArg::Clean)]
    pub(crate) view: ViewArg,
}

#[derive(Args)]
pub(crate) struct PortfolioArgs {
    /// Balance at the end of this day [default: after all entries]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Option<Date>,
    /// Convert the total into EUR or USD, at the rates of the day
    #[arg(long = "in", default_value = "EUR", value_name = "EUR|USD")]
    pub(crate) into: Reference,
    /// Maximum number of debts
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = limit)]
    pub(crate) limit: usize,
    /// Include or exclude dirty transfers
    #[arg(long, value_enum, default_value_t = ViewArg::Clean)]
    pub(crate) view: ViewArg,
}
