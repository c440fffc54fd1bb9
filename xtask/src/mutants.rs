//! `mutants`: makes many small changes to a crate, one at a time, and runs the crate's tests against each of them. A
//! change that no test detects survives: it shows a gap in the tests.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::compile::{cargo, program};
use crate::paths::Root;
use crate::progress::Step;
use crate::suite::has_nextest;

const TOOL: &str = "cargo-mutants";
const VERSION: &str = "27.1.0";
/// The profile in Cargo.toml with the shortest time to compile a change and to run its tests; also that of nextest.
const PROFILE: &str = "mutants";
/// A quarter of the default: a property that detects a change detects it early.
const CASES_PER_PROPERTY: &str = "64";
/// Used by tests of other crates, which detect its errors.
const TEST_SUPPORT: [&str; 2] = ["**/src/testing.rs", "**/src/testing/**"];
/// On a busy machine slow tests must not time out.
const MIN_TIMEOUT_SECONDS: &str = "30";
/// How many of 1000 viable mutants must be killed or explained.
const REQUIRED_PER_MILLE: usize = 950;
/// What separates a mutant from the reason why it survives.
const BECAUSE: &str = " because ";

/// Which mutants to test.
#[derive(clap::Args)]
pub(crate) struct Selection {
    /// The crate to change
    #[arg(value_name = "CRATE")]
    package: String,
    /// Change only files that match, such as parse.rs
    #[arg(long, value_name = "GLOB")]
    file: Option<String>,
    /// Test only the part K of N, counted from 0, such as 0/4
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
}

impl Selection {
    fn is_whole_crate(&self) -> bool {
        self.file.is_none() && self.shard.is_none()
    }
}

/// Tests the mutants of a crate; fails if too many survive.
pub(crate) fn run(root: &Root, selection: &Selection) -> Result<()> {
    let package = &selection.package;
    let list = format!("tests/mutants/{package}.txt");
    let explanations = match fs::read_to_string(root.join(&list)) {
        Ok(text) => explanations(&text).with_context(|| format!("reading {list}"))?,
        Err(_) => Vec::new(),
    };
    let tool = install(root)?;
    let output = root.made().join("mutants").join(package);
    test(root, &tool, selection, &output)?;
    let outcomes = output.join("mutants.out/outcomes.json");
    let outcomes = fs::read(&outcomes).with_context(|| format!("reading {}", outcomes.display()))?;
    let report = Report::new(&mutants(&serde_json::from_slice(&outcomes)?), explanations);
    report.print(package, &list, selection.is_whole_crate());
    report.judge()
}

/// The pinned tool, compiled below `.millrace/` when it is missing.
fn install(root: &Root) -> Result<PathBuf> {
    let folder = root.made().join("tools");
    let tool = folder.join("bin").join(TOOL);
    let _lock = root.lock()?;
    let installed = program(root, &tool).args(["mutants", "--version"]).output();
    if installed.is_ok_and(|it| String::from_utf8_lossy(&it.stdout).trim().ends_with(VERSION)) {
        return Ok(tool);
    }
    let step = Step::start(&format!("{TOOL} {VERSION}"));
    // Its own speed does not matter, and without optimisation it compiles in half the time.
    let compiled = cargo(root)
        .args(["install", "--quiet", "--locked", "--debug", "--version", VERSION, "--root"])
        .arg(&folder)
        .arg(TOOL)
        .output()
        .context("starting cargo")?;
    if !compiled.status.success() {
        bail!("cargo could not install {TOOL}:\n{}", String::from_utf8_lossy(&compiled.stderr));
    }
    step.done(&format!("installed in {}", folder.display()));
    Ok(tool)
}

fn test(root: &Root, tool: &Path, selection: &Selection, output: &Path) -> Result<()> {
    fs::create_dir_all(output)?;
    let mut command = program(root, tool);
    command
        // The changed copy gets a new folder in each run; its dependencies are compiled only once.
        .env("CARGO_TARGET_DIR", root.made().join("mutants/target"))
        .env("CARGO_INCREMENTAL", "1")
        // A persisted failure of one mutant would help to kill the next one.
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true")
        // Nobody reads the failure, so it need not be small.
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .env("PROPTEST_CASES", CASES_PER_PROPERTY)
        .args(["mutants", "--jobs", "1", "--profile", PROFILE, "--all-features", "--no-shuffle", "--colors", "never"])
        .args(["--minimum-test-timeout", MIN_TIMEOUT_SECONDS, "--package", &selection.package])
        // No examples and no doctests: each of them is a program of its own to link.
        .arg("--cargo-arg=--tests")
        .arg("--output")
        .arg(output);
    if has_nextest(root)? {
        command.env("NEXTEST_PROFILE", PROFILE).args(["--test-tool", "nextest"]);
    }
    for glob in TEST_SUPPORT {
        command.args(["--exclude", glob]);
    }
    if let Some(glob) = &selection.file {
        command.args(["--file", glob]);
    }
    if let Some(shard) = &selection.shard {
        // Each shard is a sample of all files.
        command.args(["--sharding", "round-robin", "--shard", shard]);
    }
    match command.status().with_context(|| format!("starting {TOOL}"))?.code() {
        // All killed, some survived, some ran too long.
        Some(0 | 2 | 3) => Ok(()),
        Some(4) => bail!("the tests of {} fail without any change", selection.package),
        _ => bail!("{TOOL} failed; the error is printed above"),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Unviable,
    Killed,
    Timeout,
    Survived,
}

#[derive(PartialEq, Eq, Debug)]
struct Mutant {
    /// The file, with line and column.
    place: String,
    /// The file and the change; independent of line numbers.
    name: String,
    fate: Fate,
}

/// All mutants in the `outcomes.json` of a run.
fn mutants(outcomes: &Value) -> Vec<Mutant> {
    let outcomes = outcomes.get("outcomes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    outcomes.iter().filter_map(mutant).collect()
}

/// `None` for the tests without any change.
fn mutant(outcome: &Value) -> Option<Mutant> {
    let mutant = outcome.get("scenario")?.get("Mutant")?;
    let file = mutant.get("file")?.as_str()?;
    let (place, change) = mutant.get("name")?.as_str()?.split_once(": ")?;
    let fate = match outcome.get("summary")?.as_str()? {
        "CaughtMutant" => Fate::Killed,
        "Timeout" => Fate::Timeout,
        "Unviable" => Fate::Unviable,
        _ => Fate::Survived,
    };
    Some(Mutant { place: place.to_owned(), name: format!("{file}: {change}"), fate })
}

/// The names of the mutants that a list of explanations accepts. One line explains one survivor.
fn explanations(text: &str) -> Result<Vec<String>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| match line.split_once(BECAUSE) {
            Some((mutant, reason)) if !reason.trim().is_empty() => Ok(mutant.to_owned()),
            _ => bail!("this line gives no reason; write \"<mutant>{BECAUSE}<reason>\": {line}"),
        })
        .collect()
}

#[derive(Debug)]
struct Report {
    viable: usize,
    killed: usize,
    timeouts: usize,
    explained: usize,
    /// The change, with its position.
    survivors: Vec<String>,
    /// Explanations without a survivor.
    stale: Vec<String>,
}

impl Report {
    fn new(mutants: &[Mutant], mut explanations: Vec<String>) -> Self {
        let count = |fate| mutants.iter().filter(|it| it.fate == fate).count();
        let mut survivors = Vec::new();
        for mutant in mutants.iter().filter(|it| it.fate == Fate::Survived) {
            if let Some(at) = explanations.iter().position(|it| *it == mutant.name) {
                explanations.remove(at);
            } else {
                let change = mutant.name.split_once(": ").map_or("", |(_, change)| change);
                survivors.push(format!("{}: {change}", mutant.place));
            }
        }
        let survived = count(Fate::Survived);
        Self {
            viable: mutants.len().saturating_sub(count(Fate::Unviable)),
            killed: count(Fate::Killed),
            timeouts: count(Fate::Timeout),
            explained: survived.saturating_sub(survivors.len()),
            survivors,
            stale: explanations,
        }
    }

    /// Of 1000 viable mutants, how many are killed, ran too long or are explained.
    fn per_mille(&self) -> Option<usize> {
        let good = self.viable.saturating_sub(self.survivors.len());
        good.saturating_mul(1000).checked_div(self.viable)
    }

    fn print(&self, package: &str, list: &str, is_whole_crate: bool) {
        println!(
            "\n{:<20}{:>8}{:>8}{:>10}{:>11}{:>10}{:>9}",
            "", "viable", "killed", "timeouts", "explained", "survived", "percent"
        );
        println!(
            "{package:<20}{:>8}{:>8}{:>10}{:>11}{:>10}{:>9}",
            self.viable,
            self.killed,
            self.timeouts,
            self.explained,
            self.survivors.len(),
            percent(self.per_mille().unwrap_or(0))
        );
        for survivor in &self.survivors {
            println!("  survived: {survivor}");
        }
        // A part of a crate does not cover explanations of the rest.
        for line in self.stale.iter().filter(|_| is_whole_crate) {
            println!("  no longer survives, remove it from {list}: {line}");
        }
    }

    fn judge(&self) -> Result<()> {
        match self.per_mille() {
            None => bail!("there is no mutant that compiles; the crate or the file has no code to change"),
            Some(reached) if reached < REQUIRED_PER_MILLE => {
                bail!("{} % are killed or explained, {} % are required", percent(reached), percent(REQUIRED_PER_MILLE))
            }
            Some(_) => Ok(()),
        }
    }
}

/// Per cent with one decimal.
fn percent(per_mille: usize) -> String {
    format!("{}.{}", per_mille / 10, per_mille % 10)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LESS: &str = "shared/money/src/amount.rs: replace < with <= in render";

    fn outcome(at: &str, change: &str, summary: &str) -> Value {
        let file = "shared/money/src/amount.rs";
        json!({"scenario": {"Mutant": {"name": format!("{file}:{at}: {change}"), "file": file}}, "summary": summary})
    }

    fn report(explained: &[&str]) -> Report {
        let outcomes = json!({"outcomes": [
            {"scenario": "Baseline", "summary": "Success"},
            outcome("7:9", "replace < with <= in render", "MissedMutant"),
            outcome("8:9", "replace < with <= in render", "MissedMutant"),
            outcome("9:9", "replace < with == in render", "CaughtMutant"),
            outcome("9:9", "replace f -> A::B with C::d()", "Timeout"),
            outcome("9:9", "replace < with ! in render", "Unviable"),
        ]});
        Report::new(&mutants(&outcomes), explained.iter().map(|it| (*it).to_owned()).collect())
    }

    #[test]
    fn one_line_explains_one_survivor() {
        let report = report(&[LESS]);
        assert_eq!((report.viable, report.killed, report.timeouts, report.explained), (4, 1, 1, 1));
        assert_eq!(report.survivors, ["shared/money/src/amount.rs:8:9: replace < with <= in render"]);
        assert!(report.stale.is_empty());
        assert_eq!(report.per_mille(), Some(750));
    }

    #[test]
    fn fewer_than_95_percent_fail_and_so_does_nothing_at_all() {
        assert_eq!(report(&[]).judge().unwrap_err().to_string(), "50.0 % are killed or explained, 95.0 % are required");
        assert!(report(&[LESS, LESS]).judge().is_ok());
        assert!(Report::new(&[], Vec::new()).judge().is_err());
        let of = |survivors: usize| Report { viable: 100, survivors: vec![String::new(); survivors], ..report(&[]) };
        assert!(of(5).judge().is_ok());
        assert!(of(6).judge().is_err());
    }

    #[test]
    fn an_explanation_of_what_does_not_survive_is_stale() {
        let killed = "shared/money/src/amount.rs: replace < with == in render";
        assert_eq!(report(&[LESS, killed, LESS, LESS]).stale, [killed, LESS]);
    }

    #[test]
    fn an_explanation_names_a_mutant_and_a_reason() {
        let text = format!("# a comment\n\n{LESS} because 0 has no sign\n");
        assert_eq!(explanations(&text).unwrap(), [LESS]);
        assert!(explanations(LESS).is_err());
        assert!(explanations(&format!("{LESS} because ")).is_err());
    }
}
