use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::Month;
use storage::{Saved, Version};

use crate::codec::TotalsItem;
use crate::{CodecError, JournalMonth, Splits, Totals};

/// The port to the storage of the books: packed months and totals of each account, each with a version.
///
/// The totals of an account contain its latest month while that month is small, so most postings write one item. Only
/// [`post`](crate::post) writes, and every write includes the account's totals: an unchanged version of the totals
/// means that nothing else of the account has changed.
pub trait Books {
    /// Reads the account's totals and, of `months`, those that have an item of their own.
    ///
    /// Every item is read consistently (a write that ended before the call is seen), but the items are read in any
    /// order and at different moments during the call: another posting may commit between two reads. The result may
    /// then hold
    /// - a month that is newer or older than the totals;
    /// - a month that is missing: its item was read before the month moved out of the totals, the totals were read
    ///   after;
    /// - a month twice: the totals were read before the month moved out of them, its item was read after;
    /// - months of different moments.
    ///
    /// In each of these cases the figures of a month differ from those in the totals, or the totals have a newer
    /// version by now. Callers that need months and totals of one moment compare the figures and read again.
    fn read(
        &self,
        account: &AccountNumber,
        months: &[Month],
    ) -> impl Future<Output = Result<StoredBooks, BooksError>> + Send;

    /// Writes all of `change` or nothing of it: each item only if its stored version is still the expected one
    /// ([`Versioned::version`]), with the next version. At most [`MAX_MONTHS`] months. Returns the version of the totals.
    ///
    /// Other postings may read and write between this call and its effect. [`Saved::Conflict`] may also be the
    /// answer to a write that succeeded, if the adapter had to repeat it: read again to find out.
    fn write(&self, account: &AccountNumber, change: &Change)
    -> impl Future<Output = Result<Saved, BooksError>> + Send;

    /// Waits before retry number `conflicts` (from 1) of a read or write that conflicted with another posting: random
    /// jitter up to a limit that grows with `conflicts`, at most half a second.
    fn pause(&self, conflicts: u32) -> impl Future<Output = ()> + Send;
}

/// The port through which an audit reads all books.
pub trait Archive {
    /// Lists the accounts that have books, unordered, each at least once, and the cursor of the next page (`None` at
    /// the end).
    fn accounts(
        &self,
        after: Option<String>,
    ) -> impl Future<Output = Result<(Vec<AccountNumber>, Option<String>), BooksError>> + Send;

    /// All books of an account. The items may be of different moments: see [`Books::read`].
    fn whole(&self, account: &AccountNumber) -> impl Future<Output = Result<StoredBooks, BooksError>> + Send;
}

/// The maximum number of months in one write: a DynamoDB transaction has 100 items, one of them for the totals.
pub const MAX_MONTHS: usize = 99;

/// A packed value and its version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Versioned {
    /// The stored version; in a [`Change`], the expected one.
    pub version: Version,
    /// The packed value.
    pub bytes: Vec<u8>,
}

/// The stored books of one account, as far as a read requested them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StoredBooks {
    /// The totals, if the account has any entry.
    pub totals: Option<Versioned>,
    /// The requested months that have entries.
    pub months: BTreeMap<Month, Versioned>,
}

/// The changes of a posting to one account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The new totals.
    pub totals: Versioned,
    /// The new months.
    pub months: BTreeMap<Month, Versioned>,
}

/// Why the books cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BooksError {
    /// The storage is unavailable: retry.
    #[error("the books cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Other postings changed the account during each of several reads: retry.
    #[error("the books of an account keep changing while they are read")]
    Unsettled,
    /// The request needs more entries than its [`EntryBudget`](crate::EntryBudget) allows: request fewer days.
    #[error("the request reads more than {most} entries")]
    TooManyEntries {
        /// The budget of the request.
        most: u64,
    },
    /// Stored data is corrupt: an operator must investigate.
    #[error("the books of an account are broken")]
    Broken(#[from] CodecError),
}

impl StoredBooks {
    /// The totals; empty ones for an account without entries.
    pub fn totals(&self) -> Result<Totals, CodecError> {
        Ok(self.open()?.totals)
    }

    /// The figures of all entries.
    pub fn figures(&self) -> Result<Splits, CodecError> {
        Ok(self.totals()?.splits(None))
    }

    /// One month, if it has entries.
    pub fn month(&self, month: Month) -> Result<Option<JournalMonth>, CodecError> {
        self.month_of(&self.open()?, month)
    }

    /// The months that this value contains, packed.
    pub fn packed_months(&self) -> Result<BTreeMap<Month, Vec<u8>>, CodecError> {
        let mut packed: BTreeMap<_, _> = self.open()?.open.into_iter().collect();
        packed.extend(self.months.iter().map(|(month, kept)| (*month, kept.bytes.clone())));
        Ok(packed)
    }

    /// One month, if it has entries; `item` is what [`StoredBooks::open`] returns.
    pub(crate) fn month_of(&self, item: &TotalsItem, month: Month) -> Result<Option<JournalMonth>, CodecError> {
        // A month that is moving out of the totals is stored twice; its separate item is the newer one.
        match self.months.get(&month) {
            Some(kept) => JournalMonth::decode(month, &kept.bytes).map(Some),
            None => item.month(month),
        }
    }

    pub(crate) fn open(&self) -> Result<TotalsItem, CodecError> {
        self.totals.as_ref().map_or_else(|| Ok(<_>::default()), |kept| TotalsItem::decode(&kept.bytes))
    }

    pub(crate) fn version_of(&self, month: Month) -> Version {
        self.months.get(&month).map_or(Version::default(), |kept| kept.version)
    }
}

impl TotalsItem {
    /// Whether `journal`, which was read for `month`, has the figures of the totals.
    ///
    /// Postings only add entries, so a month with the same figures has the same entries. A difference in a text shows
    /// as a version conflict when the month is written.
    pub(crate) fn agrees(&self, month: Month, journal: Option<&JournalMonth>) -> bool {
        journal.map(JournalMonth::totals) == self.totals.months.get(&month)
    }

    /// The month, if it is the one in the totals.
    pub(crate) fn month(&self, month: Month) -> Result<Option<JournalMonth>, CodecError> {
        let packed = self.open.as_ref().filter(|(open, _)| *open == month);
        packed.map(|(_, packed)| JournalMonth::decode(month, packed)).transpose()
    }
}
