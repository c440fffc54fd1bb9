use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::{Date, Month};
use money::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::totals::Split;
use crate::{Books, BooksError, CodecError, Entry, JournalMonth, Mark, Shelf, View};

/// How often a reader reads while postings come between its reads. With the pauses this takes three seconds on average.
pub(crate) const MOST_READS: u32 = 16;

/// The balance of each currency at the end of `date`: one read of the totals and at most one month.
pub async fn balance_on<B: Books>(
    books: &B,
    account: &AccountNumber,
    date: Date,
    view: View,
) -> Result<Vec<Money>, BooksError> {
    let month = date.month();
    let wanted: &[Month] = if date == month.last_day() { &[] } else { &[month] };
    let shelf = read_settled(books, account, wanted).await?;
    let totals = shelf.totals()?;
    let mut sums = BTreeMap::<Currency, i128>::new();
    let mut add = |currency: Currency, minor: i128| {
        let sum = sums.entry(currency).or_default();
        *sum = sum.saturating_add(minor);
    };
    for (currency, figures) in totals.figures(Some(month), view) {
        add(currency, figures.net_minor());
    }
    if wanted.is_empty() {
        for (currency, split) in totals.months.get(&month).into_iter().flatten() {
            add(*currency, split.seen(view).net_minor());
        }
    } else if let Some(journal) = shelf.month(month)? {
        let mut days = BTreeMap::<Currency, Split>::new();
        for entry in journal.entries().iter().filter(|entry| entry.at.date() <= date) {
            days.entry(entry.currency).or_default().take(entry);
        }
        days.iter().for_each(|(currency, split)| add(*currency, split.seen(view).net_minor()));
    }
    Ok(sums.into_iter().map(|(currency, minor)| Money::new(minor, currency)).collect())
}

/// Reads until the months and the totals are of the same moment.
pub(crate) async fn read_settled<B: Books>(
    books: &B,
    account: &AccountNumber,
    months: &[Month],
) -> Result<Shelf, BooksError> {
    let mut unsettled = None;
    for reads in 1..=MOST_READS {
        let shelf = books.read(account, months).await?;
        if shelf.is_settled(months)? {
            return Ok(shelf);
        }
        never_settles(unsettled.as_ref(), &shelf)?;
        unsettled = Some(shelf);
        books.pause(reads).await;
    }
    Err(BooksError::Unsettled)
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
        let Some(journal) = read_settled(books, account, &[month]).await?.month(month)? else {
            continue;
        };
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
/// one in memory: [`entries_of`] reads a group.
///
/// For folds over entries while others post: every month is read once and at one moment, so no entry is seen twice,
/// and none is missed that was in the books before the call.
pub async fn entry_months<B: Books>(
    books: &B,
    account: &AccountNumber,
    (from, to): (Date, Date),
) -> Result<Vec<Vec<Month>>, BooksError> {
    let totals = books.read(account, &[]).await?.totals()?;
    let mut groups = Vec::<Vec<Month>>::new();
    let mut entries = 0_u64;
    for (month, currencies) in totals.months.iter().filter(|(it, _)| (from.month()..=to.month()).contains(*it)) {
        let count = currencies.values().map(|it| it.seen(View::All).count).fold(0, u64::saturating_add);
        let together = entries.saturating_add(count);
        match groups.last_mut() {
            Some(group) if group.len() < MOST_MONTHS_AT_ONCE && together <= MOST_ENTRIES => {
                group.push(*month);
                entries = together;
            }
            _ => {
                groups.push(vec![*month]);
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
    let shelf = read_settled(books, account, months).await?;
    let mut entries = Vec::new();
    for month in months {
        let of_month = shelf.month(*month)?.map(JournalMonth::into_entries).unwrap_or_default();
        let seen = |entry: &Entry| view == View::All || entry.mark == Mark::Clean;
        entries.extend(of_month.into_iter().filter(|it| seen(it) && (from..=to).contains(&it.at.date())));
    }
    Ok(entries)
}
