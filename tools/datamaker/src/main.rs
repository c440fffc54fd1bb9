//! Generates test data for Millrace.

#![allow(clippy::print_stdout, reason = "a command line tool prints its output")]

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};
use calendar::Date;
use clap::Parser;
use datamaker::{Format, Plan, Size, make};
use indicatif::{ProgressBar, ProgressStyle};

/// Generate companies, feeds of transfers, exchange rates and people with accounts, with the expected results
#[derive(Parser)]
struct Arguments {
    /// Target folder
    folder: PathBuf,
    /// Size: small (20 thousand transfers), medium (1 million), large (10 million) or mega (100 million)
    #[arg(long, default_value = "small")]
    size: Size,
    /// Format of the rows: csv, or json with an object in each line
    #[arg(long, default_value = "csv")]
    format: Format,
    /// Seed: the same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of threads [default: one for each processor]
    #[arg(long)]
    threads: Option<usize>,
    /// The day of the first transfers
    #[arg(long, default_value = "2023-01-01")]
    from: String,
    /// Number of days
    #[arg(long, default_value_t = 730, value_parser = clap::value_parser!(u64).range(1..=36_500))]
    days: u64,
    /// Rate of additional rows of batch payments, per million SWIFT rows
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(0..=100_000))]
    batch: u64,
    /// Rate of IBANs without a country, per million SWIFT rows
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(0..=100_000))]
    invalid: u64,
    /// Rate of repeated rows, per million SWIFT rows
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(0..=20_000))]
    repeated: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let first_day =
        Date::parse(arguments.from.as_bytes()).map_err(|error| anyhow!("--from {}: {error}", arguments.from))?;
    let plan = Plan {
        batch_per_million: arguments.batch,
        invalid_per_million: arguments.invalid,
        repeated_per_million: arguments.repeated,
        first_day,
        days: arguments.days,
        ..Plan::new(arguments.seed, arguments.size)
    };
    let threads = arguments.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let rows = plan.sepa_rows.saturating_add(plan.swift_rows);
    let bar = ProgressBar::new(rows);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} transfers  {per_sec}") {
        bar.set_style(style);
    }
    let started = Instant::now();
    make(plan, arguments.format, &arguments.folder, threads, |made| bar.set_position(made))
        .with_context(|| format!("writing to {}", arguments.folder.display()))?;
    bar.finish_and_clear();
    let took = started.elapsed();
    let per_second = u128::from(rows).saturating_mul(1000).checked_div(took.as_millis().max(1)).unwrap_or(0);
    let (seconds, tenths) = (took.as_secs(), took.subsec_millis() / 100);
    println!("{rows} transfers in {} ({seconds}.{tenths} s, {per_second} rows a second)", arguments.folder.display());
    Ok(())
}
