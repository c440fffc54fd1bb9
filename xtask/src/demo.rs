//! `demo`: the whole first job on this machine, shown to a person.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::compile::PROFILE;
use crate::deploy;
use crate::holders::{self, Holders};
use crate::instance::Instance;
use crate::paths::Root;
use crate::probe;
use crate::progress::{self, Step};
use crate::up::{self, Ports};

const MAILS: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_millis(200);

/// Ends with `demo: ok`, or says what failed.
pub(crate) fn run(root: &Root, ports: &Ports) -> Result<()> {
    let started = Instant::now();
    match show(root, ports) {
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
    let (instance, outputs) = up::bring_up(root, ports)?;
    let millrace = Millrace::of(root, &instance);

    let holders = holders::make();
    let file = root.made().join("holders.csv");
    fs::write(&file, &holders.csv).with_context(|| format!("writing {}", file.display()))?;
    let accounts: usize = holders.mails.values().sum();
    println!("\n{} transactions on {accounts} accounts, in {}", holders.rows, file.display());

    millrace.show(&["import", &file.display().to_string(), "--wait"])?;
    let example = wait_for_mails(&instance, &holders)?;
    println!();
    millrace.show(&["accounts"])?;

    let token = millrace.answer(&["token"])?;
    let api = deploy::api(&instance, &outputs);
    let path = api.strip_prefix(&instance.endpoint()).unwrap_or(&api);
    let status = probe::get(instance.port, &format!("{path}/accounts"), &token).context("asking the API")?;
    if status != 200 {
        bail!("the API answered the operator with HTTP {status}; `cargo xtask logs serve-customers` may say why");
    }

    println!("\nMails: {} of them, as .eml and as .html, in {}", accounts, instance.mails().display());
    println!("  one to open in a browser: {}", example.display());
    println!("\nAddresses");
    up::show(&instance, &outputs);
    println!("\nThe API, as the operator:");
    println!("  TOKEN={token}");
    println!("  curl -H \"Authorization: Bearer $TOKEN\" '{api}/accounts'");
    println!("\nA new token: {} --endpoint {} token", millrace.binary.display(), instance.endpoint());
    println!("Stop it all: cargo xtask down");
    Ok(())
}

/// The operator's command, as built, speaking to the local stack.
struct Millrace {
    binary: PathBuf,
    endpoint: String,
    environment: Vec<(&'static str, String)>,
}

impl Millrace {
    fn of(root: &Root, instance: &Instance) -> Self {
        Self {
            binary: root.target().join(PROFILE).join("millrace"),
            endpoint: instance.endpoint(),
            environment: deploy::environment(instance),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(["--endpoint", &self.endpoint]).args(arguments).envs(self.environment.iter().cloned());
        command
    }

    /// Runs it before the person's eyes.
    fn show(&self, arguments: &[&str]) -> Result<()> {
        println!("$ millrace {}", arguments.join(" "));
        let status = self.command(arguments).status().with_context(|| self.missing())?;
        if !status.success() {
            bail!("`millrace {}` failed; the reason stands above", arguments.join(" "));
        }
        Ok(())
    }

    /// Runs it for what it prints.
    fn answer(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command(arguments).stderr(Stdio::inherit()).output().with_context(|| self.missing())?;
        let text = String::from_utf8(output.stdout)?.trim().to_owned();
        if !output.status.success() || text.is_empty() {
            bail!("`millrace {}` failed", arguments.join(" "));
        }
        Ok(text)
    }

    fn missing(&self) -> String {
        format!("starting {}", self.binary.display())
    }
}

/// Waits until each holder has a mail for each account; gives back the page of the example's mail.
fn wait_for_mails(instance: &Instance, holders: &Holders) -> Result<PathBuf> {
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
            step.done(&format!("{expected} received"));
            let example = to(&holders.example).first().map(|name| instance.mails().join(name).with_extension("html"));
            return example.context("the example has no mail");
        }
        if started.elapsed() > MAILS {
            drop(step);
            bail!(
                "only {arrived} of {expected} mails came within {}; `cargo xtask logs mail-summary` may say why",
                progress::seconds(MAILS)
            );
        }
        thread::sleep(PAUSE);
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
