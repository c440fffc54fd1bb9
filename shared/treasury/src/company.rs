//! What is read of the books of a company's accounts, side by side.

use banking::AccountNumber;
use calendar::{Bucket, Date};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, future, stream};
use ledger::{Books, BooksError, Entry, EntryCursor, Period, View, all_days, balance_on, page_of_entries};
use money::Money;
use serde::{Deserialize, Serialize};

use crate::days_needed;

/// How many accounts are read at once.
const AT_ONCE: usize = 16;
/// How many entries of an account are held at once while all are looked at.
const ENTRIES_AT_ONCE: usize = 5_000;

/// Each account's balance in each currency at the end of `on`, or after all entries. One read of an account's totals,
/// and at most one of its months.
pub async fn balances_on<B: Books + Sync>(
    books: &B,
    accounts: &[AccountNumber],
    on: Option<Date>,
    view: View,
) -> Result<Vec<(AccountNumber, Vec<Money>)>, BooksError> {
    side_by_side(accounts.iter().map(|account| async move {
        let balances = match on {
            Some(date) => balance_on(books, account, date, view).await?,
            None => books.read(account, &[]).await?.totals()?.balances(view),
        };
        Ok((account.clone(), balances))
    }))
    .await
}

/// [`balances_on`] of each of many companies.
pub async fn balances_of_companies<B: Books + Sync>(
    books: &B,
    companies: &[Vec<AccountNumber>],
    on: Option<Date>,
    view: View,
) -> Result<Vec<Vec<(AccountNumber, Vec<Money>)>>, BooksError> {
    side_by_side(companies.iter().map(|accounts| balances_on(books, accounts, on, view))).await
}

/// The whole months that the accounts have entries in.
pub async fn days_with_entries<B: Books + Sync>(
    books: &B,
    accounts: &[AccountNumber],
) -> Result<Option<(Date, Date)>, BooksError> {
    let days = accounts.iter().map(|account| async move { Ok(all_days(&books.read(account, &[]).await?.totals()?)) });
    let days = side_by_side(days).await?;
    Ok(days.into_iter().flatten().reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))))
}

/// Each account's history from `from` to `to`, as [`ledger::history`] reads it: by month, quarter or year one read of
/// an account's totals with the at most two months cut in two. [`crate::company_history`] makes one of them.
pub async fn periods<B: Books + Sync>(
    books: &B,
    accounts: &[AccountNumber],
    days: (Date, Date),
    by: Bucket,
    view: View,
) -> Result<Vec<Vec<Period>>, BooksError> {
    side_by_side(accounts.iter().map(|account| ledger::history(books, account, days, by, view))).await
}

/// Each account's days up to `on`, or else to the end of the last month with entries, as many as a forecast up to `to`
/// takes and a year more, or as there are.
pub async fn days_for_forecast<B: Books + Sync>(
    books: &B,
    accounts: &[AccountNumber],
    on: Option<Date>,
    to: Date,
    view: View,
) -> Result<Vec<Vec<Period>>, BooksError> {
    let Some((first, last)) = days_with_entries(books, accounts).await? else { return Ok(Vec::new()) };
    let last = on.unwrap_or(last);
    // Without a day it may begin a month earlier than the last one's end.
    let ahead = to.days().saturating_sub(last.days()).max(0).saturating_add(31);
    let days = days_needed(usize::try_from(ahead).unwrap_or(0)).saturating_add(365);
    let from = last.plus_days(i32::try_from(days).unwrap_or(i32::MAX).saturating_neg());
    periods(books, accounts, (first.max(from.unwrap_or(first)), last), Bucket::Day, view).await
}

/// Shows every entry of the accounts from `from` to `to` to `look`, in no order, a page of a few accounts at a time.
pub async fn each_entry<B: Books + Sync>(
    books: &B,
    accounts: &[AccountNumber],
    days: (Date, Date),
    view: View,
    mut look: impl FnMut(&Entry) + Send,
) -> Result<(), BooksError> {
    let pages: Vec<_> = accounts.iter().map(|account| Box::pin(pages(books, account, days, view))).collect();
    let shown = stream::iter(pages).flatten_unordered(AT_ONCE).try_for_each(|page| {
        page.iter().for_each(&mut look);
        future::ready(Ok(()))
    });
    shown.await
}

fn pages<B: Books + Sync>(
    books: &B,
    account: &AccountNumber,
    days: (Date, Date),
    view: View,
) -> impl Stream<Item = Result<Vec<Entry>, BooksError>> + Send {
    // The cursor of the next page; without one, the first. None at all where there are no more.
    stream::try_unfold(Some(None), move |next: Option<Option<EntryCursor>>| async move {
        let Some(after) = next else { return Ok(None) };
        let (page, next) = page_of_entries(books, account, days, view, after, ENTRIES_AT_ONCE).await?;
        Ok(Some((page, next.map(Some))))
    })
}

/// Where a list of a company's entries goes on. Opaque outside.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CompanyCursor {
    /// In which account.
    pub account: AccountNumber,
    /// Where in it; none is its beginning.
    pub after: Option<EntryCursor>,
}

/// The entries of `accounts` from `from` to `to`, each with its account, at most `limit` of them, and where to go on if
/// there may be more: account by account in the order of their numbers, the oldest first in each.
pub async fn page_of_company_entries<B: Books>(
    books: &B,
    accounts: &[AccountNumber],
    days: (Date, Date),
    view: View,
    cursor: Option<CompanyCursor>,
    limit: usize,
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
        let (entries, next) = page_of_entries(books, account, days, view, after, left).await?;
        page.extend(entries.into_iter().map(|it| (account.clone(), it)));
        if next.is_some() {
            return Ok((page, Some(CompanyCursor { account: account.clone(), after: next })));
        }
    }
    Ok((page, None))
}

/// Awaits all of `asked`, a few at once; the answers are in their order.
async fn side_by_side<T: Send, F: Future<Output = Result<T, BooksError>> + Send>(
    asked: impl Iterator<Item = F>,
) -> Result<Vec<T>, BooksError> {
    // Pinned and gathered first: held as closures over a borrow, the compiler cannot prove them `Send`.
    let asked: Vec<_> = asked.map(Box::pin).collect();
    stream::iter(asked).buffered(AT_ONCE).try_collect().await
}
