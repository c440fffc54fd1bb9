use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::Month;
use money::Currency;

use crate::codec::TotalsItem;
use crate::totals::MonthTotals;
use crate::{CodecError, Entry, JournalMonth, Merged, PostingId, Totals, merge};

/// The port to where the books are kept: packed months and totals of each account, each with a version.
///
/// The latest month of an account is kept inside its totals while it is small: most postings then write one thing.
/// Only [`post`] writes, so every write carries the account's totals; whoever holds their version knows that
/// nothing else of the account has changed.
pub trait Books {
    /// Reads the account's totals and those of `months` that have entries. Consistent: what was written before
    /// the call is seen.
    fn read(&self, account: &AccountNumber, months: &[Month])
    -> impl Future<Output = Result<Shelf, BooksError>> + Send;

    /// Writes all of `change` or nothing of it: each item only if its stored version is still the expected one
    /// ([`Kept::version`]; 0: not there yet), with the next version. At most [`MOST_MONTHS`] months.
    fn write(
        &self,
        account: &AccountNumber,
        change: &Change,
    ) -> impl Future<Output = Result<Written, BooksError>> + Send;
}

/// The port through which the whole of the books is read, for audits.
pub trait Archive {
    /// Accounts that have books, in no order, each at least once; with where to go on, until `None`.
    fn accounts(
        &self,
        after: Option<String>,
    ) -> impl Future<Output = Result<(Vec<AccountNumber>, Option<String>), BooksError>> + Send;

    /// Everything kept of an account.
    fn whole(&self, account: &AccountNumber) -> impl Future<Output = Result<Shelf, BooksError>> + Send;
}

/// The most months one write takes: a DynamoDB transaction has 100 items, one is for the totals.
pub const MOST_MONTHS: usize = 99;
/// The most months one posting changes at once: with them a month may move out of the totals.
const MOST_CHANGED: usize = MOST_MONTHS - 1;
/// The largest packed month that is kept inside the totals: with the figures of ten years an account's totals still
/// take no more than three read units.
const MOST_OPEN_BYTES: usize = 8 * 1024;
/// The most packed bytes one write takes: a DynamoDB transaction has 4 MB.
const MOST_BYTES: usize = 3_000_000;
/// How often a write that met another writer is tried again before its message is.
const MOST_CONFLICTS: u32 = 16;

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
    /// Someone else wrote in between; nothing was written.
    Conflict,
}

/// Why the books cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BooksError {
    /// The storage does not answer, or not now: try again.
    #[error("the books cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored is broken: someone must look.
    #[error("the books of an account are broken")]
    Broken(#[from] CodecError),
}

/// Why entries were not posted. Posting again is always right.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostError {
    /// The books cannot be read or written.
    #[error("cannot post to an account")]
    Books(#[from] BooksError),
    /// Other writers were faster, again and again.
    #[error("cannot post to an account: other postings keep changing it")]
    Busy,
}

/// What a posting did to an account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Posted {
    /// What is in the books since this posting (its repetitions included).
    pub added: Added,
    /// Entries that were there before: rows repeated in the file, or known from an earlier one.
    pub duplicates: u64,
}

/// What postings have brought into the books.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Added {
    /// Entries that are new.
    pub entries: u64,
    /// Entries that are dirty since: new ones, and those that a new row shows to be part of a batch payment.
    pub dirty: u64,
    /// The sums of both, by currency.
    pub gross: BTreeMap<Currency, Gross>,
}

/// Sums of amounts without their signs, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Gross {
    /// Of the new entries.
    pub added_minor: u128,
    /// Of those that are dirty since.
    pub dirty_minor: u128,
}

impl Added {
    /// Adds what another posting has brought.
    pub fn and(mut self, other: &Self) -> Self {
        self.entries = self.entries.saturating_add(other.entries);
        self.dirty = self.dirty.saturating_add(other.dirty);
        for (currency, gross) in &other.gross {
            let sum = self.gross.entry(*currency).or_default();
            sum.added_minor = sum.added_minor.saturating_add(gross.added_minor);
            sum.dirty_minor = sum.dirty_minor.saturating_add(gross.dirty_minor);
        }
        self
    }

    /// By what a month's totals have grown. Neither entries nor marks ever go away.
    fn between(before: Option<&MonthTotals>, after: &MonthTotals) -> Self {
        let mut added = Self::default();
        for (currency, split) in after {
            let was = before.and_then(|it| it.get(currency)).copied().unwrap_or_default();
            let (all, was_all) = (split.clean.and(split.dirty), was.clean.and(was.dirty));
            let gross = Gross {
                added_minor: all.gross_minor().saturating_sub(was_all.gross_minor()),
                dirty_minor: split.dirty.gross_minor().saturating_sub(was.dirty.gross_minor()),
            };
            added.entries = added.entries.saturating_add(all.count.saturating_sub(was_all.count));
            added.dirty = added.dirty.saturating_add(split.dirty.count.saturating_sub(was.dirty.count));
            if gross != Gross::default() {
                added.gross.insert(*currency, gross);
            }
        }
        added
    }
}

impl Shelf {
    /// The totals; empty ones for an account without entries.
    pub fn totals(&self) -> Result<Totals, CodecError> {
        Ok(self.open()?.totals)
    }

    /// One month, if it has entries.
    pub fn month(&self, month: Month) -> Result<Option<JournalMonth>, CodecError> {
        // Where a month is just moving out of the totals, its own item is the newer one.
        match self.months.get(&month) {
            Some(kept) => JournalMonth::decode(month, &kept.bytes).map(Some),
            None => self.open()?.month(month),
        }
    }

    /// The months that are here, packed.
    pub fn packed_months(&self) -> Result<BTreeMap<Month, Vec<u8>>, CodecError> {
        let mut packed: BTreeMap<_, _> = self.open()?.open.into_iter().collect();
        packed.extend(self.months.iter().map(|(month, kept)| (*month, kept.bytes.clone())));
        Ok(packed)
    }

    fn open(&self) -> Result<TotalsItem, CodecError> {
        self.totals.as_ref().map_or_else(|| Ok(<_>::default()), |kept| TotalsItem::decode(&kept.bytes))
    }

    fn version_of(&self, month: Month) -> u64 {
        self.months.get(&month).map_or(0, |kept| kept.version)
    }
}

impl TotalsItem {
    fn month(&self, month: Month) -> Result<Option<JournalMonth>, CodecError> {
        let packed = self.open.as_ref().filter(|(open, _)| *open == month);
        packed.map(|(_, packed)| JournalMonth::decode(month, packed)).transpose()
    }
}

/// Merges `entries` into the books of `account` under `posting`, which names the import they are of.
///
/// Safe to repeat: what is there already stays as it is, nothing is written if nothing changes, and the counts of
/// a repeated posting are those of the first. Many months go in several writes, the oldest first; after each of
/// them the totals are the fold of the months.
pub async fn post<B: Books>(
    books: &B,
    account: &AccountNumber,
    entries: Vec<Entry>,
    posting: PostingId,
) -> Result<Posted, PostError> {
    let offered = u64::try_from(entries.len()).unwrap_or(u64::MAX);
    let mut by_month = BTreeMap::<Month, Vec<Entry>>::new();
    for entry in entries {
        by_month.entry(entry.at.date().month()).or_default().push(entry);
    }
    let months: Vec<Month> = by_month.keys().copied().collect();
    let mut added = Added::default();
    for some in months.chunks(MOST_CHANGED) {
        added = post_months(books, account, &by_month, some, posting).await?;
    }
    let duplicates = offered.saturating_sub(added.entries);
    Ok(Posted { added, duplicates })
}

/// Posts what `incoming` has for `months`; returns what `posting` has added to the account so far.
async fn post_months<B: Books>(
    books: &B,
    account: &AccountNumber,
    incoming: &BTreeMap<Month, Vec<Entry>>,
    months: &[Month],
    posting: PostingId,
) -> Result<Added, PostError> {
    let mut conflicts = 0_u32;
    while conflicts < MOST_CONFLICTS {
        let shelf = books.read(account, months).await?;
        let plan = plan(account, &shelf, incoming, months, posting).map_err(BooksError::from)?;
        let Some(change) = plan.change else {
            return Ok(plan.added);
        };
        match books.write(account, &change).await? {
            Written::Stored if plan.whole => return Ok(plan.added),
            Written::Stored => {}
            Written::Conflict => conflicts = conflicts.saturating_add(1),
        }
    }
    Err(PostError::Busy)
}

struct Plan {
    change: Option<Change>,
    /// What the posting has added, with this change.
    added: Added,
    /// Whether the change holds all there is to change.
    whole: bool,
}

fn plan(
    account: &AccountNumber,
    shelf: &Shelf,
    incoming: &BTreeMap<Month, Vec<Entry>>,
    months: &[Month],
    posting: PostingId,
) -> Result<Plan, CodecError> {
    let mut item = shelf.open()?;
    let mut changed = BTreeMap::new();
    let (mut newly, mut bytes, mut whole) = (Added::default(), 0_usize, true);
    for month in months {
        let current = if shelf.months.contains_key(month) { shelf.month(*month)? } else { item.month(*month)? };
        let new = incoming.get(month).cloned().unwrap_or_default();
        let Merged::Changed(merged) = merge(account, *month, current.as_ref(), new) else {
            continue;
        };
        let kept = Kept { version: shelf.version_of(*month), bytes: merged.encode() };
        bytes = bytes.saturating_add(kept.bytes.len());
        if bytes > MOST_BYTES && !changed.is_empty() {
            whole = false;
            break;
        }
        newly = newly.and(&Added::between(item.totals.months.get(month), merged.totals()));
        item.totals.months.insert(*month, merged.totals().clone());
        changed.insert(*month, kept);
    }
    let added = remember(&mut item.postings, posting, &newly);
    if changed.is_empty() {
        return Ok(Plan { change: None, added, whole });
    }
    keep_latest_open(&mut item, &mut changed);
    let version = shelf.totals.as_ref().map_or(0, |kept| kept.version);
    let change = Change { totals: Kept { version, bytes: item.encode() }, months: changed };
    Ok(Plan { change: Some(change), added, whole })
}

/// Moves the latest month into the totals if it is small, and the one that was there out of them if it has grown or
/// is not the latest any more. A month that has an item of its own keeps it.
fn keep_latest_open(item: &mut TotalsItem, changed: &mut BTreeMap<Month, Kept>) {
    let latest = item.totals.months.keys().next_back().copied();
    if let Some((month, packed)) = item.open.take() {
        if Some(month) == latest && !changed.contains_key(&month) {
            item.open = Some((month, packed));
            return;
        }
        changed.entry(month).or_insert(Kept { version: 0, bytes: packed });
    }
    let fits = |kept: &Kept| kept.version == 0 && kept.bytes.len() <= MOST_OPEN_BYTES;
    item.open = latest
        .filter(|month| changed.get(month).is_some_and(fits))
        .and_then(|month| changed.remove(&month).map(|kept| (month, kept.bytes)));
}

/// How many imports an account's totals remember, of each the last batch.
const REMEMBERED: usize = 8;

/// Adds `newly` to what `posting` has added, forgets the oldest import if there are too many, and returns the sum.
///
/// The batches of an import that hold entries of one account are posted one after the other, and the next one only after
/// what came of the one before is recorded: a later batch takes the place of an earlier one.
fn remember(postings: &mut Vec<(PostingId, Added)>, posting: PostingId, newly: &Added) -> Added {
    let same_import = postings.iter().position(|(id, _)| id.import() == posting.import());
    let before = same_import.map(|at| postings.remove(at));
    let (id, remembered, added) = match before {
        Some((id, before)) if id == posting => (id, before.clone().and(newly), before.and(newly)),
        Some((id, before)) if id > posting => (id, before, newly.clone()),
        _ => (posting, newly.clone(), newly.clone()),
    };
    postings.push((id, remembered));
    if postings.len() > REMEMBERED {
        postings.remove(0);
    }
    added
}
