use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::{Date, Month};
use money::Money;
use serde::{Deserialize, Serialize};

use crate::codec::TotalsItem;
use crate::totals::{Split, Splits, add};
use crate::{Books, BooksError, CodecError, Entry, EntryBudget, JournalMonth, Mark, StoredBooks, Totals, View};

/// The maximum number of reads while postings change the account in between. With the pauses this takes three seconds
/// on average.
pub(crate) const MAX_READS: u32 = 16;

/// The balance of each currency at the end of `date`: reads the totals and at most one month.
pub async fn balance_on<B: Books>(
    books: &B,
    account: &AccountNumber,
    date: Date,
    view: View,
) -> Result<Vec<Money>, BooksError> {
    let splits = splits_on(books, account, Some(date), &EntryBudget::unlimited()).await?;
    Ok(splits.into_iter().map(|(currency, it)| Money::new(it.seen(view).net_minor(), currency)).collect())
}

/// The figures of each currency over all entries, or over those up to the end of `date`, clean and dirty separately.
/// Reads the totals, and for a date within a month also that month: the budget pays for its entries.
pub async fn splits_on<B: Books>(
    books: &B,
    account: &AccountNumber,
    date: Option<Date>,
    budget: &EntryBudget,
) -> Result<Splits, BooksError> {
    let Some(date) = date else { return Ok(books.read(account, &[]).await?.totals()?.splits(None)) };
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

/// The totals and some months, all of the same moment.
pub(crate) struct Settled {
    pub(crate) totals: Totals,
    /// The requested months that have entries.
    pub(crate) months: BTreeMap<Month, JournalMonth>,
}

/// Reads until the months and the totals are of the same moment. Each attempt decodes each month once; before the
/// first one, the budget pays for the entries, unless it has already done so.
pub(crate) async fn read_settled<B: Books>(
    books: &B,
    account: &AccountNumber,
    months: &[Month],
    mut budget: Option<&EntryBudget>,
) -> Result<Settled, BooksError> {
    let mut unsettled = None;
    for reads in 1..=MAX_READS {
        let stored_books = books.read(account, months).await?;
        let item = stored_books.open()?;
        if let Some(budget) = budget.take() {
            budget.spend(&item.totals, months)?;
        }
        if let Some(settled) = settled(&stored_books, item, months)? {
            return Ok(settled);
        }
        never_settles(unsettled.as_ref(), &stored_books)?;
        unsettled = Some(stored_books);
        books.pause(reads).await;
    }
    Err(BooksError::Unsettled)
}

/// `None` if the figures of a month differ from those in the totals: they are of different moments.
fn settled(stored_books: &StoredBooks, item: TotalsItem, months: &[Month]) -> Result<Option<Settled>, CodecError> {
    let mut read = BTreeMap::new();
    for month in months {
        let journal = stored_books.month_of(&item, *month)?;
        if !item.agrees(*month, journal.as_ref()) {
            return Ok(None);
        }
        read.extend(journal.map(|it| (*month, it)));
    }
    Ok(Some(Settled { totals: item.totals, months: read }))
}

/// Returns an error if the stored data is inconsistent: two consecutive reads with the same versions prove that these
/// versions existed at the same time. Without this check the reader would never stop.
pub(crate) fn never_settles(before: Option<&StoredBooks>, now: &StoredBooks) -> Result<(), CodecError> {
    if before == Some(now) {
        return Err(CodecError::Broken("the figures of a month differ from the totals"));
    }
    Ok(())
}

/// The position in a list of entries. Opaque to callers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EntryCursor {
    /// The month of the last returned entry.
    pub month: Month,
    /// How many entries of that month were skipped or returned.
    pub passed: usize,
}

/// The entries of `account` from `from` to `to` (both inclusive), oldest first, at most `limit` of them, and the cursor
/// of the next page if there are more. [`View::Clean`] omits dirty ones.
///
/// Reads the totals and only the months of the page; the budget pays for all entries of these months. Intended for paging users: an entry posted before the cursor
/// meanwhile shifts the rest of its month by one. Folds use [`entry_months`].
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

/// The maximum number of entries in one group of [`entry_months`], unless a single month has more.
const MAX_ENTRIES: u64 = 20_000;
/// The maximum number of months in one group.
const MAX_MONTHS_AT_ONCE: usize = 12;

/// The months from `from` to `to` that have entries, earliest first, in groups that fit into memory: [`entries_of`]
/// reads a group. Spends the budget for all of them.
///
/// For folds over entries during concurrent postings: every month is read once and at one moment, so no entry appears
/// twice, and none is missed that was in the books before the call.
pub async fn entry_months<B: Books>(
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

/// The entries of `months` that are from `from` to `to` (both inclusive), oldest first, all of the same moment.
pub async fn entries_of<B: Books>(
    books: &B,
    account: &AccountNumber,
    months: &[Month],
    (from, to): (Date, Date),
    view: View,
) -> Result<Vec<Entry>, BooksError> {
    let settled = read_settled(books, account, months, None).await?;
    let seen = |entry: &Entry| view == View::All || entry.mark == Mark::Clean;
    let entries = settled.months.into_values().flat_map(JournalMonth::into_entries);
    Ok(entries.filter(|it| seen(it) && (from..=to).contains(&it.at.date())).collect())
}
