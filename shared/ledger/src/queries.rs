use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::{Date, Month};
use money::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::totals::Split;
use crate::{Books, BooksError, CodecError, Entry, EntryBudget, JournalMonth, Mark, Shelf, Totals, View};

/// How often a reader reads while postings come between its reads. With the pauses this takes three seconds on average.
pub(crate) const MOST_READS: u32 = 16;

/// The balance of each currency at the end of `date`: one read of the totals and at most one month.
pub async fn balance_on<B: Books>(
    books: &B,
    account: &AccountNumber,
    date: Date,
    view: View,
) -> Result<Vec<Money>, BooksError> {
    let splits = splits_on(books, account, Some(date)).await?;
    Ok(splits.into_iter().map(|(currency, it)| Money::new(it.seen(view).net_minor(), currency)).collect())
}

/// The figures of each currency over all entries, or over those up to the end of `date`, clean and dirty apart. One
/// read of the totals, and for a date within a month also that month.
pub async fn splits_on<B: Books>(
    books: &B,
    account: &AccountNumber,
    date: Option<Date>,
) -> Result<BTreeMap<Currency, Split>, BooksError> {
    let Some(date) = date else { return Ok(books.read(account, &[]).await?.totals()?.splits()) };
    let month = date.month();
    let wanted: &[Month] = if date == month.last_day() { &[] } else { &[month] };
    let Settled { mut totals, months } = read_settled(books, account, wanted).await?;
    totals.months.retain(|it, _| *it < month || (*it == month && wanted.is_empty()));
    let mut sums = totals.splits();
    for entry in months.values().flat_map(JournalMonth::entries).filter(|entry| entry.at.date() <= date) {
        sums.entry(entry.currency).or_default().take(entry);
    }
    Ok(sums)
}

/// The totals and some months of one moment.
pub(crate) struct Settled {
    pub(crate) totals: Totals,
    /// Those of the months asked for that have entries.
    pub(crate) months: BTreeMap<Month, JournalMonth>,
}

/// Reads until the months and the totals are of the same moment. Each read decodes each month once.
pub(crate) async fn read_settled<B: Books>(
    books: &B,
    account: &AccountNumber,
    months: &[Month],
) -> Result<Settled, BooksError> {
    let mut unsettled = None;
    for reads in 1..=MOST_READS {
        let shelf = books.read(account, months).await?;
        if let Some(settled) = settled(&shelf, months)? {
            return Ok(settled);
        }
        never_settles(unsettled.as_ref(), &shelf)?;
        unsettled = Some(shelf);
        books.pause(reads).await;
    }
    Err(BooksError::Unsettled)
}

/// `None` if a month has other figures than the totals have for it: they are of different moments.
fn settled(shelf: &Shelf, months: &[Month]) -> Result<Option<Settled>, CodecError> {
    let item = shelf.open()?;
    let mut read = BTreeMap::new();
    for month in months {
        let journal = shelf.month_of(&item, *month)?;
        if !item.agrees(*month, journal.as_ref()) {
            return Ok(None);
        }
        read.extend(journal.map(|it| (*month, it)));
    }
    Ok(Some(Settled { totals: item.totals, months: read }))
}

/// An error if what disagrees is stored so: two reads, one after the other, that find the same versions prove that they
/// were stored together at one moment in between. Nothing else would end the reading again.
pub(crate) fn never_settles(before: Option<&Shelf>, now: &Shelf) -> Result<(), CodecError> {
    if before == Some(now) {
        return Err(CodecError::Broken("a month has other figures than the totals"));
    }
    Ok(())
}

/// Where a list of entries goes on. Opaque outside.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EntryCursor {
    /// The month of the last entry given.
    pub month: Month,
    /// How many entries of that month were passed.
    pub passed: usize,
}

/// The entries of `account` from `from` to `to` (both inclusive), the oldest first, at most `limit` of them, and
/// where to go on if there are more. [`View::Clean`] leaves dirty ones out.
///
/// Reads the totals, and of the months only those that the page touches. For people who look at pages: an entry posted
/// before the cursor while somebody pages shifts the rest of its month by one. Folds use [`entry_months`].
pub async fn page_of_entries<B: Books>(
    books: &B,
    account: &AccountNumber,
    (from, to): (Date, Date),
    view: View,
    cursor: Option<EntryCursor>,
    limit: usize,
) -> Result<(Vec<Entry>, Option<EntryCursor>), BooksError> {
    let totals = books.read(account, &[]).await?.totals()?;
    let start = cursor.as_ref().map_or_else(|| from.month(), |it| it.month);
    let mut page = Vec::new();
    for month in totals.months.keys().copied().filter(|it| (start..=to.month()).contains(it)) {
        let skip = cursor.as_ref().filter(|it| it.month == month).map_or(0, |it| it.passed);
        let settled = read_settled(books, account, &[month]).await?;
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

/// The most entries that [`entry_months`] puts in one group, unless a single month has more.
const MOST_ENTRIES: u64 = 20_000;
/// The most months of one group.
const MOST_MONTHS_AT_ONCE: usize = 12;

/// The months from `from` to `to` that have entries, the earliest first, in groups small enough to hold the entries of
/// one in memory: [`entries_of`] reads a group. Spends the entries of all of them.
///
/// For folds over entries while others post: every month is read once and at one moment, so no entry is seen twice,
/// and none is missed that was in the books before the call.
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
            Some(group) if group.len() < MOST_MONTHS_AT_ONCE && together <= MOST_ENTRIES => {
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

/// The entries of `months` that are from `from` to `to` (both inclusive), the oldest first, all of one moment.
pub async fn entries_of<B: Books>(
    books: &B,
    account: &AccountNumber,
    months: &[Month],
    (from, to): (Date, Date),
    view: View,
) -> Result<Vec<Entry>, BooksError> {
    let settled = read_settled(books, account, months).await?;
    let seen = |entry: &Entry| view == View::All || entry.mark == Mark::Clean;
    let entries = settled.months.into_values().flat_map(JournalMonth::into_entries);
    Ok(entries.filter(|it| seen(it) && (from..=to).contains(&it.at.date())).collect())
}
