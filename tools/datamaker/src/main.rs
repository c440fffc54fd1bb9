//! Makes data to try Millrace on.

#![allow(clippy::print_stdout, reason = "a command line tool talks through its output")]

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};
use calendar::Date;
use clap::Parser;
use datamaker::{Format, Plan, Size, make};
use indicatif::{ProgressBar, ProgressStyle};

/// Makes companies, feeds of transfers, exchange rates and people with accounts, with the true answers
#[derive(Parser)]
struct Arguments {
    /// Where to: a folder
    folder: PathBuf,
    /// How much: small (20 thousand transfers), medium (a million), large (ten millions) or mega (a hundred)
    #[arg(long, default_value = "small")]
    size: Size,
    /// How the rows are written: csv, or json, an object in each line
    #[arg(long, default_value = "csv")]
    format: Format,
    /// What chance is drawn from: the same seed, the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many threads [default: one for each processor]
    #[arg(long)]
    threads: Option<usize>,
    /// The day of the first transfers
    #[arg(long, default_value = "2023-01-01")]
    from: String,
    /// Over how many days they go
    #[arg(long, default_value_t = 730, value_parser = clap::value_parser!(u64).range(1..=36_500))]
    days: u64,
    /// Of a million SWIFT rows, how many are a further row of a batch payment
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(0..=100_000))]
    batch: u64,
    /// Of a million SWIFT rows, how many have an IBAN without a country
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(0..=100_000))]
    invalid: u64,
    /// Of a million SWIFT rows, how many repeat another one
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(0..=20_000))]
    repeated: u64,
}

fn main() -> Result<()> {
    let asked = Arguments::parse();
    let first_day = Date::parse(asked.from.as_bytes()).map_err(|error| anyhow!("--from {}: {error}", asked.from))?;
    let plan = Plan {
        batch_per_million: asked.batch,
        invalid_per_million: asked.invalid,
        repeated_per_million: asked.repeated,
        first_day,
        days: asked.days,
        ..Plan::new(asked.seed, asked.size)
    };
    let threads = asked.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let rows = plan.sepa_rows.saturating_add(plan.swift_rows);
    let bar = ProgressBar::new(rows);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} transfers  {per_sec}") {
        bar.set_style(style);
    }
    let started = Instant::now();
    make(plan, asked.format, &asked.folder, threads, |made| bar.set_position(made))
        .with_context(|| format!("writing to {}", asked.folder.display()))?;
    bar.finish_and_clear();
    let took = started.elapsed();
    let per_second = u128::from(rows).saturating_mul(1000).checked_div(took.as_millis().max(1)).unwrap_or(0);
    let (seconds, tenths) = (took.as_secs(), took.subsec_millis() / 100);
    println!("{rows} transfers in {} ({seconds}.{tenths} s, {per_second} rows a second)", asked.folder.display());
    Ok(())
}
