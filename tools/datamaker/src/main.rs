//! Makes data to try Millrace on.

#![allow(clippy::print_stdout, reason = "a command line tool talks through its output")]

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};
use calendar::Date;
use clap::{Parser, ValueEnum};
use datamaker::{Plan, make};
use indicatif::{ProgressBar, ProgressStyle};

/// Makes companies, feeds of transfers and exchange rates, with the true answers
#[derive(Parser)]
struct Arguments {
    /// Where to: a folder
    folder: PathBuf,
    /// How much
    #[arg(long, value_enum, default_value_t = Size::Small)]
    size: Size,
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

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Size {
    /// 100 companies, 2 thousand SEPA and 20 thousand SWIFT transfers
    Small,
    /// 1,000 companies, 100 thousand SEPA and a million SWIFT transfers
    Medium,
    /// 10,000 companies, a million SEPA and 10 million SWIFT transfers
    Large,
    /// 50,000 companies, 10 million SEPA and 90 million SWIFT transfers
    Mega,
}

fn main() -> Result<()> {
    let asked = Arguments::parse();
    let (companies, sepa_rows, swift_rows) = match asked.size {
        Size::Small => (100, 2_000, 20_000),
        Size::Medium => (1_000, 100_000, 1_000_000),
        Size::Large => (10_000, 1_000_000, 10_000_000),
        Size::Mega => (50_000, 10_000_000, 90_000_000),
    };
    let plan = Plan {
        seed: asked.seed,
        companies,
        sepa_rows,
        swift_rows,
        first_day: Date::parse(asked.from.as_bytes()).map_err(|error| anyhow!("--from {}: {error}", asked.from))?,
        days: asked.days,
        batch_per_million: asked.batch,
        invalid_per_million: asked.invalid,
        repeated_per_million: asked.repeated,
    };
    let threads = asked.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let rows = sepa_rows.saturating_add(swift_rows);
    let bar = ProgressBar::new(rows);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} transfers  {per_sec}") {
        bar.set_style(style);
    }
    let started = Instant::now();
    make(plan, &asked.folder, threads, |made| bar.set_position(made))
        .with_context(|| format!("writing to {}", asked.folder.display()))?;
    bar.finish_and_clear();
    let took = started.elapsed();
    let per_second = u128::from(rows).saturating_mul(1000).checked_div(took.as_millis().max(1)).unwrap_or(0);
    let (seconds, tenths) = (took.as_secs(), took.subsec_millis() / 100);
    println!("{rows} transfers in {} ({seconds}.{tenths} s, {per_second} rows a second)", asked.folder.display());
    Ok(())
}
