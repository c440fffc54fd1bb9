//! `seeds`: runs the suite in one process with handlers interleaved at every call of a port, by seed.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::compile::{PROFILE, cargo};
use crate::paths::Root;

/// Which seeds run.
#[derive(Clone, Copy, clap::Args)]
pub(crate) struct Seeds {
    /// Only this seed, as named in a failure
    #[arg(long, conflicts_with_all = ["from", "count", "minutes"])]
    seed: Option<u64>,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many seeds
    #[arg(long, conflicts_with = "minutes")]
    count: Option<u64>,
    /// Run seeds for this long
    #[arg(long, default_value_t = 5)]
    minutes: u64,
}

impl Seeds {
    /// As many seeds as fit, starting with the first.
    pub(crate) fn for_minutes(minutes: u64) -> Self {
        Self { seed: None, from: 0, count: None, minutes }
    }

    /// The environment variables that select the seeds.
    fn environment(self) -> Vec<(&'static str, String)> {
        if let Some(seed) = self.seed {
            return vec![("MILLRACE_SEED", seed.to_string())];
        }
        let range = |end: u64| ("MILLRACE_SEEDS", format!("{}..{end}", self.from));
        if let Some(count) = self.count {
            return vec![range(self.from.saturating_add(count))];
        }
        let seconds = self.minutes.saturating_mul(60).to_string();
        vec![range(u64::MAX), ("MILLRACE_SEED_SECONDS", seconds)]
    }
}

/// Runs seeds; a failure prints its seed and the command to repeat it.
pub(crate) fn run(root: &Root, seeds: Seeds) -> Result<()> {
    // The whole workspace is named so that its crates are compiled once, with the same features as for all other tests.
    let mut test: Command = cargo(root);
    test.args(["test", "--quiet", "--profile", PROFILE, "--workspace", "--test", "seeds", "--", "--nocapture"]);
    test.envs(seeds.environment());
    if !test.status().context("starting cargo")?.success() {
        bail!("a seed failed; the line above names it");
    }
    Ok(())
}
