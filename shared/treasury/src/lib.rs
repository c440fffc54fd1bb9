//! Answers a company treasurer's questions about the books of all its accounts: [`Queries`] reads, the rest computes.
//!
//! Values in, values out: periods and entries of the accounts come from `ledger`, exchange rates from their storage.
//! Every amount stays in its own currency; a conversion is exact and is rounded once, at the end.
//!
//! **What adds up.** A converted total depends only on the amounts and the rates, never on their grouping: the balance
//! of a day, the closing of a history that ends on it and the sum of its parts are equal to the cent. The lines of a
//! total ([`Balances::accounts`], [`Balances::currencies`], debt and credit) add up to it, because they are rounded by
//! [largest remainder](money::Unrounded::rounded_to_total): a line may differ by less than a cent, the sum is exact. In
//! a history, in and out are sums of days, each at the rate of its day, and the periods are rounded to the total of all
//! days; opening, in, out, net, revaluation and closing add up because net and revaluation are the remainders. Countries
//! and counterparties add up to in and out of the history of the same days. Other totals
//! of different queries are rounded separately: those of companies may differ from the portfolio's by a cent each.

mod accounts;
mod balances;
mod converted_turnover;
mod counterparties;
mod countries;
mod csv;
mod flows;
mod forecast;
mod history;
mod interest;
mod portfolio;
mod queries;
mod rates;
mod turnover;

pub use accounts::{AccountFigures, CompanyCursor, page_of_company_entries};
pub use balances::{AccountBalance, Balances, ConvertedBalance, CurrencyBalance, dirty_entries};
pub use converted_turnover::{ConvertedTotal, ConvertedTurnover};
pub use counterparties::{Counterparties, Counterparty, TopCounterparties};
pub use countries::{Countries, Country, TurnoverByCountry};
pub use csv::entries_csv;
pub use flows::{DailyFlows, up_to_last_entry};
pub use forecast::{Forecast, ForecastOutcome, Interval, days_needed, forecast};
pub use history::{ConvertedHistory, ConvertedPeriod, converted_history};
pub use interest::{Interest, InterestBase, InterestRates, NotADay, RateError, YearlyRate};
pub use portfolio::{Debt, Portfolio};
pub use queries::{BalanceForecast, Company, Forecasts, Limits, PortfolioBalances, Queries, QueryError};
pub use rates::{ExchangeRates, Valuation, Valued};
pub use turnover::Turnover;
