use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::Month;

use crate::codec::TotalsItem;
use crate::{CodecError, JournalMonth, Totals};

/// The port to where the books are kept: packed months and totals of each account, each with a version.
///
/// The latest month of an account is kept inside its totals while it is small: most postings then write one thing.
/// Only [`post`](crate::post) writes, so every write carries the account's totals; whoever holds their version knows
/// that nothing else of the account has changed.
pub trait Books {
    /// Reads the account's totals and, of `months`, those that have an item of their own.
    ///
    /// Every item is read consistently (a write that ended before the call is seen), but at its own moment during the
    /// call, in any order: another posting may commit between two of them. The shelf may then hold
    /// - a month that is newer or older than the totals;
    /// - a month in neither place: its item was read before it moved out of the totals, the totals after;
    /// - a month in both places: the totals were read before it moved out of them, its item after;
    /// - months of different moments.
    ///
    /// In each of these cases a month has other figures than the totals have for it, or the totals have a newer
    /// version by now. Callers that need months and totals of one moment compare the figures and read again.
    fn read(&self, account: &AccountNumber, months: &[Month])
    -> impl Future<Output = Result<Shelf, BooksError>> + Send;

    /// Writes all of `change` or nothing of it: each item only if its stored version is still the expected one
    /// ([`Kept::version`]; 0: not there yet), with the next version. At most [`MOST_MONTHS`] months.
    ///
    /// Other postings may read and write between this call and its effect. [`Written::Conflict`] may also be the
    /// answer to a write that succeeded, where the adapter had to repeat it: read again before drawing conclusions.
    fn write(
        &self,
        account: &AccountNumber,
        change: &Change,
    ) -> impl Future<Output = Result<Written, BooksError>> + Send;

    /// Waits before retry number `conflicts` (from 1) of a read or write that met another posting: a random part of a
    /// time that grows with `conflicts`, at most half a second, so that postings to one account stop meeting.
    fn pause(&self, conflicts: u32) -> impl Future<Output = ()> + Send;
}

/// The port through which the whole of the books is read, for audits.
pub trait Archive {
    /// Accounts that have books, in no order, each at least once; with where to go on, until `None`.
    fn accounts(
        &self,
        after: Option<String>,
    ) -> impl Future<Output = Result<(Vec<AccountNumber>, Option<String>), BooksError>> + Send;

    /// Everything kept of an account. Not one moment: see [`Books::read`].
    fn whole(&self, account: &AccountNumber) -> impl Future<Output = Result<Shelf, BooksError>> + Send;
}

/// The most months one write takes: a DynamoDB transaction has 100 items, one is for the totals.
pub const MOST_MONTHS: usize = 99;

/// A packed value and its version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// How often it has been written; in a [`Change`], the version expected to be stored.
    pub version: u64,
    /// The packed value.
    pub bytes: Vec<u8>,
}

/// What is kept of one account, as far as it was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shelf {
    /// The totals, if the account has any entry.
    pub totals: Option<Kept>,
    /// The months asked for that have entries.
    pub months: BTreeMap<Month, Kept>,
}

/// What a posting changes of one account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The new totals.
    pub totals: Kept,
    /// The new months.
    pub months: BTreeMap<Month, Kept>,
}

/// What became of a [`Change`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Written {
    /// It is in the books.
    Stored,
    /// Another posting wrote since the read, or is writing; nothing was written (see [`Books::write`]).
    Conflict,
}

/// Why the books cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BooksError {
    /// The storage does not answer, or not now: try again.
    #[error("the books cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Other postings changed the account during every one of several reads: try again.
    #[error("the books of an account keep changing while they are read")]
    Unsettled,
    /// The request needs more entries than its [`EntryBudget`](crate::EntryBudget) allows: ask for fewer days.
    #[error("the request reads more than {most} entries")]
    TooManyEntries {
        /// The budget of the request.
        most: u64,
    },
    /// What is stored is broken: someone must look.
    #[error("the books of an account are broken")]
    Broken(#[from] CodecError),
}

impl Shelf {
    /// The totals; empty ones for an account without entries.
    pub fn totals(&self) -> Result<Totals, CodecError> {
        Ok(self.open()?.totals)
    }

    /// One month, if it has entries.
    pub fn month(&self, month: Month) -> Result<Option<JournalMonth>, CodecError> {
        self.month_of(&self.open()?, month)
    }

    /// The months that are here, packed.
    pub fn packed_months(&self) -> Result<BTreeMap<Month, Vec<u8>>, CodecError> {
        let mut packed: BTreeMap<_, _> = self.open()?.open.into_iter().collect();
        packed.extend(self.months.iter().map(|(month, kept)| (*month, kept.bytes.clone())));
        Ok(packed)
    }

    /// One month, if it has entries; `item` is what [`Shelf::open`] returns.
    pub(crate) fn month_of(&self, item: &TotalsItem, month: Month) -> Result<Option<JournalMonth>, CodecError> {
        // A month that is moving out of the totals is in both places; its own item is the newer one.
        match self.months.get(&month) {
            Some(kept) => JournalMonth::decode(month, &kept.bytes).map(Some),
            None => item.month(month),
        }
    }

    pub(crate) fn open(&self) -> Result<TotalsItem, CodecError> {
        self.totals.as_ref().map_or_else(|| Ok(<_>::default()), |kept| TotalsItem::decode(&kept.bytes))
    }

    pub(crate) fn version_of(&self, month: Month) -> u64 {
        self.months.get(&month).map_or(0, |kept| kept.version)
    }
}

impl TotalsItem {
    /// Whether `journal`, what was read of `month`, has the figures that the totals have for it.
    ///
    /// Postings only add entries, so a month with the same figures has the same entries. One that differs in a text is
    /// found out by its version when it is written.
    pub(crate) fn agrees(&self, month: Month, journal: Option<&JournalMonth>) -> bool {
        journal.map(JournalMonth::totals) == self.totals.months.get(&month)
    }

    /// The month, if it is the one that lies in the totals.
    pub(crate) fn month(&self, month: Month) -> Result<Option<JournalMonth>, CodecError> {
        let packed = self.open.as_ref().filter(|(open, _)| *open == month);
        packed.map(|(_, packed)| JournalMonth::decode(month, packed)).transpose()
    }
}
