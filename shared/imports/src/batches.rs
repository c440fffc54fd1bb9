//! The entries of a file as batches of about 64 KB: many accounts in one batch, or one large account in several batches
//! that are posted sequentially.

use std::cmp::Ordering;
use std::collections::HashMap;

use banking::AccountNumber;
use ledger::{Entry, Side, decode_entries, encode_entries};
use serde::{Deserialize, Serialize};

use crate::entry_file::EntryFile;
use crate::layout::Layout;
use crate::rows::{NONE, TakenRow, amount_of};
use crate::sums::EntrySums;
use crate::{BatchOutcome, ImportId, ImportStats, Kind, ParsedFile, PostBatch, Warning};

/// The approximate size of a batch: it ends at the end of an account.
const BATCH_BYTES: usize = 64 * 1024;
/// The maximum number of entries of one account in a batch: posting that many takes about ten megabytes. Each batch
/// rewrites the months it touches, so smaller batches would cost more writes.
const MAX_OF_ACCOUNT: usize = 20_000;

/// The packed entries of an import and the byte ranges of its batches.
#[derive(Debug, Default)]
pub struct PackedEntries {
    /// All batches, end to end.
    pub bytes: Vec<u8>,
    /// The start and end of each batch.
    pub index: BatchIndex,
}

/// The list of an import's batches, stored next to them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchIndex {
    /// The version of this document: 1; any other one fails.
    #[serde(deserialize_with = "known_version")]
    pub v: u32,
    /// Whether the holders of its accounts get a summary.
    pub summaries: bool,
    /// Whether the import repeats another one: then only accounts with new entries get a summary.
    #[serde(default)]
    pub repeats: bool,
    /// The failed imports of the same content that this import replaces ([`PostBatch::failed_before`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_before: Vec<ImportId>,
    /// The version of the object that holds the batches; `None` (the latest version) in lists of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The offset of each batch, and finally the total length.
    pub bounds: Vec<u64>,
    /// The accounts that have several batches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chains: Vec<Chain>,
}

fn known_version<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let version = u32::deserialize(deserializer)?;
    let error = || serde::de::Error::custom(format!("version {version} of a list of batches is unknown"));
    Some(version).filter(|it| *it == 1).ok_or_else(error)
}

/// The batches of an account that has several batches. They are posted sequentially: concurrent writers of one account
/// only cause conflicts, the totals remember the result of a posting until the next one, and the account's summary is
/// sent after the last one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// The number of the first.
    pub first: u32,
    /// The number of the last.
    pub last: u32,
}

impl BatchIndex {
    /// Requests for all batches that are not in `finished`. The batches of a chain share one request, for the first
    /// unfinished batch followed by the others.
    pub fn unfinished(&self, import: ImportId, finished: &[(u32, BatchOutcome)]) -> Vec<PostBatch> {
        let posted: HashMap<u32, u64> = finished.iter().map(|(batch, outcome)| (*batch, outcome.posted)).collect();
        let of = u32::try_from(self.bounds.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let mut chains = self.chains.iter().peekable();
        let (mut requests, mut batch) = (Vec::new(), 0);
        while batch < of {
            while chains.next_if(|it| it.last < batch).is_some() {}
            let chain = chains.peek().filter(|it| it.first <= batch);
            let last = chain.map_or(batch, |it| it.last.min(of.saturating_sub(1)));
            if let Some(left) = (batch..=last).find(|it| !posted.contains_key(it)) {
                let before =
                    (batch..left).filter_map(|it| posted.get(&it)).fold(0, |sum: u64, it| sum.saturating_add(*it));
                requests.extend(self.request(import, left, last, of, before));
            }
            batch = last.saturating_add(1);
        }
        requests
    }

    /// A request for each batch, posted or not. The batches of a chain may be posted in any order and more than once.
    pub fn all(&self, import: ImportId) -> Vec<PostBatch> {
        let follow = |first| std::iter::successors(Some(first), |request: &PostBatch| request.next(0));
        self.unfinished(import, &[]).into_iter().flat_map(follow).collect()
    }

    /// The request for `batch`, followed by the batches up to `last`.
    fn request(&self, import: ImportId, batch: u32, last: u32, of: u32, posted_before: u64) -> Option<PostBatch> {
        let bound = |at: u32| self.bounds.get(usize::try_from(at).ok()?).copied();
        let end = batch.checked_add(1)?;
        Some(PostBatch {
            v: 1,
            import,
            batch,
            of,
            from: bound(batch)?,
            to: bound(end)?,
            summaries: self.summaries,
            repeats: self.repeats,
            failed_before: self.failed_before.clone(),
            version: self.version.clone(),
            then: (end..=last).filter_map(|it| bound(it.checked_add(1)?)).collect(),
            posted_before,
        })
    }
}

impl ParsedFile {
    /// Packs the entries and counts them in [`Read::found`]. Files of customers or rates have none.
    pub fn pack(&mut self) -> PackedEntries {
        let Some((layout, file)) = self.entries.take() else {
            return PackedEntries::default();
        };
        let mut packing = Packing {
            packed: PackedEntries {
                bytes: Vec::new(),
                index: BatchIndex { v: 1, summaries: self.found.summaries, bounds: vec![0], ..BatchIndex::default() },
            },
            begun: 0,
            sums: EntrySums::default(),
            same: 0,
        };
        packing.pack(&layout, &file, &mut self.found);
        // Feeds repeat their transfers.
        if packing.same > 0 && layout.kind != Kind::Transfers {
            let what =
                "the row has the id, date and amount of another row of the file, so it is a duplicate of that row";
            self.found.warnings.push(Warning { what: what.to_owned(), rows: packing.same });
        }
        self.found.sums = packing.sums.finish();
        self.found.batches = u32::try_from(packing.packed.index.bounds.len().saturating_sub(1)).unwrap_or(u32::MAX);
        packing.packed
    }
}

struct Packing {
    packed: PackedEntries,
    /// The offset of the current batch.
    begun: usize,
    sums: EntrySums,
    /// The rows that are duplicates of other rows.
    same: u64,
}

impl Packing {
    fn pack(&mut self, layout: &Layout, file: &EntryFile, found: &mut ImportStats) {
        let mut postings = postings(layout, file, found);
        found.entries = u64::try_from(postings.len()).unwrap_or(u64::MAX);
        let of_one = |a: &Posting, b: &Posting| a.account == b.account;
        let mut accounts: Vec<&mut [Posting]> = postings.chunk_by_mut(of_one).collect();
        accounts.sort_by_key(|it| it.first().map(|posting| file.accounts.name(posting.account)));
        for of_account in accounts {
            found.accounts = found.accounts.saturating_add(1);
            of_account.sort_unstable_by(|a, b| order(file, a, b));
            self.account(layout, file, of_account);
        }
        self.close();
    }

    /// Packs an account with sorted postings: into the current batch or, for a large account, into several separate
    /// batches.
    fn account(&mut self, layout: &Layout, file: &EntryFile, postings: &[Posting]) {
        let several = postings.len() > MAX_OF_ACCOUNT;
        if several {
            self.close();
        }
        let first = self.closed();
        let mut last: Option<Entry> = None;
        for some in postings.chunks(MAX_OF_ACCOUNT) {
            let mut entries = entries(layout, file, some);
            number(&mut entries, last.as_ref());
            let pairs = last.iter().chain(&entries).zip(entries.iter().skip(usize::from(last.is_none())));
            let same = pairs.filter(|(before, entry)| before.same(entry)).count();
            self.same = self.same.saturating_add(u64::try_from(same).unwrap_or(u64::MAX));
            entries.iter().for_each(|entry| self.sums.add(entry.currency, entry.amount_minor));
            let account = some.first().map_or(NONE, |it| it.account);
            write_account(&mut self.packed.bytes, file.accounts.name(account), &entries);
            last = entries.pop();
            if several || self.packed.bytes.len().saturating_sub(self.begun) >= BATCH_BYTES {
                self.close();
            }
        }
        if several {
            self.packed.index.chains.push(Chain { first, last: self.closed().saturating_sub(1) });
        }
    }

    /// The number of closed batches, which is the index of the current batch.
    fn closed(&self) -> u32 {
        u32::try_from(self.packed.index.bounds.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    fn close(&mut self) {
        let end = self.packed.bytes.len();
        if end > self.begun {
            self.packed.index.bounds.push(u64::try_from(end).unwrap_or(u64::MAX));
            self.begun = end;
        }
    }
}

/// One entry to create: its row, account and side.
#[derive(Clone, Copy)]
struct Posting {
    account: u32,
    row: u32,
    side: Side,
}

/// One posting for each row and side with a registered account, sorted by account and then by the file's order. Records
/// the sums of transfers in `found`.
fn postings(layout: &Layout, file: &EntryFile, found: &mut ImportStats) -> Vec<Posting> {
    let rows = file.rows.rows();
    let mut postings = Vec::with_capacity(rows.len());
    let mut sums = file.rejected.clone();
    for (row, taken) in (0_u32..).zip(rows) {
        if layout.kind == Kind::Transfers {
            let before = postings.len();
            for (account, side) in [(taken.account, Side::Payer), (taken.other, Side::Beneficiary)] {
                if file.accounts.is_registered(account) {
                    postings.push(Posting { account, row, side });
                }
            }
            let both = postings.len() == before.saturating_add(2);
            sums.take(file.rows.currency_of(taken), taken.amount_minor, both);
        } else {
            postings.push(Posting { account: taken.account, row, side: Side::None });
        }
    }
    postings.sort_unstable_by_key(|it| (it.account, it.row, it.side));
    found.transfers = sums.finish();
    postings
}

/// The order of two postings of one account: that of [`Entry`], before ordinals are assigned.
fn order(file: &EntryFile, a: &Posting, b: &Posting) -> Ordering {
    let row = |posting: &Posting| file.rows.rows().get(usize::try_from(posting.row).ok()?);
    let (Some(left), Some(right)) = (row(a), row(b)) else { return a.row.cmp(&b.row) };
    let name = |posting: &Posting, row: &TakenRow| other(posting, row).map(|it| file.accounts.name(it));
    let rows = &file.rows;
    left.at
        .cmp(&right.at)
        .then_with(|| rows.id_of(left).cmp(rows.id_of(right)))
        .then_with(|| a.side.cmp(&b.side))
        .then_with(|| name(a, left).cmp(&name(b, right)))
        .then_with(|| amount_of(left, a.side).cmp(&amount_of(right, b.side)))
        .then_with(|| rows.currency_of(left).cmp(&rows.currency_of(right)))
        .then_with(|| rows.text_of(left).cmp(&rows.text_of(right)))
        .then_with(|| a.row.cmp(&b.row))
}

/// The other account of a posting.
fn other(posting: &Posting, row: &TakenRow) -> Option<u32> {
    let other = match posting.side {
        Side::Payer | Side::None => row.other,
        Side::Beneficiary => row.account,
    };
    (other != NONE).then_some(other)
}

/// The entries of postings of one account, in their order.
fn entries(layout: &Layout, file: &EntryFile, postings: &[Posting]) -> Vec<Entry> {
    let rows = file.rows.rows();
    let made = postings.iter().filter_map(|posting| {
        let row = rows.get(usize::try_from(posting.row).ok()?)?;
        let other = other(posting, row).map(|it| file.accounts.name(it));
        Some(file.rows.entry(row, posting.side, &layout.source, other))
    });
    let mut entries = Vec::with_capacity(postings.len());
    entries.extend(made);
    entries
}

/// Assigns the ordinal among identical rows to entries without an id; `before` is the entry before the first.
fn number(entries: &mut [Entry], before: Option<&Entry>) {
    let unnumbered = before.map(|it| Entry { ordinal: 0, ..it.clone() });
    let next = before.map_or(0, |it| it.ordinal.saturating_add(1));
    for (run, equals) in entries.chunk_by_mut(|a, b| a == b).enumerate() {
        let continues = run == 0 && equals.first() == unnumbered.as_ref();
        let from = if continues { next } else { 0 };
        for (ordinal, entry) in (from..).zip(equals.iter_mut()).filter(|(_, entry)| entry.id.is_none()) {
            entry.ordinal = ordinal;
        }
    }
}

fn write_account(bytes: &mut Vec<u8>, account: &str, entries: &[Entry]) {
    let packed = encode_entries(entries);
    // An account number has at most 40 bytes, and no account more than 4 GB of entries: files are smaller.
    bytes.push(u8::try_from(account.len()).unwrap_or(u8::MAX));
    bytes.extend_from_slice(account.as_bytes());
    bytes.extend_from_slice(&u32::try_from(packed.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&packed);
}

/// A batch cannot be read: the storage is corrupt.
#[derive(Debug, thiserror::Error)]
#[error("a batch is broken")]
pub struct BatchError(#[source] Option<ledger::CodecError>);

/// Reads a batch: the entries of each of its accounts.
pub fn read_batch(bytes: &[u8]) -> Result<Vec<(AccountNumber, Vec<Entry>)>, BatchError> {
    let mut accounts = Vec::new();
    let mut rest = bytes;
    while let Some((length, behind)) = rest.split_first() {
        let (account, behind) = behind.split_at_checked(usize::from(*length)).ok_or(BatchError(None))?;
        let (length, behind) = behind.split_first_chunk::<4>().ok_or(BatchError(None))?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| BatchError(None))?;
        let (packed, behind) = behind.split_at_checked(length).ok_or(BatchError(None))?;
        let account = AccountNumber::parse(account).map_err(|_| BatchError(None))?;
        accounts.push((account, decode_entries(packed).map_err(|error| BatchError(Some(error)))?));
        rest = behind;
    }
    Ok(accounts)
}
