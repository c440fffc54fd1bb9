//! `test`: all tests from unit to end-to-end, the latter on a temporary instance.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use crate::compile::{self, cargo};
use crate::deploy;
use crate::instance::{self, Instance};
use crate::paths::Root;
use crate::progress::{Step, seconds};
use crate::python::Environment;
use crate::readme;
use crate::seeds::{self, Seeds};
use crate::way_to_aws;

/// The package of end-to-end tests, in `tests/`.
const END_TO_END: &str = "e2e";
/// The profile of what runs on the stack: the SDK is then compiled once for both.
const PROFILE: &str = "local";
/// The time for seeds.
const SEED_MINUTES: u64 = 5;
/// The test of the seeds, which is a separate part.
const SEEDS: &str = "seeds";
/// The contract tests of the adapters, which also need a stack.
const CONTRACT: &str = "contract";

/// A part of the tests, which can run alone.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// All packages but the end-to-end tests; no network, no stack
    Unit,
    /// The examples in the documentation
    Docs,
    /// The suite in one process with interleaved handlers, as many seeds as fit into five minutes
    Seeds,
    /// The end-to-end tests, on a temporary local stack
    EndToEnd,
    /// The README's deployment steps, against a local stack
    Aws,
    /// The demo and the README's sessions, on a temporary local stack
    Readme,
}

/// Which tests run.
#[derive(Args)]
pub(crate) struct Selection {
    /// Only tests with this text in their name
    filter: Option<String>,
    /// Run only one part
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Write what the README's commands print into the README, instead of comparing it
    #[arg(long)]
    update: bool,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Docs => "docs",
            Self::Seeds => "seeds",
            Self::EndToEnd => "end-to-end",
            Self::Aws => "aws",
            Self::Readme => "readme",
        }
    }

    fn run(self, root: &Root, selection: &Selection) -> Result<()> {
        let filter = selection.filter.as_deref();
        match self {
            Self::Unit => {
                let mut tests = runner(root)?;
                let only = without_a_stack(&tests);
                tests.arg("--workspace").args(only);
                run_tests(tests, filter)
            }
            Self::Docs => {
                let mut tests = cargo(root);
                tests.args(["test", "--quiet", "--workspace", "--doc", "--profile", PROFILE]);
                run_tests(tests, filter)
            }
            Self::Seeds if filter.is_some_and(|it| !it.contains("seed")) => Ok(()),
            Self::Seeds => seeds::run(root, Seeds::for_minutes(SEED_MINUTES)),
            Self::EndToEnd => end_to_end(root, filter),
            Self::Aws if filter.is_some_and(|it| !it.contains("aws")) => Ok(()),
            Self::Aws => way_to_aws::run(root),
            Self::Readme if filter.is_some_and(|it| !it.contains("readme")) => Ok(()),
            Self::Readme => readme::run(root, selection.update),
        }
    }
}

/// Runs all parts, or one of them, and sums up.
pub(crate) fn run(root: &Root, selection: &Selection) -> Result<()> {
    let parts = selection.only.map_or_else(|| Part::value_variants().to_vec(), |part| vec![part]);
    let mut results: Vec<(Part, Duration, Result<()>)> = Vec::new();
    for part in parts {
        println!("\n── {} ──", part.name());
        let started = Instant::now();
        let result = part.run(root, selection);
        if let Err(error) = &result {
            println!("  ✗ {error:#}");
        }
        results.push((part, started.elapsed(), result));
    }

    println!("\n── summary ──");
    let mut failed = 0_usize;
    for (part, time, result) in &results {
        let name = part.name();
        match result {
            Ok(()) => println!("  ✓ {name:<12} {}", seconds(*time)),
            Err(error) => {
                failed = failed.saturating_add(1);
                println!("  ✗ {name:<12} {}: {error:#}", seconds(*time));
                let filter = selection.filter.as_ref().map(|filter| format!(" {filter}")).unwrap_or_default();
                println!("    again: cargo xtask test --only {name}{filter}");
            }
        }
    }
    if failed > 0 {
        bail!("{failed} of {} parts failed", results.len());
    }
    Ok(())
}

/// Nextest if installed, otherwise `cargo test`.
fn runner(root: &Root) -> Result<Command> {
    let mut command = cargo(root);
    if has_nextest(root)? {
        command.args(["nextest", "run", "--no-tests", "pass", "--cargo-profile", PROFILE]);
    } else {
        command.args(["test", "--quiet", "--tests", "--profile", PROFILE]);
    }
    Ok(command)
}

/// Whether `cargo nextest` is installed.
pub(crate) fn has_nextest(root: &Root) -> Result<bool> {
    let mut nextest = cargo(root);
    nextest.args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(nextest.status().context("starting cargo")?.success())
}

/// Nextest excludes tests that need a stack; without nextest those tests pass without doing anything.
fn without_a_stack(tests: &Command) -> Vec<String> {
    only(tests, format!("not package({END_TO_END}) - binary({CONTRACT})"))
}

/// Nextest selects only tests that need a stack; without nextest everything runs again.
fn only_on_a_stack(tests: &Command) -> Vec<String> {
    only(tests, format!("package({END_TO_END}) - binary({SEEDS}) | binary({CONTRACT})"))
}

fn only(tests: &Command, filterset: String) -> Vec<String> {
    let nextest = tests.get_args().any(|argument| argument == "nextest");
    if nextest { vec!["--filterset".to_owned(), filterset] } else { Vec::new() }
}

fn run_tests(mut tests: Command, filter: Option<&str>) -> Result<()> {
    tests.arg("--no-fail-fast").args(filter);
    if !tests.status().context("starting cargo")?.success() {
        bail!("tests failed");
    }
    Ok(())
}

fn end_to_end(root: &Root, filter: Option<&str>) -> Result<()> {
    {
        let _lock = root.lock()?;
        let environment = Environment::local(root);
        if !environment.is_ready()
            && let Some(mut shared) = Instance::started(root)
        {
            shared.stop()?;
        }
        environment.ensure()?;
        instance::forget_old_tests(root)?;
    }
    compile::with_tests(root)?;

    let mut instance = Instance::own(root)?;
    let step = Step::start("MiniStack and mail sink");
    instance.start(root)?;
    step.done(&format!("ports {} and {} of 127.0.0.1", instance.port, instance.mail_port));
    let result = deploy::run(root, &instance, deploy::FEED_FORMAT).and_then(|_| {
        let mut tests = runner(root)?;
        let only = only_on_a_stack(&tests);
        tests.arg("--workspace").args(only).envs(deploy::environment(&instance));
        run_tests(tests, filter)?;
        deploy::check_permissions(root, &instance, filter.is_none())
    });
    instance.stop()?;
    match result {
        Ok(()) => instance.forget(),
        Err(error) => Err(error.context(format!("logs and mails are in {}", instance.folder().display()))),
    }
}
