//! The files of a plan, the same bytes on any number of threads.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::thread;

use crate::answers::Sums;
use crate::lines::{Format, Lines};
use crate::transfers::{CURRENCIES, Maker, Paper, Part};
use crate::{Feed, Feeds, Plan, holders, invoices};

/// The number of rows in one unit of work of a thread.
const CHUNK_ROWS: u64 = 50_000;

/// Writes all files of `plan` to `folder` with `threads` threads: `companies`, `rates`, `holders` (people with accounts
/// and their transactions), `invoices` between companies, `sepa` and `swift`, in the given format; `labels.csv` (lines
/// of the SWIFT feed that are not clean, and the line they belong to), `answers.csv` (balances of the companies'
/// accounts at the end of each quarter, clean and with dirty rows). Calls `made` with the number of transfers so far.
pub fn make(plan: Plan, format: Format, folder: &Path, threads: usize, made: impl Fn(u64)) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let create = |name: &str| Ok::<_, io::Error>(BufWriter::with_capacity(1 << 16, File::create(folder.join(name))?));
    let feeds = Feeds::new(plan);
    write_companies(&feeds, format, &mut create(&format.file("companies"))?)?;
    write_rates(&feeds, format, &mut create(&format.file("rates"))?)?;
    holders::write(plan, format, &mut create(&format.file("holders"))?)?;
    invoices::write(plan, format, &mut create(&format.file("invoices"))?)?;

    let quarters = feeds.calendar.last().map_or(0, |(_, quarter)| quarter + 1);
    let mut sums = Sums::new(feeds.companies.ibans.len(), quarters);
    let mut labels = create("labels.csv")?;
    writeln!(labels, "line,what,of_line")?;
    let columns = ["id", "payer", "beneficiary", "amount", "currency", "timestamp"];
    let paper = Paper { lines: Lines::new(format, &columns), first_line: format.first_line() };
    let mut before = 0;
    for feed in Feed::ALL {
        let maker = Maker::new(&feeds, feed);
        let mut out = File::create(folder.join(format.file(feed.name())))?;
        let report = |rows| made(before + rows);
        let counted = write_rows(&maker, &paper, threads.max(1), &sums, &mut out, &mut labels, report)?;
        counted.iter().for_each(|it| sums.and(it));
        before += maker.rows;
    }
    labels.flush()?;
    write_answers(&feeds, &sums, &mut create("answers.csv")?)
}

/// Generates a feed's rows: each thread generates a part, and the parts are written in order.
fn write_rows(
    maker: &Maker<'_>,
    paper: &Paper,
    threads: usize,
    empty: &Sums,
    out: &mut impl Write,
    labels: &mut impl Write,
    made: impl Fn(u64),
) -> io::Result<Vec<Sums>> {
    out.write_all(paper.lines.header())?;
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
                scope.spawn(move || maker.make(range, paper, part));
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

fn write_companies(feeds: &Feeds, format: Format, out: &mut impl Write) -> io::Result<()> {
    let lines = Lines::new(format, &["id", "name", "owner", "address", "email", "ibans"]);
    out.write_all(lines.header())?;
    for (company, ibans) in feeds.companies() {
        let [id, name, address, email] = [&company.id, &company.name, &company.address, &company.email];
        lines.write([id, name, company.owner, address, email, &ibans.join(" ")], out)?;
    }
    out.flush()
}

fn write_rates(feeds: &Feeds, format: Format, out: &mut impl Write) -> io::Result<()> {
    let lines = Lines::new(format, &["currency", "usd_rate", "eur_rate", "date"]);
    out.write_all(lines.header())?;
    for rate in feeds.rates() {
        lines.write([rate.currency, &rate.usd, &rate.eur, &rate.date], out)?;
    }
    out.flush()
}

fn write_answers(feeds: &Feeds, sums: &Sums, out: &mut impl Write) -> io::Result<()> {
    let mut ends: Vec<&str> = Vec::new();
    for (day, quarter) in &feeds.calendar {
        ends.resize((*quarter + 1).max(ends.len()), "");
        if let Some(end) = ends.get_mut(*quarter) {
            *end = day;
        }
    }
    writeln!(out, "iban,date,currency,clean,all")?;
    let mut result = Ok(());
    sums.balances(|account, quarter, currency, clean, all| {
        let iban = feeds.companies.ibans.get(account).map_or("", String::as_str);
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
