//! Data to try Millrace on, with the true answers: companies with accounts, feeds of transfers (SEPA in euros between
//! company accounts, SWIFT with parties all over the globe), exchange rates. One seed gives the same bytes on any
//! machine and on any number of threads.
//!
//! SWIFT rows are corrupt at given rates: batch payments (rows of one id, payer, beneficiary and time whose amounts
//! differ), invalid IBANs, repeated rows; some come thousands of rows after the one they belong to. Which they are is
//! written beside them, and the answers are counted while the rows are made, not by what Millrace does to them.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "made-up figures of known size; every sum of amounts is an i128 far from its limits"
)]

mod answers;
mod companies;
mod iban;
mod noise;
mod rates;
mod transfers;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::thread;

use calendar::Date;

use answers::Sums;
use companies::Companies;
use transfers::{CURRENCIES, Maker, Part};

/// Rows that one thread makes at once.
const CHUNK_ROWS: u64 = 50_000;

/// What is to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// What chance is drawn from.
    pub seed: u64,
    /// How many companies; each has one to four accounts.
    pub companies: u64,
    /// Rows of the SEPA feed.
    pub sepa_rows: u64,
    /// Rows of the SWIFT feed.
    pub swift_rows: u64,
    /// The day of the first transfers.
    pub first_day: Date,
    /// Over how many days they go.
    pub days: u64,
    /// Of a million SWIFT rows, how many are a further row of a batch payment. At most 100,000.
    pub batch_per_million: u64,
    /// How many have an IBAN without a country. At most 100,000.
    pub invalid_per_million: u64,
    /// How many repeat another row. At most 20,000.
    pub repeated_per_million: u64,
}

/// A feed of transfers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Feed {
    /// In euros, between accounts of companies.
    Sepa,
    /// In several currencies, with at least one company's account.
    Swift,
}

impl Feed {
    /// Its name in files and keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sepa => "sepa",
            Self::Swift => "swift",
        }
    }
}

/// Makes all files of `plan` in `folder` with so many threads: `companies.csv`, `rates.csv`, `sepa.csv`, `swift.csv`,
/// `labels.csv` (lines of `swift.csv` that are not clean, and the line they belong to), `answers.csv` (balances at the
/// end of each quarter, clean and with dirty rows). `made` is told how many transfers there are so far.
pub fn make(plan: Plan, folder: &Path, threads: usize, made: impl Fn(u64)) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let create = |name: &str| Ok::<_, io::Error>(BufWriter::with_capacity(1 << 16, File::create(folder.join(name))?));
    let companies = Companies::new(plan.seed, plan.companies);
    write_companies(&companies, &mut create("companies.csv")?)?;
    let calendar = transfers::calendar(plan.first_day, plan.days);
    let firsts = calendar.iter().map(|(day, _)| day.as_str()).enumerate();
    let firsts = firsts.filter(|(number, day)| *number == 0 || day.ends_with("-01")).map(|(_, day)| day);
    let mut rates = create("rates.csv")?;
    rates::write(plan.seed, firsts, &mut rates)?;
    rates.flush()?;

    let quarters = calendar.last().map_or(0, |(_, quarter)| quarter + 1);
    let mut sums = Sums::new(companies.ibans.len(), quarters);
    let mut labels = create("labels.csv")?;
    writeln!(labels, "line,what,of_line")?;
    let mut before = 0;
    for (feed, rows) in [(Feed::Sepa, plan.sepa_rows), (Feed::Swift, plan.swift_rows)] {
        let dirty = u64::from(feed == Feed::Swift);
        let maker = Maker {
            seed: plan.seed,
            feed,
            rows,
            ibans: &companies.ibans,
            outsiders: transfers::outsiders(plan.seed),
            days: plan.days,
            batch_per_million: plan.batch_per_million * dirty,
            invalid_per_million: plan.invalid_per_million * dirty,
            repeated_per_million: plan.repeated_per_million * dirty,
            calendar: calendar.clone(),
        };
        let mut out = File::create(folder.join(format!("{}.csv", feed.name())))?;
        out.write_all(b"id,payer,beneficiary,amount,currency,timestamp\n")?;
        let counted = write_rows(&maker, threads.max(1), &sums, &mut out, &mut labels, |rows| made(before + rows))?;
        counted.iter().for_each(|it| sums.and(it));
        before += rows;
    }
    labels.flush()?;
    write_answers(&companies, &calendar, &sums, &mut create("answers.csv")?)
}

/// Makes a feed's rows: each thread a part, written in order.
fn write_rows(
    maker: &Maker<'_>,
    threads: usize,
    empty: &Sums,
    out: &mut impl Write,
    labels: &mut impl Write,
    made: impl Fn(u64),
) -> io::Result<Vec<Sums>> {
    let fresh = || Part { rows: Vec::new(), labels: Vec::new(), sums: empty.emptied() };
    let mut parts: Vec<Part> = (0..threads).map(|_| fresh()).collect();
    let mut from = 0;
    while from < maker.rows {
        let ranges: Vec<Range<u64>> = (0..u64::try_from(threads).unwrap_or(1))
            .map(|part| (from + part * CHUNK_ROWS).min(maker.rows))
            .map(|from| from..(from + CHUNK_ROWS).min(maker.rows))
            .collect();
        thread::scope(|scope| {
            for (part, range) in parts.iter_mut().zip(ranges.iter().cloned()) {
                scope.spawn(move || maker.make(range, part));
            }
        });
        for part in &parts {
            out.write_all(&part.rows)?;
            labels.write_all(&part.labels)?;
        }
        from = ranges.last().map_or(maker.rows, |it| it.end);
        made(from);
    }
    Ok(parts.into_iter().map(|it| it.sums).collect())
}

fn write_companies(companies: &Companies, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "id,name,owner,address,email,ibans")?;
    for company in &companies.all {
        let ibans = companies.ibans.get(company.accounts.clone()).unwrap_or_default().join(" ");
        let [id, name, address, email] = [&company.id, &company.name, &company.address, &company.email];
        writeln!(out, "{id},{name},{},{address},{email},{ibans}", company.owner)?;
    }
    out.flush()
}

fn write_answers(companies: &Companies, days: &[(String, usize)], sums: &Sums, out: &mut impl Write) -> io::Result<()> {
    let mut ends: Vec<&str> = Vec::new();
    for (day, quarter) in days {
        ends.resize((*quarter + 1).max(ends.len()), "");
        if let Some(end) = ends.get_mut(*quarter) {
            *end = day;
        }
    }
    writeln!(out, "iban,date,currency,clean,all")?;
    let mut result = Ok(());
    sums.balances(|account, quarter, currency, clean, all| {
        let iban = companies.ibans.get(account).map_or("", String::as_str);
        let (code, decimals) = CURRENCIES.get(currency).copied().unwrap_or(("", 0));
        let (date, clean, all) =
            (ends.get(quarter).copied().unwrap_or(""), decimal(clean, decimals), decimal(all, decimals));
        if result.is_ok() {
            result = writeln!(out, "{iban},{date},{code},{clean},{all}");
        }
    });
    result.and_then(|()| out.flush())
}

fn decimal(minor: i128, decimals: u32) -> String {
    let (sign, unit) = (if minor < 0 { "-" } else { "" }, 10_u128.pow(decimals));
    let (whole, part) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    let width = usize::try_from(decimals).unwrap_or(0);
    if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part:0width$}") }
}
