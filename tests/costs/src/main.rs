//! The costs of imports. Each command is one whole process, so that its caller can measure it: it reads a file
//! of transfers as `split-import` does, packs it, or posts it to books in memory, and prints one line of JSON.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a benchmark: it talks through its output, and its figures are far from any limit"
)]

mod advances;
mod batches;
mod books;
mod memory;
mod run;
mod transfers;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::memory::Shape;
use crate::transfers::Transfers;

/// Makes files of transfers, and does to them what an import does.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes a file of transfers
    Make {
        /// Where to
        file: PathBuf,
        #[command(flatten)]
        transfers: Transfers,
    },
    /// Reads a file: every row checked, every account known by number
    Parse {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        transfers: Transfers,
    },
    /// Reads a file and packs its entries into batches, as split-import does
    Split {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        transfers: Transfers,
    },
    /// Reads a file, packs it and merges the batches into books in memory
    Merge {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        transfers: Transfers,
    },
    /// Writes a file of a shape that takes much memory
    Shape {
        /// Where to
        file: PathBuf,
        /// What it is full of
        shape: Shape,
        /// How many megabytes
        megabytes: u64,
    },
    /// Reads and packs a file of a shape, and prints the peak of its memory
    Pack {
        /// The file
        file: PathBuf,
        /// What it is full of
        shape: Shape,
        /// Where the batches go
        folder: PathBuf,
    },
    /// Posts what was packed, batch by batch, and prints the peak of its memory
    Post {
        /// Where the batches are
        folder: PathBuf,
    },
    /// Counts what DynamoDB would charge for the same transfers in imports of one size
    Count {
        /// Rows in each import
        #[arg(long)]
        import: u64,
        #[command(flatten)]
        transfers: Transfers,
    },
}

fn main() -> Result<()> {
    let json = match Arguments::parse().command {
        Command::Make { file, transfers } => run::make(&file, transfers)?,
        Command::Parse { file, transfers } => run::parse(&file, transfers)?,
        Command::Split { file, transfers } => run::split(&file, transfers)?,
        Command::Merge { file, transfers } => run::merge(&file, transfers)?,
        Command::Shape { file, shape, megabytes } => memory::shape(&file, shape, megabytes * 1_000_000)?,
        Command::Pack { file, shape, folder } => memory::pack(&file, shape, &folder)?,
        Command::Post { folder } => memory::post_each(&folder)?,
        Command::Count { import, transfers } => run::count(import, transfers)?,
    };
    println!("{json}");
    Ok(())
}
