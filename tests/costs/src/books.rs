//! Books in memory that count what DynamoDB would charge for their writes.

use std::sync::atomic::{AtomicU64, Ordering};

use banking::AccountNumber;
use calendar::Month;
use ledger::testing::FakeBooks;
use ledger::{Books, BooksError, Change, Saved, StoredBooks, Versioned};

/// A write unit is a write of up to 1 KB.
const UNIT_BYTES: u64 = 1024;
/// In a transaction each write is charged twice.
const IN_TRANSACTION: u64 = 2;
/// Names and values of an item besides account, month and bytes: `pk` with `ACCT#`, `sk`, `v` with a number of up to
/// four digits, `b`.
const MONTH_BYTES: u64 = (2 + 5) + (2 + 13) + (1 + 3) + 1;
const TOTALS_BYTES: u64 = (2 + 5) + (2 + 6) + (1 + 3) + 1;

/// Books that count.
#[derive(Default)]
pub(crate) struct Counter {
    pub(crate) books: FakeBooks,
    pub(crate) writes: AtomicU64,
    pub(crate) items: AtomicU64,
    pub(crate) write_units: AtomicU64,
}

impl Counter {
    fn charge(&self, account: &AccountNumber, kept: &Versioned, other_bytes: u64, times: u64) {
        let text = account.as_str().len() + kept.bytes.len();
        let bytes = u64::try_from(text).unwrap_or(u64::MAX).saturating_add(other_bytes);
        self.items.fetch_add(1, Ordering::Relaxed);
        self.write_units.fetch_add(bytes.div_ceil(UNIT_BYTES) * times, Ordering::Relaxed);
    }
}

impl Books for Counter {
    async fn read(&self, account: &AccountNumber, months: &[Month]) -> Result<StoredBooks, BooksError> {
        self.books.read(account, months).await
    }

    async fn write(&self, account: &AccountNumber, change: &Change) -> Result<Saved, BooksError> {
        // The totals alone are a plain write.
        let times = if change.months.is_empty() { 1 } else { IN_TRANSACTION };
        self.writes.fetch_add(1, Ordering::Relaxed);
        change.months.values().for_each(|kept| self.charge(account, kept, MONTH_BYTES, times));
        self.charge(account, &change.totals, TOTALS_BYTES, times);
        self.books.write(account, change).await
    }

    async fn pause(&self, conflicts: u32) {
        self.books.pause(conflicts).await;
    }
}
