//! Handlers interleaved at every call of a port, by seed: the books are those of a quiet run, byte for byte.
//!
//! `MILLRACE_SEED=<seed>` runs one seed; `MILLRACE_SEEDS=<from>..<to>` runs these; `MILLRACE_SEED_SECONDS` as many from
//! 0 on as fit. `cargo xtask seeds` sets them.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads from its environment what to run"
)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use e2e::{Ran, run_seed};

/// How many seeds run where nobody says.
const SEEDS: u64 = 300;
/// The number of seeds between two lines of progress.
const REPORT_EVERY: u64 = 1_000;

#[test]
fn the_same_seed_decides_the_same() {
    for seed in [1, 2, 3] {
        assert_eq!(run_seed(seed), run_seed(seed), "seed {seed}");
    }
}

#[test]
fn every_seed_ends_as_a_quiet_run_does() {
    let variable = |name: &str| std::env::var(name).ok().filter(|it| !it.is_empty());
    if let Some(seed) = variable("MILLRACE_SEED") {
        let ran = run_seed(seed.parse().unwrap()).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
        eprintln!("seed {seed}: {ran:?}");
        return;
    }
    let range = variable("MILLRACE_SEEDS").map(|it| {
        let (from, to) = it.split_once("..").unwrap();
        from.parse().unwrap()..to.parse().unwrap()
    });
    let until = variable("MILLRACE_SEED_SECONDS").map(|it| Duration::from_secs(it.parse().unwrap()));
    let range = range.unwrap_or(0..if until.is_some() { u64::MAX } else { SEEDS });
    let (next, started) = (AtomicU64::new(range.start), Instant::now());
    let failed = Mutex::new(None::<(u64, String)>);
    let sum = Mutex::new((0_u64, Ran::default()));
    let work = || {
        while until.is_none_or(|it| started.elapsed() < it) && failed.lock().unwrap().is_none() {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= range.end {
                return;
            }
            let result = std::panic::catch_unwind(|| run_seed(seed)).unwrap_or_else(|_| Err("it panics".to_owned()));
            match result {
                Ok(ran) => {
                    let (seeds, all) = &mut *sum.lock().unwrap();
                    *seeds += 1;
                    *all = all.and(ran);
                    if seeds.is_multiple_of(REPORT_EVERY) {
                        eprintln!("{seeds} seeds in {} s", started.elapsed().as_secs());
                    }
                }
                Err(wrong) => *failed.lock().unwrap() = Some((seed, wrong)),
            }
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(work))));
    let (seeds, all) = *sum.lock().unwrap();
    eprintln!("{seeds} seeds from {} on in {} s: {all:?}", range.start, started.elapsed().as_secs());
    if let Some((seed, wrong)) = failed.into_inner().unwrap() {
        panic!("seed {seed}: {wrong}\n  again: cargo xtask seeds --seed {seed}");
    }
    assert!(all.crashes > 0 && all.dead_letters > 0 || seeds < 100, "the faults are too few: {all:?}");
}
