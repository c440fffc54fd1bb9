//! The commands.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result, anyhow};
use banking::AccountNumber;
use calendar::Moment;
use customers::{CustomerId, Directory};
use imports::{ImportContext, ImportId, Importer, PackedEntries, ParsedFile, PostBatch, Upload, read_batch};
use ledger::post;
use money::Currency;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::books::Counter;
use crate::transfers::Transfers;

/// As much as `split-import` parses at once.
const PIECE_BYTES: usize = 512 * 1024;
const KEY: &str = "imports/sepa/transfers.csv";

pub(crate) fn make(file: &Path, transfers: Transfers) -> Result<Value> {
    let mut writer = BufWriter::with_capacity(1 << 20, File::create(file)?);
    transfers.write(&transfers.ibans(), 0..transfers.rows, &mut writer)?;
    writer.flush()?;
    Ok(json!({ "rows": transfers.rows, "bytes": file.metadata()?.len() }))
}

pub(crate) fn parse(file: &Path, transfers: Transfers) -> Result<Value> {
    let read = read(file, transfers)?;
    Ok(json!({ "rows": read.found.rows_read, "taken": read.found.rows_taken }))
}

pub(crate) fn split(file: &Path, transfers: Transfers) -> Result<Value> {
    let mut read = read(file, transfers)?;
    let packed = read.pack();
    let (entries, batches) = (read.found.entries, read.found.batches);
    Ok(
        json!({ "rows": read.found.rows_read, "entries": entries, "batches": batches, "packed_bytes": packed.bytes.len() }),
    )
}

pub(crate) fn merge(file: &Path, transfers: Transfers) -> Result<Value> {
    let mut read = read(file, transfers)?;
    let packed = read.pack();
    let (rows, counter) = (read.found.rows_read, Counter::default());
    // As in the functions, where what was read is long gone when a batch is posted.
    drop(read);
    let posted = runtime()?.block_on(post_all(&counter, &packed, ImportId::of(KEY, "1")))?;
    Ok(json!({ "rows": rows, "posted": posted, "books": fingerprint(&counter) }))
}

pub(crate) fn count(import: u64, transfers: Transfers) -> Result<Value> {
    let (counter, runtime, ibans) = (Counter::default(), runtime()?, transfers.ibans());
    let register = register_of(transfers.register());
    let (mut batches, mut posted, mut number) = (0_u64, 0, 0_u64);
    let mut from = 0;
    while from < transfers.rows {
        let to = transfers.rows.min(from + import);
        let mut text = Vec::new();
        transfers.write(&ibans, from..to, &mut text)?;
        let mut importer = importer_of(KEY)?;
        importer.feed(&text)?;
        let mut read = importer.end()?.finish(&register)?;
        let packed = read.pack();
        batches += u64::from(read.found.batches);
        drop(read);
        posted += runtime.block_on(post_all(&counter, &packed, ImportId::of(KEY, &number.to_string())))?;
        from = to;
        number += 1;
    }
    let of = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
    Ok(json!({
        "rows": transfers.rows,
        "accounts": transfers.accounts,
        "import_rows": import,
        "imports": number,
        "batches": batches,
        "posted": posted,
        "writes": of(&counter.writes),
        "items": of(&counter.items),
        "write_units": of(&counter.write_units),
        "books": fingerprint(&counter),
    }))
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().build()?)
}

/// The register with these accounts, each one's holder a customer of its own.
pub(crate) fn register_of(accounts: impl Iterator<Item = AccountNumber>) -> Directory {
    let holder = |it| {
        let customer = CustomerId::of_account(&it);
        (it, customer)
    };
    accounts.map(holder).collect()
}

/// An importer for an object of this key.
pub(crate) fn importer_of(key: &str) -> Result<Importer> {
    let uploaded_at = "2024-04-01T00:00:00Z".parse::<Moment>().map_err(|error| anyhow!("{error}"))?;
    let upload =
        Upload { key: key.to_owned(), version: "1".to_owned(), size_bytes: 0, uploaded_at, metadata: BTreeMap::new() };
    Ok(Importer::new(ImportContext {
        instructions: upload.instructions()?,
        profile: None,
        uploaded_at,
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    }))
}

fn read(file: &Path, transfers: Transfers) -> Result<ParsedFile> {
    read_with(file, importer_of(KEY)?, &register_of(transfers.register()))
}

/// Reads a file piece by piece, as `split-import` does.
pub(crate) fn read_with(file: &Path, mut importer: Importer, register: &Directory) -> Result<ParsedFile> {
    let mut file = File::open(file).with_context(|| format!("opening {}", file.display()))?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            break;
        }
        importer.feed(piece.get(..length).unwrap_or_default())?;
        importer.learn(register);
    }
    Ok(importer.end()?.finish(register)?)
}

async fn post_all(counter: &Counter, packed: &PackedEntries, import: ImportId) -> Result<u64> {
    let mut posted = 0;
    let mut requests: VecDeque<PostBatch> = packed.index.unfinished(import, &[]).into();
    while let Some(request) = requests.pop_front() {
        requests.extend(request.next(0));
        let range = usize::try_from(request.from)?..usize::try_from(request.to)?;
        for (account, entries) in read_batch(packed.bytes.get(range).unwrap_or_default())? {
            posted += post(counter, &account, entries, import.posting(request.batch)).await?.added.entries;
        }
    }
    Ok(posted)
}

/// A hash over every month's bytes: the same books, however the transfers came.
fn fingerprint(counter: &Counter) -> String {
    let mut hash = Sha256::new();
    for (account, months) in counter.books.bytes() {
        hash.update(account.as_str());
        for (month, bytes) in months {
            hash.update(month.to_string());
            hash.update(bytes);
        }
    }
    hash.finalize().iter().take(8).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::*;

    /// Reads the file's rows again, as simply as can be.
    fn sums(text: &str) -> BTreeMap<String, i128> {
        let mut sums = BTreeMap::<String, i128>::new();
        for row in text.lines().skip(1) {
            let fields: Vec<&str> = row.split(',').collect();
            let cents: i128 = fields[3].replace('.', "").parse().unwrap();
            *sums.entry(fields[1].to_owned()).or_default() -= cents;
            *sums.entry(fields[2].to_owned()).or_default() += cents;
        }
        sums
    }

    #[test]
    fn the_books_of_a_million_rows_are_the_sums_of_the_rows() {
        let transfers = Transfers { rows: 1_000_000, accounts: 20_000, seed: 3 };
        let mut text = Vec::new();
        transfers.write(&transfers.ibans(), 0..transfers.rows, &mut text).unwrap();
        let (mut importer, register) = (importer_of(KEY).unwrap(), register_of(transfers.register()));
        text.chunks(PIECE_BYTES).for_each(|piece| importer.feed(piece).unwrap());
        let packed = importer.end().unwrap().finish(&register).unwrap().pack();
        let counter = Counter::default();
        let posting = post_all(&counter, &packed, ImportId::of(KEY, "1"));
        assert_eq!(runtime().unwrap().block_on(posting).unwrap(), 2_000_000);
        let balance = |stored_books: &ledger::StoredBooks| {
            stored_books.totals().unwrap().balances(ledger::View::Clean)[0].minor()
        };
        let books = counter
            .books
            .all()
            .into_iter()
            .map(|(account, stored_books)| (account.as_str().to_owned(), balance(&stored_books)));
        assert_eq!(books.collect::<BTreeMap<_, _>>(), sums(&String::from_utf8(text).unwrap()));
    }

    /// What the books cost, to the unit. Who changes it on purpose writes what is printed into `counted.json`.
    #[test]
    fn write_units_are_those_that_were_counted() {
        let transfers = Transfers { rows: 100_000, accounts: 2_000, seed: 1 };
        let counted = [100_000, 10_000, 1_000].map(|import| count(import, transfers).unwrap());
        let books: Vec<&Value> = counted.iter().map(|it| &it["books"]).collect();
        assert_eq!(books[0], books[1], "however many imports, the books are the same bytes");
        assert_eq!(books[0], books[2], "however many imports, the books are the same bytes");
        let committed: Value = serde_json::from_str(include_str!("../counted.json")).unwrap();
        assert_eq!(json!(counted), committed, "{:#}", json!(counted));
    }
}
