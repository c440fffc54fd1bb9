use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use banking::AccountNumber;
use calendar::{Bucket, Date};
use customers::{CustomerId, Customers};
use imports::Rates;
use lambda_kit::{FieldError, Problem};
use ledger::{HistoryRequest, Period};
use money::{Currency, Reference, Worth};
use treasury::{
    Balances, Counterparties, Countries, DailyFlows, ExchangeRates, InterestBase, InterestRates, Ranking, Valuation,
    converted_history, up_to_last_entry,
};

use crate::Ports;
use crate::caller::Caller;
use crate::documents::{
    BalancesDocument, CompanyHistoryDocument, CounterpartiesDocument, CountriesDocument, ForecastDocument,
    ForecastsDocument, InterestDocument, moneys,
};
use crate::error::ServeError;
use crate::path::Id;
use crate::query::{
    BalancesQuery, CompanyHistoryQuery, CounterpartiesQuery, DaysQuery, ForecastQuery, InterestQuery, Query,
};
use crate::routes::accounts::refuse_many_buckets;

/// The maximum number of days of interest.
const MAX_DAYS: usize = 1_000;
/// The maximum number of days ahead of a forecast.
const MAX_DAYS_AHEAD: i32 = 366;

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
    let figures = treasury::figures_on(ports.books(), &accounts, on, &ports.entry_budget()).await?;
    let balances = match into {
        None => Balances::of(figures, view, None)?,
        Some(into) => {
            let on = on.unwrap_or(Date::MAX);
            let currencies = figures.iter().flat_map(|(_, it)| it.keys().copied());
            let rates = &rates(&*ports, currencies, (on, on)).await?;
            Balances::of(figures, view, Some(&Valuation { rates, on, into }))?
        }
    };
    Ok(Json(BalancesDocument::new(id, on, view, balances)))
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
    let days = match (from, to) {
        (Some(from), Some(to)) => Some((from, to)),
        (from, to) => {
            let all = treasury::days_with_entries(ports.books(), &accounts).await?;
            all.map(|(first, last)| (from.unwrap_or(first), to.unwrap_or(last)))
        }
    };
    let Some((from, to)) = days else { return Ok(Json(CompanyHistoryDocument::empty(id, by, view))) };
    refuse_many_buckets(by, (from, to))?;
    let request = HistoryRequest { from, to, by, view, converted_into: into.map(Reference::currency) };
    let history = treasury::history(ports.books(), &accounts, request, &ports.entry_budget()).await?;
    let converted = match into {
        None => None,
        Some(into) => {
            let rates = rates(&*ports, currencies_of(&history.periods), (from, to)).await?;
            Some(converted_history(&history, &rates, into)?)
        }
    };
    Ok(Json(CompanyHistoryDocument::new(id, by, view, history, converted)))
}

/// The countries that a customer does business with
#[utoipa::path(get, path = "/customers/{customer}/countries", tag = "figures", operation_id = "getCountries",
    params(("customer" = String, Path, description = "The customer's id", format = "uuid"), DaysQuery),
    responses((status = 200, description = "The countries", body = CountriesDocument)))]
pub(crate) async fn countries<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(id): Id<CustomerId>,
    Query(DaysQuery { from, to, view }): Query<DaysQuery>,
) -> Result<Json<CountriesDocument>, ServeError> {
    let accounts = accounts_of(&*ports, caller, id).await?;
    let days = (from.unwrap_or(Date::MIN), to.unwrap_or(Date::MAX));
    let mut countries = Countries::default();
    let budget = &ports.entry_budget();
    treasury::each_entry(ports.books(), &accounts, days, view, budget, |it| countries.take(it)).await?;
    Ok(Json(CountriesDocument::new(id, view, countries.finish())))
}

/// The top counterparties of a customer
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
    let (mut counterparties, mut currencies) = (Counterparties::default(), BTreeSet::new());
    let look = |it: &ledger::Entry| {
        counterparties.take(it);
        currencies.insert(it.currency);
    };
    treasury::each_entry(ports.books(), &accounts, days, view, &ports.entry_budget(), look).await?;
    let top = match into {
        None => counterparties.top(limit, &Ranking::Count)?,
        Some(into) => {
            let rates = &rates(&*ports, currencies, (days.1, days.1)).await?;
            counterparties.top(limit, &Ranking::Gross(Valuation { rates, on: days.1, into }))?
        }
    };
    Ok(Json(CounterpartiesDocument::new(id, view, top)))
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
    let mut base = InterestBase::default();
    let budget = &ports.entry_budget();
    for days in treasury::days_of_accounts(ports.books(), &accounts, (from, to), view, budget).await? {
        days.iter().try_for_each(|day| base.take(day))?;
    }
    let rates = InterestRates { debt: debt_rate, credit: credit_rate };
    Ok(Json(InterestDocument::new(id, (from, to), rates, view, base.at(rates)?)))
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
    let budget = &ports.entry_budget();
    let mut days = treasury::days_for_forecast(ports.books(), &accounts, on, to, view, budget).await?;
    if on.is_none() {
        days = up_to_last_entry(days);
    }
    let last = days.last().map(|it| it.to);
    let ahead = days_ahead(last, to)?;
    let (mut flows, mut unconverted) = (DailyFlows::by_currency(&days), Vec::new());
    if let Some((into, on)) = into.zip(last) {
        let rates = &rates(&*ports, currencies_of(&days), (on, on)).await?;
        let (all, without) = DailyFlows::converted(&days, &Valuation { rates, on, into })?;
        (flows, unconverted) = (vec![all], without);
    }
    let forecast = |it: &DailyFlows| ForecastDocument::new(it.balance, last, treasury::forecast(it, ahead));
    Ok(Json(ForecastsDocument {
        customer: id,
        on: last,
        to,
        view: view.into(),
        forecasts: flows.iter().map(forecast).collect(),
        unconverted: moneys(unconverted),
    }))
}

/// The number of days from the last day, if any, to `to`.
fn days_ahead(last: Option<Date>, to: Date) -> Result<usize, Problem> {
    let ahead = last.map_or(1, |last| to.days().saturating_sub(last.days()));
    let fits = Some(ahead).filter(|it| (1..=MAX_DAYS_AHEAD).contains(it));
    let days = fits.and_then(|it| usize::try_from(it).ok());
    days.ok_or_else(|| {
        let day = |ahead| last.and_then(|it| it.plus_days(ahead).ok()).unwrap_or(Date::MAX);
        let detail = format!("not from {} to {}, the last possible day", day(1), day(MAX_DAYS_AHEAD));
        Problem::invalid(vec![FieldError::new("to", detail)])
    })
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

/// The rates of `currencies` for the days and the day before.
pub(crate) async fn rates<P: Ports>(
    ports: &P,
    currencies: impl IntoIterator<Item = Currency>,
    (from, to): (Date, Date),
) -> Result<ExchangeRates, ServeError> {
    let currencies: BTreeSet<Currency> = currencies.into_iter().collect();
    let currencies: Vec<Currency> = currencies.into_iter().collect();
    let before = from.plus_days(-1).unwrap_or(Date::MIN);
    let table = ports.imports().table(&currencies, before, to).await?;
    Ok(table.into_iter().map(|it| (it.currency, it.date, Worth { usd: it.usd, eur: it.eur })).collect())
}

fn currencies_of(periods: &[Period]) -> impl Iterator<Item = Currency> {
    periods.last().into_iter().flat_map(|it| it.currencies.keys().copied())
}
