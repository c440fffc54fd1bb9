use std::sync::Arc;

use api_documents::{
    AccountDocument, AccountWithFigures, BalanceDocument, EntryDocument, HistoryDocument, Part, ViewName,
};
use api_kit::{Caller, Id, NoParams, Query, cursor};
use axum::Json;
use axum::extract::State;
use banking::AccountNumber;
use calendar::Date;
use customers::{Account, CustomerId, Customers};
use lambda_kit::Problem;
use ledger::{figures_on, overview, page_of_entries};

use crate::Ports;
use crate::error::ServeError;
use crate::query::{BalanceQuery, EntriesQuery, HistoryQuery};

const LIST: &str = "accounts";

/// The accounts
///
/// Unordered; a customer gets only their own accounts.
#[utoipa::path(get, path = "/accounts", tag = "accounts", operation_id = "listAccounts", params(api_kit::Part),
    responses((status = 200, description = "A part of the list", body = Part<AccountDocument>)))]
pub(crate) async fn list<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Query(part): Query<api_kit::Part>,
) -> Result<Json<Part<AccountDocument>>, ServeError> {
    let after: Option<String> = cursor::read(LIST, part.cursor.as_deref())?;
    let (found, next) = match caller {
        Caller::Operator | Caller::Reader => {
            let page = ports.customers().accounts(after.as_deref(), part.limit).await?;
            (page.items, page.next)
        }
        Caller::Customer(id) => own_accounts(&*ports, id, after.as_deref(), part.limit).await?,
    };
    Ok(Json(Part {
        items: found.into_iter().map(AccountDocument::from).collect(),
        next: next.map(|next| cursor::write(LIST, &next)),
    }))
}

async fn own_accounts<P: Ports>(
    ports: &P,
    customer: CustomerId,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<Account>, Option<String>), ServeError> {
    let found = ports.customers().customer(customer).await?;
    let mut accounts = found.map(|(_, accounts)| accounts).unwrap_or_default();
    accounts.retain(|it| after.is_none_or(|after| it.number.as_str() > after));
    accounts.sort_by(|one, other| one.number.cmp(&other.number));
    let more = accounts.len() > limit;
    accounts.truncate(limit);
    let last = accounts.last().filter(|_| more).map(|it| it.number.as_str().to_owned());
    Ok((accounts, last))
}

/// An account with its current balances
#[utoipa::path(get, path = "/accounts/{account}", tag = "accounts", operation_id = "getAccount",
    params(("account" = String, Path, description = "The account's number", pattern = "^[A-Za-z0-9._-]{1,40}$")),
    responses((status = 200, description = "The account", body = AccountWithFigures)))]
pub(crate) async fn one<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(number): Id<AccountNumber>,
    Query(NoParams): Query<NoParams>,
) -> Result<Json<AccountWithFigures>, ServeError> {
    let account = find(&*ports, caller, &number).await?;
    let all = overview(ports.books(), &number).await?;
    Ok(Json(AccountWithFigures::new(account, &all)))
}

/// The balance of an account
///
/// One figure for each currency, at the end of a day or after all entries. Both views include the count and sums of
/// dirty entries.
#[utoipa::path(get, path = "/accounts/{account}/balance", tag = "accounts", operation_id = "getBalance",
    params(("account" = String, Path, description = "The account's number", pattern = "^[A-Za-z0-9._-]{1,40}$"), BalanceQuery),
    responses((status = 200, description = "The balance", body = BalanceDocument)))]
pub(crate) async fn balance<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(number): Id<AccountNumber>,
    Query(BalanceQuery { on, view }): Query<BalanceQuery>,
) -> Result<Json<BalanceDocument>, ServeError> {
    find(&*ports, caller, &number).await?;
    let figures = figures_on(ports.books(), &number, on, &ports.entry_budget()).await?;
    Ok(Json(BalanceDocument::new(number, on, view, &figures)))
}

/// The history of an account
///
/// Opening, in, out, net and closing balance of each day, ISO week, month, quarter or year, in each currency.
#[utoipa::path(get, path = "/accounts/{account}/history", tag = "accounts", operation_id = "getHistory",
    params(("account" = String, Path, description = "The account's number", pattern = "^[A-Za-z0-9._-]{1,40}$"), HistoryQuery),
    responses((status = 200, description = "The history", body = HistoryDocument)))]
pub(crate) async fn history<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(number): Id<AccountNumber>,
    Query(HistoryQuery { from, to, by, view }): Query<HistoryQuery>,
) -> Result<Json<HistoryDocument>, ServeError> {
    find(&*ports, caller, &number).await?;
    let accounts = std::slice::from_ref(&number);
    let (history, _) = ports.queries().history(accounts, (from, to), by, view, None).await?;
    Ok(Json(HistoryDocument::new(number, by, view, history)))
}

/// The entries of an account
///
/// Oldest first.
#[utoipa::path(get, path = "/accounts/{account}/entries", tag = "accounts", operation_id = "listEntries",
    params(("account" = String, Path, description = "The account's number", pattern = "^[A-Za-z0-9._-]{1,40}$"), EntriesQuery),
    responses((status = 200, description = "A part of the list", body = Part<EntryDocument>)))]
pub(crate) async fn entries<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(number): Id<AccountNumber>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<Part<EntryDocument>>, ServeError> {
    find(&*ports, caller, &number).await?;
    let (from, to) = (query.from.unwrap_or(Date::MIN), query.to.unwrap_or(Date::MAX));
    let view = ViewName::from(query.view).name();
    let list = format!("entries of {} from {from} to {to}, {view}", number.as_str());
    let after = cursor::read(&list, query.cursor.as_deref())?;
    let (days, budget) = ((from, to), &ports.entry_budget());
    let (found, next) = page_of_entries(ports.books(), &number, days, query.view, after, query.limit, budget).await?;
    Ok(Json(Part {
        items: found.into_iter().map(EntryDocument::from).collect(),
        next: next.map(|next| cursor::write(&list, &next)),
    }))
}

/// The account, if it exists and the caller may see it.
async fn find<P: Ports>(ports: &P, caller: Caller, number: &AccountNumber) -> Result<Account, ServeError> {
    let account = ports.customers().account(number).await?.ok_or_else(Problem::not_found)?;
    caller.may_see(account.customer)?;
    Ok(account)
}
