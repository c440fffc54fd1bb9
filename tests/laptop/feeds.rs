//! A bank's feeds that crash and repeat themselves, polled on the stack while functions are killed: every balance is
//! the data maker's answer.
//!
//! It stops processes of the whole stack, so it runs alone: see `.config/nextest.toml`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod command;
mod processes;

use std::collections::BTreeMap;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use command::{millrace, spawn, stack};
use processes::{redelivered_after, running_function};
use rustix::process::{Signal, kill_process};

/// No message is given up after four deliveries, so no function is killed more often.
const KILLS: [(&str, u32); 3] = [("poll-feed", 3), ("split-import", 2), ("post-entries", 4)];
const REDELIVERED_AFTER: &str = "15";

/// A bank that crashes, cuts its answers off, repeats pages and rows.
struct Bank(Child);

impl Bank {
    #[allow(clippy::disallowed_methods, reason = "an environment variable names the stack of a test")]
    fn open() -> Self {
        let (port, size) = (std::env::var("MILLRACE_FEED_PORT").unwrap(), size());
        let faults =
            ["--crash", "5%", "--repeat-pages", "2%", "--repeat-rows", "1%", "--cut", "2%", "--truncate", "2%"];
        let bank = Self(spawn(&[&["feed", "serve", "--size", &size, "--port", &port][..], &faults].concat()));
        let until = Instant::now() + Duration::from_secs(30);
        while std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
            assert!(Instant::now() < until, "the bank does not open");
            thread::sleep(Duration::from_millis(50));
        }
        bank
    }
}

/// How much the bank has: `small`, unless `MILLRACE_FEED_SIZE` says otherwise.
#[allow(clippy::disallowed_methods, reason = "an environment variable names the stack of a test")]
fn size() -> String {
    std::env::var("MILLRACE_FEED_SIZE").unwrap_or_else(|_| "small".to_owned())
}

impl Drop for Bank {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_crashing_feed_and_killed_functions_leave_every_balance_right() {
    if stack().is_none() {
        return;
    }
    let usual = redelivered_after(&BTreeMap::new(), Some(REDELIVERED_AFTER));
    let bank = Bank::open();
    let polling = thread::spawn(|| millrace(&["feed", "poll", "--wait", "--timeout", "400"]));
    let mut killed = BTreeMap::<String, u32>::new();
    for pause in [20, 300, 5, 120, 40].into_iter().cycle() {
        if polling.is_finished() {
            break;
        }
        let left: Vec<&str> = KILLS
            .iter()
            .filter(|(name, most)| killed.get(*name).copied().unwrap_or(0) < *most)
            .map(|(name, _)| *name)
            .collect();
        let caught = running_function(&left);
        thread::sleep(Duration::from_millis(pause));
        if let Some((name, pid)) = caught
            && kill_process(pid, Signal::KILL).is_ok()
        {
            *killed.entry(name).or_default() += 1;
        }
    }
    let (code, feeds) = polling.join().unwrap();
    redelivered_after(&usual, None);
    assert_eq!(code, 0, "{feeds}");
    assert!(killed.values().sum::<u32>() >= 4, "too few were running when killed: {killed:?}");
    let feeds = feeds["items"].as_array().unwrap();
    assert_eq!(feeds.len(), 4);
    for feed in feeds {
        assert_eq!((&feed["state"], &feed["proof"]["gaps"]), (&"idle".into(), &serde_json::json!([])), "{feed}");
        assert!(feed["proven_at"].is_string() && feed.get("error").is_none(), "{feed}");
    }
    let swift = &feeds[3]["proof"];
    assert!(swift["rows"]["declared"].as_u64().unwrap() > 20_000, "repeated rows are declared, too: {swift}");
    assert!(swift["pages"]["requests"].as_u64() > swift["pages"]["taken"].as_u64(), "{swift}");
    assert!(
        swift["entries"]["dirty"].as_u64().unwrap() > 100 && swift["entries"]["duplicates"].as_u64().unwrap() > 100
    );

    let (code, checked) = millrace(&["feed", "check", "--size", &size()]);
    assert_eq!(code, 0, "{checked}");
    assert!(checked["balances"].as_u64().unwrap() > 5_000, "{checked}");
    let (code, audit) = millrace(&["audit"]);
    assert_eq!(code, 0, "{audit}");

    // Another poll without new data: the same proof.
    let (code, again) = millrace(&["feed", "poll", "--wait"]);
    assert_eq!(code, 0, "{again}");
    assert_eq!(again["items"][3]["proof"]["entries"], swift["entries"]);
    drop(bank);
    eprintln!("killed {killed:?}; {} balances", checked["balances"]);
}
