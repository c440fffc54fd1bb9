//! `cargo xtask`: all tasks of this repository, on a machine with only Rust and Python 3.
//!
//! Commands write to `.millrace/`: a Python environment with MiniStack pinned, and one folder for each
//! instance with its data, logs, pid files and received mails. The small scripts in `infra/local/` communicate with an
//! instance, so that this crate compiles in seconds; this crate manages processes, builds and their order.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool prints its output")]

mod bench;
mod compile;
mod demo;
mod demo_advances;
mod deploy;
mod holders;
mod instance;
mod millrace;
mod mutants;
mod package;
mod paths;
mod probe;
mod process;
mod progress;
mod python;
mod readme;
mod seeds;
mod suite;
mod tidy;
mod up;
mod way_to_aws;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::paths::Root;

/// Build, start, demonstrate and test Millrace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the first job on this machine: a bank file becomes books and mails
    Demo {
        #[command(flatten)]
        ports: up::Ports,
        /// Show the second job instead: poll and prove feeds of this size (small, medium), despite failures
        #[arg(long, value_name = "SIZE")]
        feed: Option<String>,
        /// Show the third job instead: advances, paid out and collected over 15 weeks through a processor that fails
        #[arg(long, conflicts_with = "feed")]
        advances: bool,
        /// The format of these feeds: millrace, or cdm, the one of the original assignment
        #[arg(long, requires = "feed", default_value = deploy::FEED_FORMAT, value_parser = ["millrace", "cdm"])]
        format: String,
    },
    /// Start the local stack, build and deploy; skips finished steps
    Up(up::Ports),
    /// Stop the stack of `up` or `demo`; its data is lost
    Down,
    /// Delete all data of the running stack and deploy again
    Reset,
    /// Show the logs of a function
    Logs {
        /// Its name, as in functions/
        function: String,
        /// Follow the log
        #[arg(long, short)]
        follow: bool,
    },
    /// Invoke a function of the running stack with an event in Lambda's format
    Invoke {
        /// Its name, as in functions/
        function: String,
        /// A JSON file [default: events/aws/<function>.json]
        event: Option<PathBuf>,
    },
    /// Run all tests, from unit to end-to-end, the latter on a temporary stack
    Test(suite::Selection),
    /// Run the suite in one process with interleaved handlers and injected faults, by seed
    Seeds(seeds::Seeds),
    /// Check project rules that no compiler and no linter checks
    Tidy {
        /// Write the documents that are generated from the sources
        #[arg(long)]
        fix: bool,
    },
    /// Measure the cost of imports, and count their DynamoDB charges
    Bench {
        /// Size of the largest file, in rows
        #[arg(long, default_value_t = 1_000_000)]
        rows: u64,
    },
    /// Make small changes to a crate, one at a time, and print those that no test of the crate detects; slow
    Mutants(mutants::Selection),
    /// Build the deployment packages for AWS: one zip for each function, with cargo-lambda
    Package(package::Package),
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let root = Root::find()?;
    match command {
        Command::Demo { ports, advances: true, .. } => demo::run_advances(&root, &ports),
        Command::Demo { ports, feed, format, .. } => demo::run(&root, &ports, feed.as_deref(), &format),
        Command::Up(ports) => up::run(&root, &ports),
        Command::Down => up::down(&root),
        Command::Reset => up::reset(&root),
        Command::Logs { function, follow } => deploy::logs(&root, &function, follow),
        Command::Invoke { function, event } => deploy::invoke(&root, &function, event),
        Command::Test(selection) => suite::run(&root, &selection),
        Command::Seeds(seeds) => seeds::run(&root, seeds),
        Command::Tidy { fix } => tidy::run(root.path(), fix),
        Command::Bench { rows } => bench::run(&root, rows),
        Command::Mutants(selection) => mutants::run(&root, &selection),
        Command::Package(package) => package::run(&root, &package),
    }
}
