use std::sync::atomic::{AtomicU64, Ordering};

use calendar::Month;

use crate::{BooksError, Totals};

/// How many entries one request may decode, over all accounts that it reads side by side.
///
/// The totals contain the number of entries of each month, so a reader knows it before it reads a month.
#[derive(Debug)]
pub struct EntryBudget {
    most: u64,
    left: AtomicU64,
}

impl EntryBudget {
    /// At most `most` entries.
    pub fn of(most: u64) -> Self {
        Self { most, left: AtomicU64::new(most) }
    }

    /// For callers without a deadline, such as the command.
    pub fn unlimited() -> Self {
        Self::of(u64::MAX)
    }

    /// Spends the entries of `months`, clean and dirty. [`BooksError::TooManyEntries`] if fewer are left.
    pub(crate) fn spend(&self, totals: &Totals, months: &[Month]) -> Result<(), BooksError> {
        let entries = months.iter().map(|month| totals.entries_in(*month)).fold(0, u64::saturating_add);
        let spent = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(entries));
        spent.map(|_| ()).map_err(|_| BooksError::TooManyEntries { most: self.most })
    }
}
