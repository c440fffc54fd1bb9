use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::Month;
use money::Currency;

use crate::books::MOST_MONTHS;
use crate::codec::TotalsItem;
use crate::merge::known_from_another_source;
use crate::queries::never_settles;
use crate::totals::MonthTotals;
use crate::{
    Books, BooksError, Change, CodecError, Entry, Figures, JournalMonth, Kept, Merged, PostingId, Shelf, Side, Written,
    merge,
};

/// The most months one posting changes at once: with them a month may move out of the totals.
const MOST_CHANGED: usize = MOST_MONTHS - 1;
/// The largest packed month that is kept inside the totals: with the figures of ten years an account's totals still
/// take no more than three read units.
const MOST_OPEN_BYTES: usize = 8 * 1024;
/// The most packed bytes one write takes: a DynamoDB transaction has 4 MB.
const MOST_BYTES: usize = 3_000_000;
/// How often a posting that meets others is tried again before its message is.
///
/// This is a deadline in tries: with the pauses of [`Books::pause`] they take 15 seconds on average, a quarter of what
/// `post-entries` may take. Of postings that meet, at least one succeeds, so even 60 that never stop meeting all get in.
const MOST_CONFLICTS: u32 = 64;
/// The most bytes of an account's totals: an item of DynamoDB has 400 KB (409,600 bytes), keys and names included.
const MOST_TOTALS_BYTES: usize = 400_000;
/// More than an entry can add to the totals: the figures, clean and dirty, of a month and currency that were not there.
const MOST_BYTES_PER_ENTRY: usize = 200;
/// More than one posting that is remembered takes, in all currencies of ISO 4217.
const MOST_REMEMBERED_BYTES: usize = 8 * 1024;
/// In how many months an account may have entries, counted for each currency: a year of one currency is twelve. The
/// figures of so many fit into its totals even where they are as long as they can be (82 bytes each).
pub const MOST_MONTHS_AND_CURRENCIES: usize = 4_000;

/// Why entries were not posted. Posting them again is always safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostError {
    /// The books cannot be read or written.
    #[error("cannot post to an account")]
    Books(#[from] BooksError),
    /// Other writers were faster, again and again.
    #[error("cannot post to an account: other postings keep changing it")]
    Busy,
    /// The account would have entries in more months and currencies than its totals have room for, and repeating the
    /// posting does not help. It has added nothing, unless another posting filled the account while this one went in
    /// several writes: then what the earlier ones have added.
    #[error("cannot post to an account: its entries are in too many months and currencies")]
    TooManyMonths(Added),
}

/// What a posting did to an account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Posted {
    /// What is in the books since this posting (its repetitions included).
    pub added: Added,
    /// Entries that were there before: rows repeated in the file, or known from an earlier one.
    pub duplicates: u64,
    /// Entries that the books also have from another source: with the same id, accounts, time, amount and currency.
    pub from_another_source: u64,
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

/// New entries of one currency, and sums of amounts without their signs, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Gross {
    /// How many entries are new.
    pub entries: u64,
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
            sum.entries = sum.entries.saturating_add(gross.entries);
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
                entries: all.count.saturating_sub(was_all.count),
                added_minor: all.gross_minor().saturating_sub(was_all.gross_minor()),
                dirty_minor: split.dirty.gross_minor().saturating_sub(was.dirty.gross_minor()),
            };
            added.entries = added.entries.saturating_add(gross.entries);
            added.dirty = added.dirty.saturating_add(split.dirty.count.saturating_sub(was.dirty.count));
            if gross != Gross::default() {
                added.gross.insert(*currency, gross);
            }
        }
        added
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
    let (mut added, mut from_another_source) = (Added::default(), 0_u64);
    for some in months.chunks(MOST_CHANGED) {
        let (so_far, of_some) = post_months(books, account, &by_month, some, posting).await?;
        added = so_far;
        from_another_source = from_another_source.saturating_add(of_some);
    }
    let duplicates = offered.saturating_sub(added.entries);
    Ok(Posted { added, duplicates, from_another_source })
}

/// Posts what `incoming` has for `months`; returns what `posting` has added to the account so far, and how many of the
/// entries of these months the books also have from another source.
async fn post_months<B: Books>(
    books: &B,
    account: &AccountNumber,
    incoming: &BTreeMap<Month, Vec<Entry>>,
    months: &[Month],
    posting: PostingId,
) -> Result<(Added, u64), PostError> {
    let mut conflicts = 0_u32;
    let mut unsettled = None;
    while conflicts < MOST_CONFLICTS {
        let shelf = books.read(account, months).await?;
        match plan(account, &shelf, incoming, months, posting).map_err(BooksError::from)? {
            Plan::ReadAgain => {
                never_settles(unsettled.as_ref(), &shelf).map_err(BooksError::from)?;
                unsettled = Some(shelf);
            }
            Plan::Nothing { added, from_another_source } => return Ok((added, from_another_source)),
            Plan::Write { .. } if !fits(&shelf, incoming).map_err(BooksError::from)? => {
                let postings = shelf.open().map_err(BooksError::from)?.postings;
                let added = postings.into_iter().find_map(|(id, added)| (id == posting).then_some(added));
                return Err(PostError::TooManyMonths(added.unwrap_or_default()));
            }
            Plan::Write { change, added, whole, from_another_source } => match books.write(account, &change).await? {
                Written::Stored if whole => return Ok((added, from_another_source)),
                Written::Stored => continue,
                Written::Conflict => {}
            },
        }
        conflicts = conflicts.saturating_add(1);
        books.pause(conflicts).await;
    }
    Err(PostError::Busy)
}

enum Plan {
    /// What was read is not of one moment.
    ReadAgain,
    /// Every entry is in the books.
    Nothing {
        /// What the posting has added.
        added: Added,
        /// How many entries the books also have from another source.
        from_another_source: u64,
    },
    Write {
        change: Change,
        /// What the posting has added, with this change.
        added: Added,
        /// Whether the change holds all there is to change.
        whole: bool,
        /// How many of the entries that it holds the books also have from another source.
        from_another_source: u64,
    },
}

fn plan(
    account: &AccountNumber,
    shelf: &Shelf,
    incoming: &BTreeMap<Month, Vec<Entry>>,
    months: &[Month],
    posting: PostingId,
) -> Result<Plan, CodecError> {
    let mut item = shelf.open()?;
    let mut current = BTreeMap::<Month, Option<JournalMonth>>::new();
    for month in months {
        let journal = shelf.month_of(&item, *month)?;
        if !item.agrees(*month, journal.as_ref()) {
            return Ok(Plan::ReadAgain);
        }
        current.insert(*month, journal);
    }
    let mut changed = BTreeMap::new();
    let (mut newly, mut bytes, mut whole) = (Added::default(), 0_usize, true);
    let mut from_another_source = 0_u64;
    for (month, journal) in current {
        let new = incoming.get(&month).cloned().unwrap_or_default();
        if let Some(journal) = &journal {
            from_another_source = from_another_source.saturating_add(known_from_another_source(journal, &new));
        }
        let Merged::Changed(merged) = merge(account, month, journal.as_ref(), new) else {
            continue;
        };
        let kept = Kept { version: shelf.version_of(month), bytes: merged.encode() };
        bytes = bytes.saturating_add(kept.bytes.len());
        if bytes > MOST_BYTES && !changed.is_empty() {
            whole = false;
            break;
        }
        newly = newly.and(&Added::between(item.totals.months.get(&month), merged.totals()));
        item.totals.months.insert(month, merged.totals().clone());
        changed.insert(month, kept);
    }
    let added = remember(&mut item.postings, posting, &newly);
    if changed.is_empty() {
        return Ok(Plan::Nothing { added, from_another_source });
    }
    keep_latest_open(&mut item, &mut changed);
    let version = shelf.totals.as_ref().map_or(0, |kept| kept.version);
    let change = Change { totals: Kept { version, bytes: item.encode() }, months: changed };
    Ok(Plan::Write { change, added, whole, from_another_source })
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

/// Whether the totals have room for all of `incoming`, which may go in several writes. Counts each entry as new, and
/// each of a transfer as clean and dirty, so it never says yes to what does not fit.
fn fits(shelf: &Shelf, incoming: &BTreeMap<Month, Vec<Entry>>) -> Result<bool, CodecError> {
    let entries = incoming.values().map(Vec::len).fold(0, usize::saturating_add);
    let stored = shelf.totals.as_ref().map_or(0, |kept| kept.bytes.len());
    let beside = MOST_OPEN_BYTES.saturating_add(MOST_REMEMBERED_BYTES);
    let most = stored.saturating_add(beside).saturating_add(entries.saturating_mul(MOST_BYTES_PER_ENTRY));
    if most <= MOST_TOTALS_BYTES {
        return Ok(true);
    }
    let mut item = shelf.open()?;
    item.open = None;
    for (month, entries) in incoming {
        let figures = item.totals.months.entry(*month).or_default();
        for entry in entries {
            let split = figures.entry(entry.currency).or_default();
            let one = Figures::of(entry.amount_minor);
            split.clean = split.clean.and(one);
            if entry.side != Side::None {
                split.dirty = split.dirty.and(one);
            }
        }
    }
    Ok(item.encode().len().saturating_add(beside) <= MOST_TOTALS_BYTES)
}

/// How many imports an account's totals remember, of each the last batch: more files of one account than are uploaded at
/// once. Each takes about 25 bytes.
const REMEMBERED: usize = 32;

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
