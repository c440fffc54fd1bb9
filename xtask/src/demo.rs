//! `demo`: shows the first job on this machine; with `--feed`, the second; with `--advances`, the third.

use std::fs;
use std::path::PathBuf;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::demo_advances;
use crate::deploy::{self, Outputs};
use crate::holders::{self, Holders};
use crate::instance::Instance;
use crate::millrace::Millrace;
use crate::paths::Root;
use crate::probe;
use crate::progress::{self, Step};
use crate::up::{self, Ports};

const MAILS: Duration = Duration::from_mins(2);
const BANK: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(200);

/// The failure rates of the simulated bank.
const FAULTS: [&str; 6] = ["--crash", "5%", "--repeat-pages", "2%", "--repeat-rows", "1%"];

/// Ends with `demo: ok` or an error. With `feed`, shows the second job on feeds of this size in `format`.
pub(crate) fn run(root: &Root, ports: &Ports, feed: Option<&str>, format: &str) -> Result<()> {
    ended(|| match feed {
        None => show(root, ports),
        Some(size) => show_feed(root, ports, size, format),
    })
}

/// The same for the third job.
pub(crate) fn run_advances(root: &Root, ports: &Ports) -> Result<()> {
    ended(|| demo_advances::show(root, ports))
}

fn ended(show: impl FnOnce() -> Result<()>) -> Result<()> {
    let started = Instant::now();
    match show() {
        Ok(()) => {
            println!("\ndemo: ok ({})", progress::seconds(started.elapsed()));
            Ok(())
        }
        Err(error) => {
            println!("\ndemo: failed");
            Err(error)
        }
    }
}

fn show(root: &Root, ports: &Ports) -> Result<()> {
    let (instance, outputs) = up::bring_up(root, ports, deploy::FEED_FORMAT)?;
    show_files(root, &instance, &outputs)?;
    println!("Stop it all: cargo xtask down");
    Ok(())
}

/// Shows the first job on a running stack.
pub(crate) fn show_files(root: &Root, instance: &Instance, outputs: &Outputs) -> Result<()> {
    let millrace = Millrace::of(root, instance);

    let holders = holders::make();
    let file = root.made().join("holders.csv");
    fs::write(&file, &holders.csv).with_context(|| format!("writing {}", file.display()))?;
    let accounts: usize = holders.mails.values().sum();
    println!("\n{} transactions on {accounts} accounts, in {}", holders.rows, file.display());

    let before = mails(instance)?.len();
    millrace.show(&["import", &file.display().to_string(), "--wait"])?;
    let example = wait_for_mails(instance, &holders, before)?;
    println!();
    millrace.show(&["accounts"])?;

    let token = millrace.answer(&["token"])?;
    let api = deploy::api(instance, outputs);
    let path = api.strip_prefix(&instance.endpoint()).unwrap_or(&api);
    let status = probe::get(instance.port, &format!("{path}/accounts"), &token).context("calling the API")?;
    if status != 200 {
        bail!(
            "the API answered the operator with HTTP {status}; `cargo xtask logs serve-customers` may contain the reason"
        );
    }

    println!("\nMails: {} of them, as .eml and as .html, in {}", accounts, instance.mails().display());
    println!("  one to open in a browser: {}", example.display());
    println!("\nAddresses");
    up::show(instance, outputs);
    println!("\nThe API, as the operator:");
    println!("  TOKEN={token}");
    println!("  curl -H \"Authorization: Bearer $TOKEN\" '{api}/accounts'");
    println!("\nA new token: {} --endpoint {} token", millrace.binary.display(), instance.endpoint());
    Ok(())
}

fn show_feed(root: &Root, ports: &Ports, size: &str, format: &str) -> Result<()> {
    let (instance, _) = up::bring_up(root, ports, format)?;
    let millrace = Millrace::of(root, &instance);
    let started = Instant::now();
    let bank = Bank::open(root, &instance, size, format)?;
    println!("\nA simulated bank with failing feeds is at http://127.0.0.1:{}", instance.feed_port);
    millrace.show(&["feed", "poll", "--wait", "--timeout", "3600"])?;
    drop(bank);
    println!();
    millrace.show(&["feed", "check", "--size", size])?;
    println!();
    millrace.show(&["audit"])?;
    println!("\nFrom the first page to here: {}", progress::seconds(started.elapsed()));
    println!("Stop it all: cargo xtask down");
    Ok(())
}

/// `millrace feed serve`, until it is dropped.
pub(crate) struct Bank(Child);

impl Bank {
    pub(crate) fn open(root: &Root, instance: &Instance, size: &str, format: &str) -> Result<Self> {
        let port = instance.feed_port.to_string();
        if !probe::is_free(instance.feed_port) {
            bail!(
                "port {port} of 127.0.0.1, reserved for the bank's feeds, is in use; is `millrace feed serve` running?"
            );
        }
        let arguments = [&["feed", "serve", "--size", size, "--format", format, "--port", &port][..], &FAULTS].concat();
        let bank = Self(Millrace::of(root, instance).start(&arguments)?);
        let started = Instant::now();
        while !probe::accepts(instance.feed_port) {
            if started.elapsed() > BANK {
                bail!("the bank's feeds are not served within {}", progress::seconds(BANK));
            }
            thread::sleep(PAUSE);
        }
        Ok(bank)
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until each holder has a mail for each account; returns the path of the example mail. There were `before` mails
/// before the import.
fn wait_for_mails(instance: &Instance, holders: &Holders, before: usize) -> Result<PathBuf> {
    let expected: usize = holders.mails.values().sum();
    let step = Step::counted("Mails", u64::try_from(expected)?);
    let started = Instant::now();
    loop {
        let names = mails(instance)?;
        let to = |address: &str| -> Vec<&String> {
            let ending = format!("-{address}.eml");
            names.iter().filter(|name| name.ends_with(&ending)).collect()
        };
        let arrived = holders.mails.iter().map(|(address, wanted)| to(address).len().min(*wanted)).sum::<usize>();
        step.reached(u64::try_from(arrived)?);
        if arrived == expected {
            step.done(&received(names.len().saturating_sub(before), expected));
            let example = to(&holders.example).first().map(|name| instance.mails().join(name).with_extension("html"));
            return example.context("the example has no mail");
        }
        if started.elapsed() > MAILS {
            drop(step);
            bail!(
                "only {arrived} of {expected} mails came within {}; `cargo xtask logs mail-summary` may contain the reason",
                progress::seconds(MAILS)
            );
        }
        thread::sleep(PAUSE);
    }
}

/// How many of the `expected` mails are new, and how many an earlier demo has received.
fn received(new: usize, expected: usize) -> String {
    match expected.saturating_sub(new) {
        0 => format!("{expected} received"),
        all if all == expected => format!("{expected} are there already"),
        earlier => format!("{new} received, {earlier} are there already"),
    }
}

fn mails(instance: &Instance) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(instance.mails()).context("reading the received mails")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_of_an_earlier_demo_are_not_received_again() {
        for (new, said) in [(24, "24 received"), (0, "24 are there already"), (4, "4 received, 20 are there already")] {
            assert_eq!(received(new, 24), said);
        }
    }
}
