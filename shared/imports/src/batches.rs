//! The entries of a file as batches: whole accounts, in order, about 64 KB each.

use banking::AccountNumber;
use ledger::{Entry, Side, decode_entries, encode_entries};
use serde::{Deserialize, Serialize};

use crate::entry_file::EntryFile;
use crate::layout::Layout;
use crate::rows::NONE;
use crate::sums::EntrySums;
use crate::{Found, ImportId, Kind, PostBatch, Read};

/// How large a batch is, about: one account more or less.
const BATCH_BYTES: usize = 64 * 1024;

/// The entries of an import, packed, and where its batches lie in them.
#[derive(Debug, Default)]
pub struct PackedEntries {
    /// All batches, end to end.
    pub bytes: Vec<u8>,
    /// Where each begins and ends.
    pub index: BatchIndex,
}

/// The list of an import's batches, kept beside them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchIndex {
    /// The version of this document.
    pub v: u32,
    /// Whether its accounts' holders get a summary.
    pub summaries: bool,
    /// Whether the import repeats another one: then only accounts with new entries get a summary.
    #[serde(default)]
    pub repeats: bool,
    /// The first byte of each batch, and at last the byte behind the last one.
    pub bounds: Vec<u64>,
}

impl BatchIndex {
    /// A request to post each batch.
    pub fn requests(&self, import: ImportId) -> Vec<PostBatch> {
        let of = u32::try_from(self.bounds.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let pairs = self.bounds.iter().zip(self.bounds.iter().skip(1)).zip(0..);
        pairs
            .map(|((from, to), batch)| PostBatch {
                v: 1,
                import,
                batch,
                of,
                from: *from,
                to: *to,
                summaries: self.summaries,
                repeats: self.repeats,
            })
            .collect()
    }
}

impl Read {
    /// Packs the entries and counts them in [`Read::found`]. Files of customers or rates have none.
    pub fn pack(&mut self) -> PackedEntries {
        let Some((layout, file)) = self.entries.take() else {
            return PackedEntries::default();
        };
        let mut packing = Packing {
            packed: PackedEntries {
                bytes: Vec::new(),
                index: BatchIndex { v: 1, summaries: self.found.summaries, repeats: false, bounds: vec![0] },
            },
            begun: 0,
            sums: EntrySums::default(),
        };
        packing.pack(&layout, &file, &mut self.found);
        self.found.sums = packing.sums.finish();
        self.found.batches = u32::try_from(packing.packed.index.bounds.len().saturating_sub(1)).unwrap_or(u32::MAX);
        packing.packed
    }
}

struct Packing {
    packed: PackedEntries,
    /// Where the batch begins that is being filled.
    begun: usize,
    sums: EntrySums,
}

impl Packing {
    fn pack(&mut self, layout: &Layout, file: &EntryFile, found: &mut Found) {
        let postings = postings(layout, file, found);
        let of_one = |a: &Posting, b: &Posting| a.account == b.account;
        let mut accounts: Vec<&[Posting]> = postings.chunk_by(of_one).collect();
        accounts.sort_by_key(|it| it.first().map(|posting| file.accounts.name(posting.account)));
        for of_account in accounts {
            let Some(first) = of_account.first() else { continue };
            let entries = entries(layout, file, of_account);
            entries.iter().for_each(|entry| self.sums.add(entry.currency, entry.amount_minor));
            found.entries = found.entries.saturating_add(u64::try_from(entries.len()).unwrap_or(u64::MAX));
            found.accounts = found.accounts.saturating_add(1);
            write_account(&mut self.packed.bytes, file.accounts.name(first.account), &entries);
            if self.packed.bytes.len().saturating_sub(self.begun) >= BATCH_BYTES {
                self.close();
            }
        }
        self.close();
    }

    fn close(&mut self) {
        let end = self.packed.bytes.len();
        if end > self.begun {
            self.packed.index.bounds.push(u64::try_from(end).unwrap_or(u64::MAX));
            self.begun = end;
        }
    }
}

/// One entry to make: of which row, on which account, on which side.
#[derive(Clone, Copy)]
struct Posting {
    account: u32,
    row: u32,
    side: Side,
}

/// One for each row and side whose account is registered, by account and then in the file's order. What transfers come
/// to is noted in `found`.
fn postings(layout: &Layout, file: &EntryFile, found: &mut Found) -> Vec<Posting> {
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

/// The entries of one account, in order; those without an id get their ordinal among their equals.
fn entries(layout: &Layout, file: &EntryFile, postings: &[Posting]) -> Vec<Entry> {
    let rows = file.rows.rows();
    let made = postings.iter().filter_map(|posting| {
        let row = rows.get(usize::try_from(posting.row).ok()?)?;
        let other = match posting.side {
            Side::Payer | Side::None => row.other,
            Side::Beneficiary => row.account,
        };
        let other = (other != NONE).then(|| file.accounts.name(other));
        Some(file.rows.entry(row, posting.side, &layout.source, other))
    });
    let mut entries: Vec<Entry> = made.collect();
    entries.sort();
    for equals in entries.chunk_by_mut(|a, b| a == b) {
        for (ordinal, entry) in (0..).zip(equals.iter_mut()).filter(|(_, entry)| entry.id.is_none()) {
            entry.ordinal = ordinal;
        }
    }
    entries
}

fn write_account(bytes: &mut Vec<u8>, account: &str, entries: &[Entry]) {
    let packed = encode_entries(entries);
    // An account number has at most 40 bytes, and no account more than 4 GB of entries: files are smaller.
    bytes.push(u8::try_from(account.len()).unwrap_or(u8::MAX));
    bytes.extend_from_slice(account.as_bytes());
    bytes.extend_from_slice(&u32::try_from(packed.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&packed);
}

/// Why a batch cannot be read: broken storage.
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
