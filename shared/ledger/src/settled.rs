//! Reads of the totals and some months of one moment, during concurrent postings.

use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::Month;

use crate::codec::TotalsItem;
use crate::{Books, BooksError, CodecError, EntryBudget, JournalMonth, StoredBooks, Totals};

/// The maximum number of reads while postings change the account in between. With the pauses this takes three seconds
/// on average.
pub(crate) const MAX_READS: u32 = 16;

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
