//! How much memory files of the worst shapes take: read and packed as `split-import` does it, posted batch by batch as
//! `post-entries` does it. Each command is a process of its own and prints its peak.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use anyhow::{Context, Result};
use clap::ValueEnum;
use imports::{BatchIndex, ImportId, PostBatch, read_batch};
use ledger::post;
use serde_json::{Value, json};

use crate::books::Counter;
use crate::run::{importer_of, read_with, register_of, runtime};

/// What a file is full of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Shape {
    /// Rows that are rejected
    Rejects,
    /// Rows of one account over ten years, with ids
    OneAccount,
    /// Rows of one account in one month, without ids
    OneMonth,
    /// Transfers between 20,000 companies, with one company in every row
    Transfers,
    /// A new account, with its holder, in every row
    Holders,
}

impl Shape {
    /// Where such a file is uploaded to.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Rejects | Self::OneAccount | Self::OneMonth => "imports/accounts/4711/a.csv",
            Self::Transfers => "imports/sepa/a.csv",
            Self::Holders => "imports/a.csv",
        }
    }

    fn header(self) -> &'static str {
        match self {
            Self::Rejects | Self::OneAccount | Self::OneMonth => "Id,Date,Transaction",
            Self::Transfers => "id,payer,beneficiary,amount,currency,timestamp",
            Self::Holders => {
                "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction"
            }
        }
    }

    fn row(self, row: u64, to: &mut impl std::io::Write) -> std::io::Result<()> {
        let (cents, day) = (row % 100_000, 1 + row % 28);
        let (month, year) = (1 + row / 28 % 12, 2014 + row / 336 % 10);
        match self {
            Self::Rejects => writeln!(to, "{row},7/32,1"),
            Self::OneAccount => writeln!(to, "{row},{year}-{month:02}-{day:02},{cents}.50"),
            Self::OneMonth => writeln!(to, ",2026-07-{day:02},{cents}.50"),
            Self::Transfers => {
                let other = company(1 + row % 19_999);
                writeln!(to, "{row},{},{other},{cents}.50,EUR,{year}-{month:02}-{day:02}T10:00:00Z", company(0))
            }
            Self::Holders => writeln!(
                to,
                "{row},Ada{row},Lovelace,1915-12-10,ada{row}@example.com,giro,{row},{year}-{month:02}-{day:02}T10:00:00Z,{cents}.50"
            ),
        }
    }
}

/// An account number; not of an IBAN's structure, which does not matter here.
pub(crate) fn company(number: u64) -> String {
    format!("DE{:020}", 1_000_000 + number)
}

pub(crate) fn shape(file: &Path, shape: Shape, bytes: u64) -> Result<Value> {
    let mut writer = BufWriter::with_capacity(1 << 20, File::create(file)?);
    writeln!(writer, "{}", shape.header())?;
    let (mut rows, mut row) = (0_u64, Vec::new());
    let mut written = 0_u64;
    while written < bytes {
        row.clear();
        shape.row(rows, &mut row)?;
        writer.write_all(&row)?;
        written += u64::try_from(row.len())?;
        rows += 1;
    }
    writer.flush()?;
    Ok(json!({ "rows": rows, "bytes": file.metadata()?.len() }))
}

/// Reads and packs a file into `folder`.
pub(crate) fn pack(file: &Path, shape: Shape, folder: &Path) -> Result<Value> {
    fs::create_dir_all(folder)?;
    let companies = (0..20_000).filter_map(|it| company(it).parse().ok());
    let mut read = read_with(file, importer_of(shape.key())?, &register_of(companies))?;
    let parsed = peak_mb()?;
    let packed = read.pack();
    let index = serde_json::to_vec(&packed.index)?;
    let json = json!({
        "rows": read.found.rows_read,
        "rejected": read.found.rows_rejected,
        "entries": read.found.entries,
        "batches": read.found.batches,
        "packed_bytes": packed.bytes.len(),
        "parsed_peak_mb": parsed,
        "peak_mb": peak_mb()?,
    });
    fs::write(folder.join("entries.bin"), packed.bytes)?;
    fs::write(folder.join("batches.json"), index)?;
    Ok(json)
}

/// Posts the batches of `folder` one after the other to books in memory.
pub(crate) fn post_each(folder: &Path) -> Result<Value> {
    let index: BatchIndex = serde_json::from_slice(&fs::read(folder.join("batches.json"))?)?;
    let mut file = File::open(folder.join("entries.bin"))?;
    let (counter, runtime) = (Counter::default(), runtime()?);
    let import = ImportId::of("imports/a.csv", "1");
    let mut requests: VecDeque<PostBatch> = index.unfinished(import, &[]).into();
    let (mut posted, mut largest) = (0, 0);
    while let Some(request) = requests.pop_front() {
        requests.extend(request.next(0));
        let mut bytes = vec![0; usize::try_from(request.to - request.from)?];
        largest = largest.max(bytes.len());
        file.seek(SeekFrom::Start(request.from))?;
        file.read_exact(&mut bytes)?;
        for (account, entries) in read_batch(&bytes)? {
            let posting = post(&counter, &account, entries, import.posting(request.batch));
            posted += runtime.block_on(posting)?.added.entries;
        }
    }
    Ok(json!({ "posted": posted, "largest_batch_bytes": largest, "peak_mb": peak_mb()? }))
}

/// The most memory this process has had resident so far.
fn peak_mb() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|it| it.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kb: u64 = peak.trim().trim_end_matches(" kB").parse()?;
    Ok(kb / 1024)
}
