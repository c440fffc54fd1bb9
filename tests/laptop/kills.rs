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

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::QueueAttributeName;
use command::{file, mails_to, millrace, stack};
use rustix::process::{Pid, Signal, kill_process};
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
    assert!(killed.values().sum::<u32>() >= 6, "too few were caught at work: {killed:?}");

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
        // The carrier gives each sending an id of its own.
        let sent = |it: &String| it.lines().filter(|it| !it.starts_with("Message-ID:")).collect::<String>();
        let texts: BTreeSet<String> = of_account.iter().map(sent).collect();
        assert_eq!(texts.len(), 1, "{account} has {} different mails", texts.len());
        mails += of_account.len();
        repeated += of_account.len() - 1;
        assert!(of_account.len() <= 2, "{account} has {} mails", of_account.len());
    }
    // A mail that the carrier took just before the process ended is sent once more: product page, reliability rule 15.
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
        let Some((name, pid)) = at_work(&left) else {
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

/// A process that has used the processor since it was looked at last, of the first of these functions that has one.
fn at_work(functions: &[&str]) -> Option<(String, Pid)> {
    let processes = || {
        let all =
            std::fs::read_dir("/proc").unwrap().filter_map(|it| it.unwrap().file_name().to_str()?.parse::<i32>().ok());
        all.filter_map(|pid| Some((pid, function_of(pid)?, ticks_of(pid)?)))
    };
    let before: BTreeMap<i32, u64> = processes().map(|(pid, _, ticks)| (pid, ticks)).collect();
    thread::sleep(Duration::from_millis(30));
    let working = processes().filter(|(pid, _, ticks)| before.get(pid).is_none_or(|earlier| ticks > earlier));
    let place = |name: &str| functions.iter().position(|it| *it == name);
    let first = working.filter_map(|(pid, name, _)| Some((place(&name)?, name, pid))).min()?;
    Some((first.1, Pid::from_raw(first.2)?))
}

/// The function that a process of this stack is.
#[allow(clippy::disallowed_methods, reason = "a test is told its stack by the environment")]
fn function_of(pid: i32) -> Option<String> {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    let of = |name: &str| {
        let variables = environment.split(|byte| *byte == 0).filter_map(|it| std::str::from_utf8(it).ok());
        variables.filter_map(|it| it.split_once('=')).find(|(it, _)| *it == name).map(|(_, value)| value.to_owned())
    };
    (of("AWS_ENDPOINT_URL")? == std::env::var("MILLRACE_ENDPOINT").ok()?).then_some(())?;
    of("AWS_LAMBDA_FUNCTION_NAME")?.strip_prefix("millrace-").map(str::to_owned)
}

/// How long a process has run, in ticks of the kernel: fields 14 and 15 of its `stat`.
fn ticks_of(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut behind_name = stat.rsplit_once(") ")?.1.split(' ').skip(11).map(str::parse::<u64>);
    Some(behind_name.next()?.ok()? + behind_name.next()?.ok()?)
}

/// The import's report once nothing of it is under way any more.
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

/// Sets after how many seconds each queue of the stack delivers again what was not acknowledged, to what `times` says
/// of it or else to `other`; what it was before.
fn redelivered_after(times: &BTreeMap<String, String>, other: Option<&str>) -> BTreeMap<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sqs = aws_sdk_sqs::Client::new(&aws_config::load_from_env().await);
        let mut before = BTreeMap::new();
        for url in sqs.list_queues().send().await.unwrap().queue_urls.unwrap_or_default() {
            let name = QueueAttributeName::VisibilityTimeout;
            let asked = sqs.get_queue_attributes().queue_url(&url).attribute_names(name.clone()).send().await.unwrap();
            let was = asked.attributes.unwrap_or_default().remove(&name).unwrap_or_default();
            if let Some(seconds) = times.get(&url).map(String::as_str).or(other) {
                sqs.set_queue_attributes().queue_url(&url).attributes(name, seconds).send().await.unwrap();
            }
            before.insert(url, was);
        }
        before
    })
}
