//! What is read of the books of a company's accounts, side by side.

use banking::AccountNumber;
use calendar::{Bucket, Date, Month};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, future, stream};
use ledger::{
    Books, BooksError, Entry, EntryCursor, Period, View, all_days, balance_on, entries_of, entry_months,
    page_of_entries,
};
use money::Money;
use serde::{Deserialize, Serialize};

use crate::days_needed;

/// How many accounts are read at once.
const AT_ONCE: usize = 16;

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

/// Shows every entry of the accounts from `from` to `to` to `look` once, in no order, some months of a few accounts at
/// a time. Entries that others post meanwhile may be shown or not.
pub async fn each_entry<B: Books + Sync>(
    books: &B,
    accounts: &[AccountNumber],
    days: (Date, Date),
    view: View,
    mut look: impl FnMut(&Entry) + Send,
) -> Result<(), BooksError> {
    let parts: Vec<_> = accounts.iter().map(|account| Box::pin(parts(books, account, days, view))).collect();
    let shown = stream::iter(parts).flatten_unordered(AT_ONCE).try_for_each(|entries| {
        entries.iter().for_each(&mut look);
        future::ready(Ok(()))
    });
    shown.await
}

fn parts<B: Books + Sync>(
    books: &B,
    account: &AccountNumber,
    days: (Date, Date),
    view: View,
) -> impl Stream<Item = Result<Vec<Entry>, BooksError>> + Send {
    // The groups of months not read yet; at first it is not known which there are.
    stream::try_unfold(None, move |left: Option<std::vec::IntoIter<Vec<Month>>>| async move {
        let mut left = match left {
            Some(left) => left,
            None => entry_months(books, account, days).await?.into_iter(),
        };
        let Some(months) = left.next() else { return Ok(None) };
        let entries = entries_of(books, account, &months, days, view).await?;
        Ok(Some((entries, Some(left))))
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
