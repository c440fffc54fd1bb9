//! `cargo xtask`: everything a person does with this repository, on a machine with Rust and Python 3 only.
//!
//! What a command makes lies under `.millrace/`: a Python environment with MiniStack pinned, and one folder for each
//! instance with its data, logs, pid files and received mails. Talking to an instance is left to the small scripts in
//! `infra/local/`, so that this crate compiles in seconds; here are the processes, the builds and the order of things.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks through its output")]

mod bench;
mod compile;
mod demo;
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

/// Builds, starts, shows and tests Millrace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Shows the whole first job on this machine: a bank file becomes books and mails
    Demo {
        #[command(flatten)]
        ports: up::Ports,
        /// Shows the second job instead: feeds of this size (small, medium) that crash, polled and proven
        #[arg(long, value_name = "SIZE")]
        feed: Option<String>,
        /// The format of these feeds: millrace, or cdm, the one of the original assignment
        #[arg(long, requires = "feed", default_value = deploy::FEED_FORMAT, value_parser = ["millrace", "cdm"])]
        format: String,
    },
    /// Starts the local stack, builds and deploys; does only what is left to do
    Up(up::Ports),
    /// Stops what `up` or `demo` started; the data in it is gone
    Down,
    /// Empties all data of the running stack and deploys afresh
    Reset,
    /// Shows what a function logged
    Logs {
        /// Its name, as in functions/
        function: String,
        /// Go on as more comes
        #[arg(long, short)]
        follow: bool,
    },
    /// Calls a function of the running stack with an event as Lambda delivers it
    Invoke {
        /// Its name, as in functions/
        function: String,
        /// A JSON file [default: events/aws/<function>.json]
        event: Option<PathBuf>,
    },
    /// Runs all tests, unit to end to end, the last on a stack of their own
    Test {
        /// Only tests whose name contains this
        filter: Option<String>,
        /// Run only one part
        #[arg(long, value_enum)]
        only: Option<suite::Part>,
    },
    /// Runs the suite in one process with its handlers interleaved and faults injected, by seed
    Seeds(seeds::Seeds),
    /// Checks the rules of the house that no compiler and no linter checks
    Tidy {
        /// Write the documents that are made from the sources
        #[arg(long)]
        fix: bool,
    },
    /// Measures what imports cost, and counts what DynamoDB would charge for them
    Bench {
        /// The largest file, in rows
        #[arg(long, default_value_t = 1_000_000)]
        rows: u64,
    },
    /// Makes small changes to a crate, one at a time, and prints those that no test of the crate notices; slow
    Mutants(mutants::Selection),
    /// Builds what is shipped to AWS: one zip for each function, by cargo-lambda
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
        Command::Demo { ports, feed, format } => demo::run(&root, &ports, feed.as_deref(), &format),
        Command::Up(ports) => up::run(&root, &ports),
        Command::Down => up::down(&root),
        Command::Reset => up::reset(&root),
        Command::Logs { function, follow } => deploy::logs(&root, &function, follow),
        Command::Invoke { function, event } => deploy::invoke(&root, &function, event),
        Command::Test { filter, only } => suite::run(&root, filter.as_deref(), only),
        Command::Seeds(seeds) => seeds::run(&root, seeds),
        Command::Tidy { fix } => tidy::run(root.path(), fix),
        Command::Bench { rows } => bench::run(&root, rows),
        Command::Mutants(selection) => mutants::run(&root, &selection),
        Command::Package(package) => package::run(&root, &package),
    }
}
