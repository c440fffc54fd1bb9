//! Advances on the stack, for weeks, with a processor that fails and with functions that are killed: both ledgers agree to
//! the cent.
//!
//! It moves the stack's clock and stops processes of the whole stack, so it runs alone: see `.config/nextest.toml`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "each binary of these tests uses a part of it")]
mod api;
mod command;
mod processes;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use api::Api;
use command::{file, millrace, stack};
use processes::{redelivered_after, running_function};
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};

const ADVANCES: usize = 50;
/// Twelve weekly instalments, and three weeks for what failed.
const DAYS: &str = "105";
const FAULTS: &str = "failure=20%,lost-answer=10%";
const FUNCTIONS: [&str; 4] = ["collect-debit", "run-debits", "sandbox-processor", "serve-advances"];
const KILLS: usize = 25;

#[test]
fn fifty_advances_are_paid_out_and_collected_and_both_ledgers_agree() {
    let Some(endpoint) = stack() else { return };
    let lender = Lender::new(&endpoint);
    Lender::register("CALM");
    let ids = lender.request("CALM");
    lender.answers_what_went_wrong("CALM");
    let played = Lender::play();
    assert!(played["payments"].as_u64().unwrap() > 600, "{played}");
    Lender::ledgers_agree(ADVANCES);
    lender.all_have_ended(&ids);
    Lender::journal_balances();

    // The same with functions that are killed.
    let usual = redelivered_after(&BTreeMap::new(), Some("5"));
    Lender::register("KILL");
    let ids = lender.request("KILL");
    let ended = AtomicBool::new(false);
    let killed = thread::scope(|scope| {
        let killer = scope.spawn(|| kill(&ended));
        Lender::play();
        ended.store(true, Ordering::Relaxed);
        killer.join().unwrap()
    });
    redelivered_after(&usual, None);
    assert!(killed.values().sum::<usize>() >= KILLS / 2, "too few were running when killed: {killed:?}");
    Lender::ledgers_agree(2 * ADVANCES);
    lender.all_have_ended(&ids);
    Lender::journal_balances();
    eprintln!("killed {killed:?}");
}

struct Lender {
    api: Api,
    token: String,
}

impl Lender {
    fn new(endpoint: &str) -> Self {
        let token = millrace(&["token", "--user", "operator"]).1["access_token"].as_str().unwrap().to_owned();
        let chances = ["sandbox", "faults", "--seed", "7", "--chances", FAULTS];
        assert_eq!(millrace(&chances).0, 0);
        Self { api: Api::new(endpoint), token }
    }

    /// Registers the customers and their accounts.
    fn register(prefix: &str) {
        let mut text =
            "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction\n".to_owned();
        for number in 0..ADVANCES {
            writeln!(
                text,
                "{prefix}{number:04},Kim,{prefix}{number},1990-01-01,,giro,A{number},2026-01-05T10:00:00Z,1.00"
            )
            .unwrap();
        }
        let (code, report) = millrace(&["import", &file(&format!("{prefix}.csv"), &text), "--wait"]);
        assert_eq!((code, &report["state"]), (0, &"done".into()), "{report}");
    }

    fn call(&self, method: &str, path: &str, key: Option<&str>, body: &Value) -> (u16, Value) {
        let key = key.map(|it| format!("idempotency-key: {it}\r\n")).unwrap_or_default();
        let headers = format!("authorization: Bearer {}\r\ncontent-type: application/json\r\n{key}", self.token);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, _, answer) = self.api.send(method, &self.api.path_of(path), &headers, &body);
        (status, serde_json::from_str(answer.trim()).unwrap_or(Value::Null))
    }

    /// Requests an advance for each account; their ids.
    fn request(&self, prefix: &str) -> Vec<String> {
        let advances = (0..ADVANCES).map(|number| {
            let amount = format!("{}.{:02}", 100 + number * 7, number);
            let body = json!({ "account": format!("{prefix}{number:04}"), "amount": amount, "currency": "EUR" });
            let key = format!("{prefix}-{number}");
            let (status, advance) = self.call("POST", "/advances", Some(&key), &body);
            assert_eq!(status, 201, "{advance}");
            if number == 0 {
                let (status, again) = self.call("POST", "/advances", Some(&key), &body);
                assert_eq!((status, &again["id"]), (200, &advance["id"]), "the same request");
            }
            advance["id"].as_str().unwrap().to_owned()
        });
        advances.collect()
    }

    fn answers_what_went_wrong(&self, prefix: &str) {
        let body = |amount: &str| json!({ "account": format!("{prefix}0000"), "amount": amount, "currency": "EUR" });
        let key = format!("{prefix}-0");
        assert_eq!(self.call("POST", "/advances", Some(&key), &body("250.00")).0, 422, "another body");
        assert_eq!(self.call("POST", "/advances", Some("new"), &body("0")).0, 422);
        assert_eq!(self.call("POST", "/advances", None, &body("100")).0, 400, "no key");
        assert_eq!(self.call("GET", "/advances/0123456789abcdef01234567", None, &Value::Null).0, 404);
    }

    fn play() -> Value {
        let (code, played) = millrace(&["sandbox", "play", "--days", DAYS, "--as-operator", "--timeout", "240"]);
        assert_eq!(code, 0, "{played}");
        eprintln!("{played}");
        played
    }

    fn ledgers_agree(advances: usize) {
        let (code, comparison) = millrace(&["sandbox", "ledger"]);
        assert_eq!(comparison["differences"], json!([]), "{comparison}");
        assert_eq!((code, &comparison["advances"]), (0, &advances.into()), "{comparison}");
        for moved in comparison["moved"].as_array().unwrap() {
            assert!(moved["processor"]["amount"] != "0.00", "{comparison}");
        }
    }

    /// All of them are paid back or written off, and what is paid, due, in progress and refused adds up.
    fn all_have_ended(&self, ids: &[String]) {
        let minor = |it: &Value| it["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
        let mut states = BTreeMap::<String, usize>::new();
        for id in ids {
            let (status, advance) = self.call("GET", &format!("/advances/{id}"), None, &Value::Null);
            assert_eq!(status, 200, "{advance}");
            let parts = ["paid", "due_later", "in_progress", "refused"].map(|it| minor(&advance[it]));
            assert_eq!(parts.iter().sum::<i64>(), minor(&advance["amount"]), "{advance}");
            *states.entry(advance["state"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        eprintln!("{states:?}");
        let settled = states.get("settled").copied().unwrap_or(0);
        assert!(settled > 0, "{states:?}");
    }

    fn journal_balances() {
        let (code, journal) = millrace(&["advances", "journal"]);
        assert_eq!(code, 0, "{journal}");
        let minor = |it: &Value| it["amount"]["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
        for entry in journal.as_array().unwrap() {
            let sum: i64 = entry["postings"].as_array().unwrap().iter().map(minor).sum();
            assert_eq!(sum, 0, "{entry}");
        }
    }
}

/// Kills functions while they work, until `ended`.
fn kill(ended: &AtomicBool) -> BTreeMap<String, usize> {
    let mut killed = BTreeMap::<String, usize>::new();
    for (pause, turn) in [15, 60, 5, 110, 35].into_iter().cycle().zip(0..) {
        if ended.load(Ordering::Relaxed) || killed.values().sum::<usize>() >= KILLS {
            break;
        }
        let mut functions = FUNCTIONS;
        functions.rotate_left(turn % FUNCTIONS.len());
        if let Some((name, pid)) = running_function(&functions) {
            thread::sleep(Duration::from_millis(pause));
            if kill_process(pid, Signal::KILL).is_ok() {
                *killed.entry(name).or_default() += 1;
            }
        }
        thread::sleep(Duration::from_millis(700));
    }
    killed
}
