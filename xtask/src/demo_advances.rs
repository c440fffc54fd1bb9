//! `demo --advances`: advances are paid out and collected over 15 weeks, through a processor that fails.

use std::fs;
use std::time::Instant;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::deploy;
use crate::millrace::Millrace;
use crate::paths::Root;
use crate::progress;
use crate::up::{self, Ports};

/// A few, so that 15 weeks take less than a minute.
const ADVANCES: usize = 12;
const DAYS: &str = "105";
const FAULTS: &str = "failure=20%,lost-answer=10%";

/// Brings the stack up and plays 15 weeks; fails if the two ledgers do not agree.
pub(crate) fn show(root: &Root, ports: &Ports) -> Result<()> {
    let (instance, _) = up::bring_up(root, ports, deploy::FEED_FORMAT)?;
    let millrace = Millrace::of(root, &instance);
    let started = Instant::now();
    let file = root.made().join("borrowers.csv");
    fs::write(&file, borrowers()).with_context(|| format!("writing {}", file.display()))?;
    millrace.show(&["import", &file.display().to_string(), "--wait"])?;

    println!("\n{ADVANCES} advances; the sandbox's processor fails 20 % of the payments and loses 10 % of its answers");
    millrace.show(&["sandbox", "faults", "--seed", "7", "--chances", FAULTS])?;
    // A new key for each day of the stack's clock, so that the demo can be repeated.
    let clock = millrace.answer(&["sandbox", "clock"])?;
    for number in 0..ADVANCES {
        let (account, amount) = (account(number), format!("{}50.00", number.saturating_add(3)));
        millrace.answer(&["advance", "request", &account, &amount, "EUR", "--key", &format!("{clock} {account}")])?;
    }
    millrace.show(&["sandbox", "play", "--days", DAYS, "--as-operator"])?;
    println!();
    millrace.show(&["advance", "list", "--limit", "12"])?;
    println!("\nThe story of the first of them:");
    let first = first_advance(&millrace)?;
    millrace.show(&["advance", "show", &first])?;
    println!();
    millrace.show(&["sandbox", "ledger"])?;
    println!();
    millrace.show(&["audit"])?;
    println!("\n15 weeks took {}", progress::seconds(started.elapsed()));
    println!("Stop it all: cargo xtask down");
    Ok(())
}

/// The holders and accounts that get advances.
fn borrowers() -> String {
    let head = "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction";
    let rows = (0..ADVANCES).map(|number| {
        let account = account(number);
        format!("{account},Robin,Borrower{number},1990-01-01,,giro,B{number},2026-01-05T10:00:00Z,25.00")
    });
    std::iter::once(head.to_owned()).chain(rows).collect::<Vec<_>>().join("\n")
}

fn account(number: usize) -> String {
    format!("LOAN{number:04}")
}

fn first_advance(millrace: &Millrace) -> Result<String> {
    let listed = millrace.answer(&["--json", "advance", "list", "--limit", "1"])?;
    let listed: Value = serde_json::from_str(&listed).context("reading the list of advances")?;
    let id = listed.pointer("/0/id").and_then(Value::as_str).context("there is no advance")?;
    Ok(id.to_owned())
}
