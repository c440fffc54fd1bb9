//! Reads the books of all accounts of a company concurrently.

use banking::AccountNumber;
use calendar::{Bucket, Date};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, future, stream};
use ledger::{
    Books, BooksError, Entry, EntryBudget, EntryCursor, History, HistoryRequest, Period, Splits, View, overview,
    page_of_entries,
};
use serde::{Deserialize, Serialize};

use crate::days_needed;

/// The number of accounts that are read concurrently.
const AT_ONCE: usize = 16;

/// An account and its figures in each currency, clean and dirty separately.
pub type AccountFigures = (AccountNumber, Splits);

/// Each account's figures over all entries up to the end of `on`, or over all entries. Reads the totals of an account
/// and at most one month. [`crate::Balances`] computes balances from them.
pub(crate) async fn figures_on<B: Books + Sync>(
    books: &B,
    accounts: &[AccountNumber],
    on: Option<Date>,
    budget: &EntryBudget,
) -> Result<Vec<AccountFigures>, BooksError> {
    let read = |account| async move {
        Ok((AccountNumber::clone(account), ledger::figures_on(books, account, on, budget).await?))
    };
    side_by_side(accounts.iter().map(read)).try_collect().await
}

/// [`figures_on`] of each of many companies.
pub(crate) async fn figures_of_companies<B: Books + Sync>(
    books: &B,
    companies: &[Vec<AccountNumber>],
    on: Option<Date>,
    budget: &EntryBudget,
) -> Result<Vec<Vec<AccountFigures>>, BooksError> {
    side_by_side(companies.iter().map(|accounts| figures_on(books, accounts, on, budget))).try_collect().await
}

/// The whole months with entries of the accounts.
pub(crate) async fn days_with_entries<B: Books + Sync>(
    books: &B,
    accounts: &[AccountNumber],
) -> Result<Option<(Date, Date)>, BooksError> {
    let days = accounts.iter().map(|account| async move { Ok(overview(books, account).await?.days) });
    let days: Vec<_> = side_by_side(days).try_collect().await?;
    Ok(days.into_iter().flatten().reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))))
}

/// The history of all accounts together; see [`ledger::history`] for its reads.
pub(crate) async fn history<B: Books + Sync>(
    books: &B,
    accounts: &[AccountNumber],
    request: HistoryRequest,
    budget: &EntryBudget,
) -> Result<History, BooksError> {
    let read = side_by_side(accounts.iter().map(|account| ledger::history(books, account, request, budget)));
    read.try_fold(History::default(), |sum, one| future::ready(Ok(sum.and(one)))).await
}

/// The history of each account by day, for [`crate::InterestBase`].
pub(crate) async fn days_of_accounts<B: Books + Sync>(
    books: &B,
    accounts: &[AccountNumber],
    (from, to): (Date, Date),
    view: View,
    budget: &EntryBudget,
) -> Result<Vec<Vec<Period>>, BooksError> {
    let request = HistoryRequest { from, to, by: Bucket::Day, view, converted_into: None };
    let read = side_by_side(accounts.iter().map(|account| ledger::history(books, account, request, budget)));
    read.map_ok(|it| it.periods).try_collect().await
}

/// The days of all accounts up to `on`, or else to the end of the last month with entries: as many as a forecast up to
/// `to` needs plus a year, or all days with entries.
pub(crate) async fn days_for_forecast<B: Books + Sync>(
    books: &B,
    accounts: &[AccountNumber],
    on: Option<Date>,
    to: Date,
    view: View,
    budget: &EntryBudget,
) -> Result<Vec<Period>, BooksError> {
    let Some((first, last)) = days_with_entries(books, accounts).await? else { return Ok(Vec::new()) };
    let last = on.unwrap_or(last);
    // Without a day, the forecast may begin up to a month earlier than the end of the last month.
    let ahead = to.days().saturating_sub(last.days()).max(0).saturating_add(31);
    let days = days_needed(usize::try_from(ahead).unwrap_or(0)).saturating_add(365);
    let from = last.plus_days(i32::try_from(days).unwrap_or(i32::MAX).saturating_neg());
    let from = first.max(from.unwrap_or(first));
    let request = HistoryRequest { from, to: last, by: Bucket::Day, view, converted_into: None };
    Ok(history(books, accounts, request, budget).await?.periods)
}

/// The position in a list of a company's entries. Opaque to callers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CompanyCursor {
    /// The account.
    pub account: AccountNumber,
    /// The position in the account; `None` is its beginning.
    pub after: Option<EntryCursor>,
}

/// The entries of `accounts` from `from` to `to`, each with its account, at most `limit` of them, and the cursor of the
/// next page if there may be more: sorted by account number, oldest first within an account.
pub async fn page_of_company_entries<B: Books>(
    books: &B,
    accounts: &[AccountNumber],
    days: (Date, Date),
    view: View,
    cursor: Option<CompanyCursor>,
    limit: usize,
    budget: &EntryBudget,
) -> Result<(Vec<(AccountNumber, Entry)>, Option<CompanyCursor>), BooksError> {
    let mut accounts: Vec<&AccountNumber> = accounts.iter().collect();
    accounts.sort();
    accounts.retain(|account| cursor.as_ref().is_none_or(|it| it.account <= **account));
    let mut page = Vec::new();
    for account in accounts {
        let left = limit.saturating_sub(page.len());
        let after = cursor.as_ref().filter(|it| it.account == *account).and_then(|it| it.after.clone());
        if left == 0 {
            return Ok((page, Some(CompanyCursor { account: account.clone(), after })));
        }
        let (entries, next) = page_of_entries(books, account, days, view, after, left, budget).await?;
        page.extend(entries.into_iter().map(|it| (account.clone(), it)));
        if next.is_some() {
            return Ok((page, Some(CompanyCursor { account: account.clone(), after: next })));
        }
    }
    Ok((page, None))
}

/// Awaits all of `reads`, a few concurrently; the results keep their order.
fn side_by_side<T: Send, F: Future<Output = Result<T, BooksError>> + Send>(
    reads: impl Iterator<Item = F>,
) -> impl Stream<Item = Result<T, BooksError>> + Send {
    // Pinned and collected first: the compiler cannot prove closures over a borrow `Send`.
    let reads: Vec<_> = reads.map(Box::pin).collect();
    stream::iter(reads).buffered(AT_ONCE)
}
