use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::{Date, Month};
use money::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::totals::Split;
use crate::{Books, BooksError, CodecError, Entry, Mark, Shelf, View};

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
/// Reads the totals, and of the months only those that the page touches. An entry posted behind the cursor while
/// somebody pages may shift the rest of its month by one.
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
