use std::sync::Arc;

use api_documents::{
    BalancesDocument, CompanyHistoryDocument, CounterpartiesDocument, CountriesDocument, ForecastsDocument,
    InterestDocument,
};
use api_kit::{Caller, Id, Query};
use axum::Json;
use axum::extract::State;
use banking::AccountNumber;
use calendar::{Bucket, Date};
use customers::{CustomerId, Customers};
use lambda_kit::{FieldError, Problem};
use treasury::InterestRates;

use crate::Ports;
use crate::error::ServeError;
use crate::query::{
    BalancesQuery, CompanyHistoryQuery, CounterpartiesQuery, CountriesQuery, ForecastQuery, InterestQuery,
};

/// The maximum number of days of interest.
const MAX_DAYS: usize = 1_000;

/// The balances of a customer
///
/// By account and in total, in each currency and, if requested, converted into one: debt and credit, the lines of the
/// accounts and those of the currencies add up to the total, which is rounded once. Both views include the count and
/// sums of dirty entries.
#[utoipa::path(get, path = "/customers/{customer}/balances", tag = "figures", operation_id = "getBalances",
    params(("customer" = String, Path, description = "The customer's id", format = "uuid"), BalancesQuery),
    responses((status = 200, description = "The balances", body = BalancesDocument)))]
pub(crate) async fn balances<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(id): Id<CustomerId>,
    Query(BalancesQuery { on, into, view }): Query<BalancesQuery>,
) -> Result<Json<BalancesDocument>, ServeError> {
    let accounts = accounts_of(&*ports, caller, id).await?;
    let balances = ports.queries().balances(&accounts, on, view, into).await?;
    Ok(Json(BalancesDocument::new(&id.into(), on, view, balances)))
}

/// The history of a customer
///
/// Opening, in, out, net and closing balance of each day, ISO week, month, quarter or year over all accounts, in each
/// currency and, if requested, converted into one: then each flow uses the rate of its day, so this reads the months
/// with entries in other currencies.
#[utoipa::path(get, path = "/customers/{customer}/history", tag = "figures", operation_id = "getCustomerHistory",
    params(("customer" = String, Path, description = "The customer's id", format = "uuid"), CompanyHistoryQuery),
    responses((status = 200, description = "The history", body = CompanyHistoryDocument)))]
pub(crate) async fn history<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(id): Id<CustomerId>,
    Query(CompanyHistoryQuery { from, to, by, into, view }): Query<CompanyHistoryQuery>,
) -> Result<Json<CompanyHistoryDocument>, ServeError> {
    let accounts = accounts_of(&*ports, caller, id).await?;
    let (history, converted) = ports.queries().history(&accounts, (from, to), by, view, into).await?;
    Ok(Json(CompanyHistoryDocument::new(&id.into(), by, view, history, converted)))
}

/// The countries that a customer does business with
///
/// Converted, the countries add up to in and out of the history of the same days.
#[utoipa::path(get, path = "/customers/{customer}/countries", tag = "figures", operation_id = "getCountries",
    params(("customer" = String, Path, description = "The customer's id", format = "uuid"), CountriesQuery),
    responses((status = 200, description = "The countries", body = CountriesDocument)))]
pub(crate) async fn countries<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(id): Id<CustomerId>,
    Query(CountriesQuery { from, to, into, view }): Query<CountriesQuery>,
) -> Result<Json<CountriesDocument>, ServeError> {
    let accounts = accounts_of(&*ports, caller, id).await?;
    let days = (from.unwrap_or(Date::MIN), to.unwrap_or(Date::MAX));
    let countries = ports.queries().countries(&accounts, days, view, into).await?;
    Ok(Json(CountriesDocument::new(&id.into(), view, countries)))
}

/// The top counterparties of a customer
///
/// Converted, all counterparties and the entries without one add up to in and out of the history of the same days.
#[utoipa::path(get, path = "/customers/{customer}/counterparties", tag = "figures", operation_id = "getCounterparties",
    params(("customer" = String, Path, description = "The customer's id", format = "uuid"), CounterpartiesQuery),
    responses((status = 200, description = "The counterparties", body = CounterpartiesDocument)))]
pub(crate) async fn counterparties<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(id): Id<CustomerId>,
    Query(CounterpartiesQuery { from, to, into, view, limit }): Query<CounterpartiesQuery>,
) -> Result<Json<CounterpartiesDocument>, ServeError> {
    let accounts = accounts_of(&*ports, caller, id).await?;
    let days = (from.unwrap_or(Date::MIN), to.unwrap_or(Date::MAX));
    let top = ports.queries().counterparties(&accounts, days, view, into, limit).await?;
    Ok(Json(CounterpartiesDocument::new(&id.into(), view, top)))
}

/// Interest on a customer's balances
///
/// Actual/365 on the closing balances of each account and day, debt and credit separately, at most 1,000 days.
#[utoipa::path(get, path = "/customers/{customer}/interest", tag = "figures", operation_id = "getInterest",
    params(("customer" = String, Path, description = "The customer's id", format = "uuid"), InterestQuery),
    responses((status = 200, description = "The interest", body = InterestDocument)))]
pub(crate) async fn interest<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(id): Id<CustomerId>,
    Query(InterestQuery { from, to, debt_rate, credit_rate, view }): Query<InterestQuery>,
) -> Result<Json<InterestDocument>, ServeError> {
    let accounts = accounts_of(&*ports, caller, id).await?;
    if Bucket::Day.cut(from, to).nth(MAX_DAYS).is_some() {
        return Err(Problem::invalid(vec![FieldError::new("to", "more than 1,000 days after `from`")]).into());
    }
    let rates = InterestRates { debt: debt_rate, credit: credit_rate };
    let interest = ports.queries().interest(&accounts, (from, to), view, rates).await?;
    Ok(Json(InterestDocument::new(&id.into(), (from, to), rates, view, interest)))
}

/// A forecast of a customer's balances
///
/// With the accuracy of such forecasts in the past and, if past intervals held, an interval of 80 %; or, if the history
/// is too short, the missing days and the last possible day.
#[utoipa::path(get, path = "/customers/{customer}/forecast", tag = "figures", operation_id = "getForecast",
    params(("customer" = String, Path, description = "The customer's id", format = "uuid"), ForecastQuery),
    responses((status = 200, description = "The forecast", body = ForecastsDocument)))]
pub(crate) async fn forecast<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(id): Id<CustomerId>,
    Query(ForecastQuery { to, on, into, view }): Query<ForecastQuery>,
) -> Result<Json<ForecastsDocument>, ServeError> {
    let accounts = accounts_of(&*ports, caller, id).await?;
    let forecasts = ports.queries().forecast(&accounts, on, to, view, into).await?;
    Ok(Json(ForecastsDocument::new(&id.into(), to, view, forecasts)))
}

/// The accounts of a customer, by number, if the customer exists and the caller may see them.
pub(crate) async fn accounts_of<P: Ports>(
    ports: &P,
    caller: Caller,
    customer: CustomerId,
) -> Result<Vec<AccountNumber>, ServeError> {
    caller.may_see(customer)?;
    let found = ports.customers().customer(customer).await?;
    let (_, accounts) = found.ok_or_else(Problem::not_found)?;
    let mut numbers: Vec<AccountNumber> = accounts.into_iter().map(|it| it.number).collect();
    numbers.sort();
    Ok(numbers)
}
