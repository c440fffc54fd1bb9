//! Builds the programs for the local stack: plain cargo with the profile `local`, which builds and starts fast.

use std::ffi::OsStr;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::paths::Root;
use crate::progress;

/// The profile, which is also the name of its folder under `target/`.
pub(crate) const PROFILE: &str = "local";

/// Builds all functions and tools; cargo shows its own progress.
pub(crate) fn run(root: &Root) -> Result<()> {
    let started = Instant::now();
    let (functions, tools) = (root.functions()?, root.tools()?);
    let mut cargo = cargo(root);
    cargo.args(["build", "--locked", "--profile", PROFILE]);
    for name in functions.iter().chain(&tools) {
        cargo.args(["--package", name]);
    }
    if !cargo.status().context("starting cargo")?.success() {
        bail!("the build failed; the errors are printed above");
    }
    let tools = if tools.is_empty() { String::new() } else { format!(" and {}", tools.join(", ")) };
    progress::done("Build", &format!("{} functions{tools}", functions.len()), started);
    Ok(())
}

/// Builds everything with all tests.
///
/// Cargo recompiles a crate for each set of features, and the set depends on the named packages and targets.
/// So every run names all packages, and each crate is compiled once.
pub(crate) fn with_tests(root: &Root) -> Result<()> {
    let started = Instant::now();
    let mut cargo = cargo(root);
    cargo.args(["build", "--locked", "--profile", PROFILE, "--workspace", "--tests", "--bins"]);
    if !cargo.status().context("starting cargo")?.success() {
        bail!("the build failed; the errors are printed above");
    }
    progress::done("Build", "everything, with its tests", started);
    Ok(())
}

/// The cargo that runs this program.
pub(crate) fn cargo(root: &Root) -> Command {
    program(root, "cargo")
}

/// A command without cargo's environment variables for this package.
pub(crate) fn program(root: &Root, name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root.path());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST") || text == "CARGO" {
            command.env_remove(&name);
        }
    }
    command
}
