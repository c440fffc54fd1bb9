use banking::AccountNumber;
use calendar::{Date, Month};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};

use crate::settled::{Settled, read_settled};
use crate::totals::{Split, Splits, add};
use crate::{Books, BooksError, Entry, EntryBudget, JournalMonth, Mark, View};

/// All entries of an account.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Overview {
    /// Their figures.
    pub figures: Splits,
    /// The whole months that they are in: from the first day of the first month to the last day of the last one.
    pub days: Option<(Date, Date)>,
}

/// The figures of all entries of an account, and their days: reads the totals.
pub async fn overview<B: Books>(books: &B, account: &AccountNumber) -> Result<Overview, BooksError> {
    let totals = books.read(account, &[]).await?.totals()?;
    let months = totals.months.keys().next().zip(totals.months.keys().next_back());
    let days = months.map(|(first, last)| (first.first_day(), last.last_day()));
    Ok(Overview { figures: totals.splits(None), days })
}

/// The figures of each currency over all entries, or over those up to the end of `date`, clean and dirty separately.
/// Reads the totals, and for a date within a month also that month: the budget pays for its entries.
pub async fn figures_on<B: Books>(
    books: &B,
    account: &AccountNumber,
    date: Option<Date>,
    budget: &EntryBudget,
) -> Result<Splits, BooksError> {
    let Some(date) = date else { return Ok(overview(books, account).await?.figures) };
    let month = date.month();
    let wanted: &[Month] = if date == month.last_day() { &[] } else { &[month] };
    let Settled { mut totals, months } = read_settled(books, account, wanted, Some(budget)).await?;
    totals.months.retain(|it, _| *it < month || (*it == month && wanted.is_empty()));
    let mut sums = totals.splits(None);
    for entry in months.values().flat_map(JournalMonth::entries).filter(|entry| entry.at.date() <= date) {
        add(&mut sums, entry.currency, Split::of(entry));
    }
    Ok(sums)
}

/// The position in a list of entries. Opaque to callers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EntryCursor {
    /// The month of the last returned entry.
    month: Month,
    /// How many entries of that month were skipped or returned.
    passed: usize,
}

/// The entries of `account` from `from` to `to` (both inclusive), oldest first, at most `limit` of them, and the cursor
/// of the next page if there are more. [`View::Clean`] omits dirty ones.
///
/// Reads the totals and only the months of the page; the budget pays for all entries of these months. Intended for paging users: an entry posted before the cursor
/// meanwhile shifts the rest of its month by one. Folds use [`entries`].
pub async fn page_of_entries<B: Books>(
    books: &B,
    account: &AccountNumber,
    (from, to): (Date, Date),
    view: View,
    cursor: Option<EntryCursor>,
    limit: usize,
    budget: &EntryBudget,
) -> Result<(Vec<Entry>, Option<EntryCursor>), BooksError> {
    let totals = books.read(account, &[]).await?.totals()?;
    let start = cursor.as_ref().map_or_else(|| from.month(), |it| it.month);
    let mut page = Vec::new();
    for month in totals.months.keys().copied().filter(|it| (start..=to.month()).contains(it)) {
        let skip = cursor.as_ref().filter(|it| it.month == month).map_or(0, |it| it.passed);
        let settled = read_settled(books, account, &[month], Some(budget)).await?;
        let Some(journal) = settled.months.get(&month) else { continue };
        for (index, entry) in journal.entries().iter().enumerate().skip(skip) {
            let seen = view == View::All || entry.mark == Mark::Clean;
            if !seen || !(from..=to).contains(&entry.at.date()) {
                continue;
            }
            if page.len() == limit {
                return Ok((page, Some(EntryCursor { month, passed: index })));
            }
            page.push(entry.clone());
        }
    }
    Ok((page, None))
}

/// The maximum number of entries that are read together, unless a single month has more.
const MAX_ENTRIES: u64 = 20_000;
/// The maximum number of months that are read together.
const MAX_MONTHS_AT_ONCE: usize = 12;
/// The number of concurrent reads.
const AT_ONCE: usize = 16;

/// The entries of `accounts` from `from` to `to` (both inclusive), in groups that fit into memory, oldest first within
/// a group; the groups are unordered. [`View::Clean`] omits dirty ones.
///
/// Reads the totals of all accounts, and the budget pays for the entries of all months with these days; then each month
/// is read once, at one moment, several groups concurrently. So during concurrent postings no entry appears twice, and
/// none is missed that was in the books before the call.
pub async fn entries<'a, B: Books + Sync>(
    books: &'a B,
    accounts: &'a [AccountNumber],
    (from, to): (Date, Date),
    view: View,
    budget: &EntryBudget,
) -> Result<impl Stream<Item = Result<Vec<Entry>, BooksError>> + Send + use<'a, B>, BooksError> {
    // Pinned and collected first: the compiler cannot prove closures over a borrow `Send`.
    let months = accounts.iter().map(|account| Box::pin(groups_of_months(books, account, (from, to), budget)));
    let months: Vec<_> = stream::iter(months.collect::<Vec<_>>()).buffered(AT_ONCE).try_collect().await?;
    let groups =
        accounts.iter().zip(months).flat_map(|(account, groups)| groups.into_iter().map(move |it| (account, it)));
    let seen =
        move |entry: &Entry| (view == View::All || entry.mark == Mark::Clean) && (from..=to).contains(&entry.at.date());
    let reads = groups.map(|(account, months)| {
        Box::pin(async move {
            let settled = read_settled(books, account, &months, None).await?;
            let entries = settled.months.into_values().flat_map(JournalMonth::into_entries);
            Ok(entries.filter(seen).collect())
        })
    });
    Ok(stream::iter(reads.collect::<Vec<_>>()).buffer_unordered(AT_ONCE))
}

/// The months from `from` to `to` that have entries, earliest first, in groups to read together. Spends the budget for
/// all of them.
async fn groups_of_months<B: Books>(
    books: &B,
    account: &AccountNumber,
    (from, to): (Date, Date),
    budget: &EntryBudget,
) -> Result<Vec<Vec<Month>>, BooksError> {
    let totals = books.read(account, &[]).await?.totals()?;
    let months: Vec<Month> = totals.months.range(from.month()..=to.month()).map(|(month, _)| *month).collect();
    budget.spend(&totals, &months)?;
    let mut groups = Vec::<Vec<Month>>::new();
    let mut entries = 0_u64;
    for month in months {
        let count = totals.entries_in(month);
        let together = entries.saturating_add(count);
        match groups.last_mut() {
            Some(group) if group.len() < MAX_MONTHS_AT_ONCE && together <= MAX_ENTRIES => {
                group.push(month);
                entries = together;
            }
            _ => {
                groups.push(vec![month]);
                entries = count;
            }
        }
    }
    Ok(groups)
}
