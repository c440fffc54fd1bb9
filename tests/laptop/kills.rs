//! The functions' processes are killed while they work, and every cent and every mail is right all the same.
//!
//! It shortens the time after which queues deliver again, and stops processes of the whole stack, so it runs alone:
//! see `.config/nextest.toml`.

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

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use command::{file, mails_to, millrace, stack};
use processes::{redelivered_after, running_function};
use rustix::process::{Signal, kill_process};
use serde_json::Value;

const ACCOUNTS: usize = 300;
const ROWS: usize = 12;
/// No message is given up after four deliveries, so no function is killed more often.
const KILLS: [(&str, u32); 3] = [("split-import", 1), ("post-entries", 2), ("mail-summary", 4)];
/// Seconds. A mail that was being sent is left alone for 45 s, which is less than four deliveries.
const REDELIVERED_AFTER: &str = "15";
/// A mail that was being sent twice when its process ended is not sent a third time but reported as unknown. The
/// second time cannot come earlier than this.
const ALL_MAIL_KILLS_WITHIN: Duration = Duration::from_secs(12);
const PATIENCE: Duration = Duration::from_mins(5);

#[test]
fn functions_killed_while_they_work_change_nothing() {
    if stack().is_none() {
        return;
    }
    let usual = redelivered_after(&BTreeMap::new(), Some(REDELIVERED_AFTER));
    let (text, expected) = holders();
    let (code, uploaded) = millrace(&["import", &file("killed.csv", &text)]);
    assert_eq!(code, 0, "{uploaded}");
    let killed = kill_while_working();
    let report = settled(uploaded["id"].as_str().unwrap());
    redelivered_after(&usual, None);
    assert!(killed.values().sum::<u32>() >= 6, "too few were running when killed: {killed:?}");

    assert_eq!(report["state"], "done", "{report}");
    assert_eq!(report["rows"]["taken"], ACCOUNTS * ROWS);
    assert_eq!(report["entries"]["posted"], ACCOUNTS * ROWS);
    assert_eq!(report["mails"]["sent"], ACCOUNTS, "{report}");
    let (code, audit) = millrace(&["audit"]);
    assert_eq!(code, 0, "{audit}");
    let (mut mails, mut repeated) = (0, 0);
    for (account, cents) in expected {
        let (_, balance) = millrace(&["balance", &account]);
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        assert!(balance.to_string().contains(&format!("\"{amount}\"")), "{account}: {balance}, not {amount}");
        let of_account = mails_to(&format!("{account}@example.com").to_lowercase());
        // The provider assigns a separate id to each sent mail.
        let sent = |it: &String| it.lines().filter(|it| !it.starts_with("Message-ID:")).collect::<String>();
        let texts: BTreeSet<String> = of_account.iter().map(sent).collect();
        assert_eq!(texts.len(), 1, "{account} has {} different mails", texts.len());
        mails += of_account.len();
        repeated += of_account.len() - 1;
        assert!(of_account.len() <= 2, "{account} has {} mails", of_account.len());
    }
    // A mail that the provider accepted just before the process ended is sent again: product page, reliability rule 15.
    let of_mail = killed.get("mail-summary").copied().unwrap_or(0);
    assert!(repeated <= usize::try_from(of_mail).unwrap() * 10, "{repeated} of {mails} mails were sent twice");
    eprintln!("killed {killed:?}; {mails} mails for {ACCOUNTS} accounts");
}

/// A file of many holders, and each account's balance in cents.
fn holders() -> (String, BTreeMap<String, usize>) {
    let mut text =
        "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction\n".to_owned();
    let mut sums = BTreeMap::<String, usize>::new();
    for row in 0..ROWS {
        for number in 0..ACCOUNTS {
            let (account, cents) = (format!("KILL{number:04}"), 101 + row * 37 + number);
            let (month, email) = (row % 12 + 1, format!("{account}@example.com").to_lowercase());
            let amount = format!("{}.{:02}", cents / 100, cents % 100);
            writeln!(text, "{account},Kim,Number{number},1990-01-01,{email},giro,K{row}-{number},2024-{month:02}-05T10:00:00Z,{amount}")
                .unwrap();
            *sums.entry(account).or_default() += cents;
        }
    }
    (text, sums)
}

/// Kills each function as often as it may be, whenever it has worked for a moment.
fn kill_while_working() -> BTreeMap<String, u32> {
    let mut killed = BTreeMap::new();
    let until = Instant::now() + Duration::from_mins(2);
    let mut first_mail_kill = None;
    for pause in [20, 80, 5, 120, 40].into_iter().cycle() {
        let no_mail = first_mail_kill.is_some_and(|it: Instant| it.elapsed() > ALL_MAIL_KILLS_WITHIN);
        let left = KILLS.iter().filter(|(name, most)| {
            killed.get(*name).copied().unwrap_or(0) < *most && !(no_mail && *name == "mail-summary")
        });
        let mut left: Vec<&str> = left.map(|(name, _)| *name).collect();
        left.sort_by_key(|name| killed.get(*name).copied().unwrap_or(0));
        if left.is_empty() || Instant::now() > until {
            break;
        }
        let Some((name, pid)) = running_function(&left) else {
            thread::sleep(Duration::from_millis(5));
            continue;
        };
        thread::sleep(Duration::from_millis(pause));
        if kill_process(pid, Signal::KILL).is_ok() {
            if name == "mail-summary" {
                first_mail_kill.get_or_insert_with(Instant::now);
            }
            *killed.entry(name).or_default() += 1;
        }
        thread::sleep(Duration::from_millis(300));
    }
    killed
}

/// The import's report after it is final.
fn settled(id: &str) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let (_, report) = millrace(&["imports", id]);
        let open = |state: &str| report["mails"][state].as_u64().unwrap_or(1);
        let ended = matches!(report["state"].as_str(), Some("done" | "failed" | "refused"));
        if ended && open("wanted") + open("sending") == 0 {
            return report;
        }
        assert!(Instant::now() < until, "not settled: {report}");
        thread::sleep(Duration::from_millis(500));
    }
}
