//! `bench`: what imports cost. Measures whole processes and compares them with `wc -l` of the same file; DynamoDB's
//! charges are counted and equal on every machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use wait4::Wait4 as _;

use crate::compile::cargo;
use crate::paths::Root;
use crate::progress::Step;

/// The package with the measured commands.
const PACKAGE: &str = "costs";
/// The data maker, which is measured, too.
const MAKER: &str = "datamaker";
/// The number of transfers of each size.
const SIZES: [(&str, u64); 2] = [("medium", 1_100_000), ("large", 11_000_000)];
/// The commands; each includes the work of the one before.
const COMMANDS: [(&str, &str); 3] = [("parse", "read and check"), ("split", "and pack"), ("merge", "and post")];
/// The sizes of the files, in rows, up to the requested one.
const DECADES: [u64; 5] = [10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
const ROUNDS: usize = 5;
/// The number of accounts.
const ACCOUNTS: u64 = 20_000;
/// A million write units on demand, in US cents (us-east-1).
const CENTS_PER_MILLION: u64 = 62;

/// Measures and counts, with files of up to `rows` rows.
pub(crate) fn run(root: &Root, rows: u64) -> Result<()> {
    let program = build(root)?;
    let folder = root.made().join("bench");
    fs::create_dir_all(&folder)?;
    println!("\nWhole processes on this machine; median of {ROUNDS} (least–most), one core. Load {}.", load());
    println!("{:>11}  {:<24}{:>22}{:>10}{:>9}{:>8}", "rows", "", "CPU ms", "ns/row", "MiB", "× wc");
    for rows in DECADES.into_iter().filter(|it| *it <= rows) {
        let file = folder.join(format!("transfers-{rows}.csv"));
        make(&program, &file, rows)?;
        measure(&program, &file, rows)?;
        if rows > 1_000_000 {
            fs::remove_file(&file)?;
        }
    }
    measure_maker(&program.with_file_name(MAKER), &folder, rows)?;
    count(&program, rows.min(1_000_000))
}

/// Measures the generation of companies and feeds, with their files and answers.
fn measure_maker(maker: &Path, folder: &Path, most: u64) -> Result<()> {
    println!("\nCompanies, feeds and answers made; median of {ROUNDS} (least–most), two threads.");
    println!("{:>11}  {:<24}{:>22}{:>10}{:>9}{:>14}", "rows", "", "CPU ms", "ns/row", "MiB", "rows/CPU s");
    let folder = folder.join("feeds");
    for (size, rows) in SIZES.into_iter().filter(|(size, rows)| *size == "medium" || *rows <= most) {
        let mut runs = Vec::new();
        for _ in 0..ROUNDS {
            let mut run = Command::new(maker);
            run.arg(&folder).args(["--size", size, "--threads", "2"]).stderr(Stdio::null());
            runs.push(taken(&mut run)?);
        }
        runs.sort_unstable();
        let (Some(least), Some(median), Some(most)) = (runs.first(), runs.get(ROUNDS / 2), runs.last()) else {
            continue;
        };
        let range = format!("{} ({}–{})", ms(median.cpu), ms(least.cpu), ms(most.cpu));
        let each = median.cpu.as_nanos().checked_div(u128::from(rows)).unwrap_or(0);
        let per_second = u128::from(rows).saturating_mul(1000).checked_div(median.cpu.as_millis().max(1)).unwrap_or(0);
        println!("{rows:>11}  {size:<24}{range:>22}{each:>10}{:>9}{per_second:>14}", median.peak_bytes >> 20);
    }
    fs::remove_dir_all(&folder).context("removing what was made")
}

fn build(root: &Root) -> Result<PathBuf> {
    let mut cargo = cargo(root);
    cargo.args(["build", "--quiet", "--locked", "--profile", "bench", "--package", PACKAGE, "--package", MAKER]);
    if !cargo.status().context("starting cargo")?.success() {
        bail!("the build failed; the errors are printed above");
    }
    // The folder of the profile `bench` is that of `release`.
    Ok(root.target().join("release").join(PACKAGE))
}

fn make(program: &Path, file: &Path, rows: u64) -> Result<()> {
    if file.exists() {
        return Ok(());
    }
    let step = Step::start(&format!("a file of {rows} rows"));
    let part = file.with_extension("part");
    json_output(command(program, "make", rows).arg(&part))?;
    fs::rename(&part, file)?;
    step.done(&format!("{} MB", fs::metadata(file)?.len().div_ceil(1_000_000)));
    Ok(())
}

fn command(program: &Path, name: &str, rows: u64) -> Command {
    let mut command = Command::new(program);
    command.args([name, "--rows", &rows.to_string(), "--accounts", &ACCOUNTS.to_string()]);
    command
}

/// The JSON a command prints.
fn json_output(command: &mut Command) -> Result<Value> {
    let output = command.stderr(Stdio::inherit()).output().context("starting the measured program")?;
    if !output.status.success() {
        bail!("{command:?} failed");
    }
    serde_json::from_slice(&output.stdout).context("the measured program did not print JSON")
}

/// The resource usage of one process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Taken {
    cpu: Duration,
    peak_bytes: u64,
}

fn taken(command: &mut Command) -> Result<Taken> {
    let mut child = command.stdout(Stdio::null()).spawn().with_context(|| format!("starting {command:?}"))?;
    let usage = child.wait4()?;
    if !usage.status.success() {
        bail!("{command:?} failed");
    }
    Ok(Taken { cpu: usage.rusage.utime.saturating_add(usage.rusage.stime), peak_bytes: usage.rusage.maxrss })
}

/// Runs all commands and `wc -l` alternately, in several rounds, so that a busy machine affects all of them.
fn measure(program: &Path, file: &Path, rows: u64) -> Result<()> {
    let mut runs: Vec<Vec<Taken>> = vec![Vec::new(); COMMANDS.len().saturating_add(1)];
    for _ in 0..ROUNDS {
        let measured = COMMANDS.iter().map(|(name, _)| {
            let mut run = command(program, name, rows);
            run.arg(file);
            run
        });
        let mut lines = Command::new("wc");
        lines.arg("-l").arg(file);
        for (run, kept) in measured.chain([lines]).zip(&mut runs) {
            let mut run = run;
            kept.push(taken(&mut run)?);
        }
    }
    runs.iter_mut().for_each(|it| it.sort_unstable());
    let middle = |runs: &[Taken]| runs.get(ROUNDS / 2).copied();
    let lines = runs.last().and_then(|it| middle(it)).context("nothing was measured")?;
    let names = COMMANDS.iter().map(|(name, what)| format!("{name}: {what}")).chain(["wc -l".to_owned()]);
    for ((name, runs), first) in names.zip(&runs).zip([true].into_iter().chain(std::iter::repeat(false))) {
        let (Some(median), Some(least), Some(most)) = (middle(runs), runs.first(), runs.last()) else { continue };
        let range = format!("{} ({}–{})", ms(median.cpu), ms(least.cpu), ms(most.cpu));
        let each = median.cpu.as_nanos().checked_div(u128::from(rows)).unwrap_or(0);
        let tenths = median.cpu.as_nanos().saturating_mul(10).checked_div(lines.cpu.as_nanos().max(1)).unwrap_or(0);
        let rows = if first { rows.to_string() } else { String::new() };
        let peak = median.peak_bytes >> 20;
        println!("{rows:>11}  {name:<24}{range:>22}{each:>10}{peak:>9}{:>6}.{}", tenths / 10, tenths % 10);
    }
    Ok(())
}

/// Milliseconds with one decimal.
fn ms(time: Duration) -> String {
    let tenths = time.as_micros() / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn count(program: &Path, rows: u64) -> Result<()> {
    println!("\nWrite units of the books for {rows} transfers (two entries each, {ACCOUNTS} accounts), counted.");
    println!(
        "{:>14}{:>9}{:>14}{:>14}{:>16}{:>12}",
        "rows/import", "imports", "writes", "write units", "per million", "$/million"
    );
    for import in [rows, rows / 10, rows / 100].into_iter().filter(|it| *it > 0) {
        let counted = json_output(command(program, "count", rows).args(["--import", &import.to_string()]))?;
        let of = |name: &str| counted.get(name).and_then(Value::as_u64).unwrap_or(0);
        let per_million = of("write_units").saturating_mul(1_000_000).checked_div(rows).unwrap_or(0);
        let cents = per_million.saturating_mul(CENTS_PER_MILLION).div_ceil(1_000_000);
        println!(
            "{import:>14}{:>9}{:>14}{:>14}{per_million:>16}{:>9}.{:02}",
            of("imports"),
            of("writes"),
            of("write_units"),
            cents / 100,
            cents % 100
        );
    }
    println!(
        "An item for each entry and one more write for its balance: 4,000,000 per million, twice that in transactions."
    );
    Ok(())
}

fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().filter(|it| !it.is_empty()).unwrap_or("unknown").to_owned()
}
