use api_kit::{Fields, FromQuery};
use calendar::{Bucket, Date};
use customers::CustomerKind;
use ledger::View;
use money::Reference;
use treasury::{InterestRates, YearlyRate};
use utoipa::IntoParams;

use super::{bucket, view};

/// The maximum length of a search text.
const MAX_SEARCH_CHARS: usize = 100;

/// Customers.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CustomersQuery {
    /// A part of the name, in any case.
    #[param(min_length = 1, max_length = 100)]
    pub(crate) search: Option<String>,
    /// Only persons or only companies.
    #[param(value_type = Option<api_documents::CustomerKindName>)]
    pub(crate) kind: Option<CustomerKind>,
    /// The `next` of the previous page, which must have the same search and kind.
    #[param(min_length = 1)]
    pub(crate) cursor: Option<String>,
    /// The maximum number of items: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    pub(crate) limit: usize,
}

/// The balances of a customer.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BalancesQuery {
    /// The balance at the end of this day; without it, after all entries.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) on: Option<Date>,
    /// The currency to convert all balances into, at the rates of the day (without a day, the latest).
    #[param(rename = "in", value_type = Option<api_documents::ReferenceName>)]
    pub(crate) into: Option<Reference>,
    /// `all` counts batch payments and invalid IBANs too.
    #[param(value_type = Option<api_documents::ViewName>, default = "clean")]
    pub(crate) view: View,
}

/// The history of a customer.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompanyHistoryQuery {
    /// The first day; by default that of the first month with entries.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) from: Option<Date>,
    /// The last day; by default that of the last month with entries.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) to: Option<Date>,
    /// The bucket size; `week` is the week of ISO 8601.
    #[param(value_type = Option<api_documents::BucketName>, default = "month")]
    pub(crate) by: Bucket,
    /// The currency to convert all flows into.
    #[param(rename = "in", value_type = Option<api_documents::ReferenceName>)]
    pub(crate) into: Option<Reference>,
    /// `all` counts batch payments and invalid IBANs too.
    #[param(value_type = Option<api_documents::ViewName>, default = "clean")]
    pub(crate) view: View,
}

/// Countries.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountriesQuery {
    /// The first day.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) from: Option<Date>,
    /// The last day.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) to: Option<Date>,
    /// The currency to convert each flow into, at the rate of its day.
    #[param(rename = "in", value_type = Option<api_documents::ReferenceName>)]
    pub(crate) into: Option<Reference>,
    /// `all` counts batch payments and invalid IBANs too.
    #[param(value_type = Option<api_documents::ViewName>, default = "clean")]
    pub(crate) view: View,
}

/// Counterparties.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CounterpartiesQuery {
    /// The first day.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) from: Option<Date>,
    /// The last day.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) to: Option<Date>,
    /// Rank by turnover (in and out) in this currency, each flow at the rate of its day; by default, rank by number of
    /// entries.
    #[param(rename = "in", value_type = Option<api_documents::ReferenceName>)]
    pub(crate) into: Option<Reference>,
    /// `all` counts batch payments and invalid IBANs too.
    #[param(value_type = Option<api_documents::ViewName>, default = "clean")]
    pub(crate) view: View,
    /// The maximum number of items: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    pub(crate) limit: usize,
}

/// Entries as CSV.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CsvQuery {
    /// The first day.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) from: Option<Date>,
    /// The last day.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) to: Option<Date>,
    /// The cursor in the `Link` of the previous page.
    #[param(min_length = 1)]
    pub(crate) cursor: Option<String>,
    /// `all` shows batch payments and invalid IBANs too.
    #[param(value_type = Option<api_documents::ViewName>, default = "clean")]
    pub(crate) view: View,
}

/// Interest.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct InterestQuery {
    /// The first day.
    #[param(value_type = String, format = Date)]
    pub(crate) from: Date,
    /// The last day.
    #[param(value_type = String, format = Date)]
    pub(crate) to: Date,
    /// The yearly rate on negative balances, from 0 to 1: 0.03 is 3 %.
    #[param(value_type = Option<String>, default = "0.03")]
    pub(crate) debt_rate: YearlyRate,
    /// The yearly rate on positive balances, from 0 to 1.
    #[param(value_type = Option<String>, default = "0.01")]
    pub(crate) credit_rate: YearlyRate,
    /// `all` counts batch payments and invalid IBANs too.
    #[param(value_type = Option<api_documents::ViewName>, default = "clean")]
    pub(crate) view: View,
}

/// A forecast.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ForecastQuery {
    /// The day of the forecast balance: at most 366 days ahead.
    #[param(value_type = String, format = Date)]
    pub(crate) to: Date,
    /// The start of the forecast, at the end of this day; by default the last day with entries.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) on: Option<Date>,
    /// The currency of a single forecast over all currencies, at the rates of its start; by default one forecast for
    /// each currency.
    #[param(rename = "in", value_type = Option<api_documents::ReferenceName>)]
    pub(crate) into: Option<Reference>,
    /// `all` counts batch payments and invalid IBANs too.
    #[param(value_type = Option<api_documents::ViewName>, default = "clean")]
    pub(crate) view: View,
}

/// The portfolio.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PortfolioQuery {
    /// The balance at the end of this day; without it, after all entries.
    #[param(value_type = Option<String>, format = Date)]
    pub(crate) on: Option<Date>,
    /// The currency to convert all balances into, at the rates of the day (without a day, the latest).
    #[param(rename = "in", value_type = Option<api_documents::ReferenceName>, default = "EUR")]
    pub(crate) into: Reference,
    /// The maximum number of debts: 1 to 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    pub(crate) limit: usize,
    /// `all` counts batch payments and invalid IBANs too.
    #[param(value_type = Option<api_documents::ViewName>, default = "clean")]
    pub(crate) view: View,
}

impl FromQuery for CustomersQuery {
    fn read(fields: &mut Fields) -> Self {
        let search = fields.parsed("search", |text| {
            let fits = (1..=MAX_SEARCH_CHARS).contains(&text.chars().count());
            if fits { Ok(text.to_lowercase()) } else { Err("not a text of 1 to 100 characters") }
        });
        let kind = fields.parsed("kind", |text| match text {
            "person" => Ok(CustomerKind::Person),
            "company" => Ok(CustomerKind::Company),
            _ => Err("neither `person` nor `company`"),
        });
        Self { search, kind, cursor: fields.text("cursor"), limit: fields.limit() }
    }
}

impl FromQuery for BalancesQuery {
    fn read(fields: &mut Fields) -> Self {
        Self { on: fields.date("on"), into: reference(fields), view: view(fields) }
    }
}

impl FromQuery for CompanyHistoryQuery {
    fn read(fields: &mut Fields) -> Self {
        let (from, to) = fields.days();
        Self { from, to, by: bucket(fields), into: reference(fields), view: view(fields) }
    }
}

impl FromQuery for CountriesQuery {
    fn read(fields: &mut Fields) -> Self {
        let (from, to) = fields.days();
        Self { from, to, into: reference(fields), view: view(fields) }
    }
}

impl FromQuery for CounterpartiesQuery {
    fn read(fields: &mut Fields) -> Self {
        let (from, to) = fields.days();
        Self { from, to, into: reference(fields), view: view(fields), limit: fields.limit() }
    }
}

impl FromQuery for CsvQuery {
    fn read(fields: &mut Fields) -> Self {
        let (from, to) = fields.days();
        Self { from, to, cursor: fields.text("cursor"), view: view(fields) }
    }
}

impl FromQuery for InterestQuery {
    fn read(fields: &mut Fields) -> Self {
        let (from, to) = (fields.needed_date("from"), fields.needed_date("to"));
        fields.in_order(from, to);
        // Queries without it are refused.
        let (from, to) = (from.unwrap_or(Date::MIN), to.unwrap_or(Date::MIN));
        let usual = InterestRates::default();
        let debt_rate = fields.parsed("debt_rate", str::parse).unwrap_or(usual.debt);
        let credit_rate = fields.parsed("credit_rate", str::parse).unwrap_or(usual.credit);
        Self { from, to, debt_rate, credit_rate, view: view(fields) }
    }
}

impl FromQuery for ForecastQuery {
    fn read(fields: &mut Fields) -> Self {
        let (on, to) = (fields.date("on"), fields.needed_date("to").unwrap_or(Date::MIN));
        Self { to, on, into: reference(fields), view: view(fields) }
    }
}

impl FromQuery for PortfolioQuery {
    fn read(fields: &mut Fields) -> Self {
        let into = reference(fields).unwrap_or(Reference::Eur);
        Self { on: fields.date("on"), into, limit: fields.limit(), view: view(fields) }
    }
}

/// The parameter `in`.
fn reference(fields: &mut Fields) -> Option<Reference> {
    fields.parsed("in", str::parse)
}
