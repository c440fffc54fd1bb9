use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::Month;

use crate::books::MAX_MONTHS;
use crate::codec::TotalsItem;
use crate::merge::known_from_another_source;
use crate::settled::never_settles;
use crate::{
    Added, Books, BooksError, Change, CodecError, Entry, Figures, JournalMonth, Merged, PostingId, Saved, Side,
    StoredBooks, Version, Versioned, merge,
};

/// The maximum number of months that one write changes; one more may move out of the totals.
const MAX_CHANGED: usize = MAX_MONTHS - 1;
/// The largest packed month that the totals may contain: with the figures of ten years an account's totals still
/// take no more than three read units.
const MAX_OPEN_BYTES: usize = 8 * 1024;
/// The maximum number of packed bytes in one write: a DynamoDB transaction has 4 MB.
const MAX_BYTES: usize = 3_000_000;
/// The maximum number of retries after conflicts; then the queue retries the message.
///
/// With the pauses of [`Books::pause`] the retries take 15 seconds on average, a quarter of the time-out of
/// `post-entries`. Of conflicting postings at least one succeeds, so even 60 concurrent postings all finish.
const MAX_CONFLICTS: u32 = 64;
/// The maximum size of an account's totals: an item of DynamoDB has 400 KB (409,600 bytes), including keys and names.
const MAX_TOTALS_BYTES: usize = 400_000;
/// An upper bound of what an entry adds to the totals: the clean and dirty figures of a new month and currency.
const MAX_BYTES_PER_ENTRY: usize = 200;
/// An upper bound of the size of one remembered posting, in all currencies of ISO 4217.
const MAX_REMEMBERED_BYTES: usize = 8 * 1024;
/// The maximum number of months with entries of an account, counted for each currency: a year in one currency is
/// twelve. Their figures fit into the totals even at their maximum length (82 bytes each).
pub const MAX_MONTHS_AND_CURRENCIES: usize = 4_000;

/// Why entries were not posted. Posting them again is always safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostError {
    /// The books cannot be read or written.
    #[error("cannot post to an account")]
    Books(#[from] BooksError),
    /// Other writers kept causing conflicts.
    #[error("cannot post to an account: other postings keep changing it")]
    Busy,
    /// The account would have entries in more months and currencies than its totals have room for, and a retry does not
    /// help. The posting has added nothing, unless it needed several writes and another posting filled the account in
    /// between: then its earlier writes stay.
    #[error("cannot post to an account: its entries are in too many months and currencies")]
    TooManyMonths(Added),
}

/// The result of a posting to an account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Posted {
    /// The entries that this posting has added (including its repetitions).
    pub added: Added,
    /// Entries that already existed: rows repeated in the file, or imported earlier.
    pub duplicates: u64,
    /// Entries that the books also have from another source: transfers with the same id, accounts, time, amount and
    /// currency; rows of an account's own file with the same day, amount and currency.
    pub from_another_source: u64,
}

/// Merges `entries` into the books of `account` under `posting`, which identifies their import.
///
/// Safe to repeat: existing entries stay as they are, nothing is written if nothing changes, and a repeated posting
/// reports the counts of the first. Many months take several writes, oldest first; after each write the totals are the
/// fold of the months.
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
    for some in months.chunks(MAX_CHANGED) {
        let (so_far, of_some) = post_months(books, account, &by_month, some, posting).await?;
        added = so_far;
        from_another_source = from_another_source.saturating_add(of_some);
    }
    let duplicates = offered.saturating_sub(added.entries);
    Ok(Posted { added, duplicates, from_another_source })
}

/// Posts the entries of `incoming` in `months`; returns what `posting` has added to the account so far, and how many
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
    while conflicts < MAX_CONFLICTS {
        let stored_books = books.read(account, months).await?;
        match plan(account, &stored_books, incoming, months, posting).map_err(BooksError::from)? {
            Plan::ReadAgain => {
                never_settles(unsettled.as_ref(), &stored_books).map_err(BooksError::from)?;
                unsettled = Some(stored_books);
            }
            Plan::Nothing { added, from_another_source } => return Ok((added, from_another_source)),
            Plan::Write { .. } if !fits(&stored_books, incoming).map_err(BooksError::from)? => {
                let postings = stored_books.open().map_err(BooksError::from)?.postings;
                let added = postings.into_iter().find_map(|(id, added)| (id == posting).then_some(added));
                return Err(PostError::TooManyMonths(added.unwrap_or_default()));
            }
            Plan::Write { change, added, whole, from_another_source } => match books.write(account, &change).await? {
                Saved::Stored(_) if whole => return Ok((added, from_another_source)),
                Saved::Stored(_) => continue,
                Saved::Conflict => {}
            },
        }
        conflicts = conflicts.saturating_add(1);
        books.pause(conflicts).await;
    }
    Err(PostError::Busy)
}

enum Plan {
    /// The items were read at different moments.
    ReadAgain,
    /// Every entry is in the books.
    Nothing {
        /// The entries that the posting has added.
        added: Added,
        /// How many entries the books also have from another source.
        from_another_source: u64,
    },
    Write {
        change: Change,
        /// The entries that the posting has added, including this change.
        added: Added,
        /// Whether the change is complete.
        whole: bool,
        /// How many of its entries the books also have from another source.
        from_another_source: u64,
    },
}

fn plan(
    account: &AccountNumber,
    stored_books: &StoredBooks,
    incoming: &BTreeMap<Month, Vec<Entry>>,
    months: &[Month],
    posting: PostingId,
) -> Result<Plan, CodecError> {
    let mut item = stored_books.open()?;
    let mut current = BTreeMap::<Month, Option<JournalMonth>>::new();
    for month in months {
        let journal = stored_books.month_of(&item, *month)?;
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
        let kept = Versioned { version: stored_books.version_of(month), bytes: merged.encode() };
        bytes = bytes.saturating_add(kept.bytes.len());
        if bytes > MAX_BYTES && !changed.is_empty() {
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
    let version = stored_books.totals.as_ref().map_or(Version::default(), |kept| kept.version);
    let change = Change { totals: Versioned { version, bytes: item.encode() }, months: changed };
    Ok(Plan::Write { change, added, whole, from_another_source })
}

/// Moves the latest month into the totals if it is small, and moves the previous one out of them if it has grown or is
/// no longer the latest. A month with a separate item keeps it.
fn keep_latest_open(item: &mut TotalsItem, changed: &mut BTreeMap<Month, Versioned>) {
    let latest = item.totals.months.keys().next_back().copied();
    if let Some((month, packed)) = item.open.take() {
        if Some(month) == latest && !changed.contains_key(&month) {
            item.open = Some((month, packed));
            return;
        }
        changed.entry(month).or_insert(Versioned { version: Version::default(), bytes: packed });
    }
    let fits = |kept: &Versioned| kept.version == Version::default() && kept.bytes.len() <= MAX_OPEN_BYTES;
    item.open = latest
        .filter(|month| changed.get(month).is_some_and(fits))
        .and_then(|month| changed.remove(&month).map(|kept| (month, kept.bytes)));
}

/// Whether the totals have room for all of `incoming`, which may go in several writes. Counts each entry as new, and
/// each entry of a transfer as clean and dirty, so it never accepts what does not fit.
fn fits(stored_books: &StoredBooks, incoming: &BTreeMap<Month, Vec<Entry>>) -> Result<bool, CodecError> {
    let entries = incoming.values().map(Vec::len).fold(0, usize::saturating_add);
    let stored = stored_books.totals.as_ref().map_or(0, |kept| kept.bytes.len());
    let beside = MAX_OPEN_BYTES.saturating_add(MAX_REMEMBERED_BYTES);
    let most = stored.saturating_add(beside).saturating_add(entries.saturating_mul(MAX_BYTES_PER_ENTRY));
    if most <= MAX_TOTALS_BYTES {
        return Ok(true);
    }
    let mut item = stored_books.open()?;
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
    Ok(item.encode().len().saturating_add(beside) <= MAX_TOTALS_BYTES)
}

/// The number of imports that an account's totals remember, each by its last batch: more than the files of one account
/// that are uploaded at once. Each takes about 25 bytes.
const REMEMBERED: usize = 32;

/// Adds `newly` to what `posting` has added, drops the oldest import if there are too many, and returns the sum.
///
/// The batches of an import with entries of one account are posted sequentially, each after the result of the previous
/// one is recorded: a later batch replaces an earlier one.
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

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "small numbers of tests")]
mod tests {
    use money::Currency;

    use super::*;
    use crate::{Mark, Split, Totals};

    /// Books with about `bytes` bytes of totals, and an entry of one of their months.
    fn filled(bytes: usize) -> (StoredBooks, BTreeMap<Month, Vec<Entry>>) {
        let split = Split { clean: Figures::of(i64::MAX), dirty: Figures::of(i64::MIN) };
        let currencies: Vec<Currency> = (0..999).filter_map(|it| Currency::from_numeric(it).ok()).take(10).collect();
        let months = |count: usize| {
            let months = (12 * 1970..).map(|it| Month::from_ordinal(it).unwrap()).take(count);
            let splits = || currencies.iter().map(|it| (*it, split)).collect();
            let totals = Totals { months: months.map(|month| (month, splits())).collect() };
            TotalsItem { totals, ..TotalsItem::default() }.encode()
        };
        let totals = Some(Versioned { version: Version::FIRST, bytes: months(bytes * 100 / months(100).len()) });
        let entry = Entry {
            at: "1971-01-01".parse().unwrap(),
            source: "account".into(),
            id: None,
            ordinal: 0,
            amount_minor: 1,
            currency: currencies[0],
            side: Side::None,
            counterparty: None,
            text: None,
            mark: Mark::Clean,
        };
        (StoredBooks { totals, ..StoredBooks::default() }, [(entry.at.date().month(), vec![entry])].into())
    }

    #[test]
    fn totals_have_room_for_a_month_and_a_remembered_posting_of_8_kilobytes_each() {
        let fits = |bytes: usize| {
            let (stored_books, incoming) = filled(bytes);
            fits(&stored_books, &incoming).unwrap()
        };
        let most = MAX_TOTALS_BYTES - 2 * 8 * 1024;
        assert!(fits(most - 1_000));
        assert!(!fits(most + 1_000));
    }
}
