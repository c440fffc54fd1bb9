use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use banking::AccountNumber;
use calendar::Date;
use customers::{CustomerId, CustomerKind, Customers};
use lambda_kit::Problem;
use money::Money;
use treasury::{Balances, Debt, Portfolio, Valuation};

use crate::Ports;
use crate::caller::Caller;
use crate::documents::{DebtDocument, PortfolioDocument, moneys};
use crate::error::ServeError;
use crate::query::{PortfolioQuery, Query};
use crate::routes::companies::rates;

/// The maximum number of accounts of companies of one request, because of its time-out.
const MAX_ACCOUNTS: usize = 5_000;
/// The maximum number of customers, and of accounts, that one request reads from the register: 80 reads in all.
const MAX_REGISTERED: usize = 20_000;
/// The number of customers or accounts in one read of the register.
const READ_AT_ONCE: usize = 500;

/// The balances of all companies
///
/// For operators. It reads the register, the totals of every account of a company, and for a day within a month that
/// month. If the register has more than 20,000 customers or accounts, or the companies more than 5,000 accounts, use the
/// command `millrace portfolio`, which has no time-out.
#[utoipa::path(get, path = "/portfolio", tag = "figures", operation_id = "getPortfolio", params(PortfolioQuery),
    responses((status = 200, description = "The portfolio", body = PortfolioDocument)))]
pub(crate) async fn show<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Query(PortfolioQuery { on, into, limit, view }): Query<PortfolioQuery>,
) -> Result<Json<PortfolioDocument>, ServeError> {
    caller.operates()?;
    let mut names = companies(&*ports).await?;
    let (companies, accounts) = accounts(&*ports, &names).await?;
    let figures = treasury::figures_of_companies(ports.books(), &accounts, on, &ports.entry_budget()).await?;

    let day = on.unwrap_or(Date::MAX);
    let currencies = figures.iter().flatten().flat_map(|(_, it)| it.keys().copied());
    let rates = &rates(&*ports, currencies, (day, day)).await?;
    let mut portfolio = Portfolio::new(Valuation { rates, on: day, into }, limit);
    for (company, figures) in companies.into_iter().zip(figures) {
        portfolio.take(company, &Balances::of(figures, view, None)?)?;
    }
    let debt = |Debt { company: customer, debt, unconverted }| DebtDocument {
        customer,
        name: names.remove(&customer).flatten(),
        debt: Money::into(debt),
        unconverted: moneys(unconverted),
    };
    let debts = portfolio.largest_debts()?.into_iter().map(debt).collect();
    Ok(Json(PortfolioDocument::new((on, view), &portfolio, debts)?))
}

/// All companies with their names.
async fn companies<P: Ports>(ports: &P) -> Result<BTreeMap<CustomerId, Option<String>>, ServeError> {
    let (mut companies, mut after) = (BTreeMap::new(), None);
    for _ in 0..MAX_REGISTERED.div_euclid(READ_AT_ONCE) {
        let page = ports.customers().customers(after.as_deref(), READ_AT_ONCE).await?;
        let found = page.items.into_iter().filter(|it| it.kind == CustomerKind::Company);
        companies.extend(found.map(|it| (it.id, it.name)));
        after = page.next;
        if after.is_none() {
            return Ok(companies);
        }
    }
    Err(too_many("20,000 customers").into())
}

/// The companies and their accounts.
async fn accounts<P: Ports>(
    ports: &P,
    companies: &BTreeMap<CustomerId, Option<String>>,
) -> Result<(Vec<CustomerId>, Vec<Vec<AccountNumber>>), ServeError> {
    let mut accounts: BTreeMap<CustomerId, Vec<AccountNumber>> = companies.keys().map(|it| (*it, Vec::new())).collect();
    let mut after = None;
    for _ in 0..MAX_REGISTERED.div_euclid(READ_AT_ONCE) {
        let page = ports.customers().accounts(after.as_deref(), READ_AT_ONCE).await?;
        for account in page.items {
            if let Some(numbers) = accounts.get_mut(&account.customer) {
                numbers.push(account.number);
            }
        }
        if accounts.values().map(Vec::len).sum::<usize>() > MAX_ACCOUNTS {
            return Err(too_many("5,000 accounts of companies").into());
        }
        after = page.next;
        if after.is_none() {
            return Ok(accounts.into_iter().unzip());
        }
    }
    Err(too_many("20,000 accounts").into())
}

/// The problem of a portfolio that would exceed the function's time-out.
fn too_many(what: &str) -> Problem {
    let detail = format!("there are more than {what}; use the command `millrace portfolio`, which has no such limit");
    Problem::new(422, "too-many-customers", "The request reads too many customers").with_detail(detail)
}
