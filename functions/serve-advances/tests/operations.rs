//! What operators do: the story of an advance, breaks, runs, the stop switch and the journal.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod samples;

use advances::ports::{Advances as _, Append, Breaks as _, CallGate as _, PaymentRequest, Runs as _};
use advances::{Advance, AdvanceId, Break, Direction, Event, Fact, Outcome, Payment, ReportLine, RunPhase, RunRecord};
use calendar::Date;
use money::{Currency, Money};
use samples::{IBAN, Stores, Token, ada, api, get, hundred, now, post, request};
use serde_json::{Value, json};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn orphan() -> Break {
    let line = ReportLine {
        transaction: "T-9".parse().unwrap(),
        reference: None,
        direction: Direction::Debit,
        account: IBAN.parse().unwrap(),
        amount: Money::new(500, Currency::EUR),
        accepted_on: day("2026-03-01"),
        outcome: Outcome::Success,
    };
    Break::orphan(&line, day("2026-03-02"))
}

/// Appends to the only advance what collect-debit and a run would.
async fn credit(stores: &Stores, id: &AdvanceId) {
    let facts = stores.advances.load(id).await.unwrap();
    let before = Advance::fold(&facts).unwrap();
    let payment = Payment::Credit { attempt: 1 };
    let order = before.order(payment).unwrap();
    let transaction: advances::TransactionId = "T-1".parse().unwrap();
    let new = [
        Event::Calling { payment, call: 1, order },
        Event::Taken { payment, transaction: transaction.clone() },
        Event::Succeeded { payment, transaction },
    ];
    let new: Vec<Fact> = new.map(|event| Fact { at: now(), event }).to_vec();
    let after = before.with(&new).unwrap();
    let append = Append {
        advance: id.clone(),
        expected: before.facts(),
        facts: new,
        claims: advances::Claims::default(),
        index: after.index_item(),
    };
    stores.advances.append(&append).await.unwrap();
}

#[tokio::test]
async fn an_advance_shows_its_payments_and_changes_and_the_journal_its_money() {
    let stores = Stores::default();
    let api = api(&stores).await;
    let requested = request(&api, Token::Operator, "key-1", &hundred()).await;
    let path = requested.headers["location"].to_str().unwrap().to_owned();
    let id: AdvanceId = path.rsplit('/').next().unwrap().parse().unwrap();
    credit(&stores, &id).await;
    let shown = get(&api, &path, Token::Customer(ada())).await.json();
    assert_eq!(shown["credits"][0]["state"], "succeeded");
    assert_eq!(shown["credits"][0]["transaction"], "T-1");
    assert_eq!(shown["credited_on"], "2026-03-02");
    let changes: Vec<&str> =
        shown["changes"].as_array().unwrap().iter().map(|it| it["text"].as_str().unwrap()).collect();
    assert!(changes.len() >= 2 && changes.iter().all(|it| it.ends_with('.')), "{changes:?}");
    let late = post(&api, &format!("{path}/cancellation"), Token::Operator, &json!({"reason": "too late"})).await;
    assert_eq!(late.status, 409, "{}", late.text);

    let journal = get(&api, "/advances/journal?from=2026-03-02&to=2026-03-02", Token::Operator).await.json();
    assert_eq!(journal["entries"].as_array().unwrap().len(), 1);
    let balances = journal["trial_balance"].as_array().unwrap();
    let balances: Vec<_> = balances.iter().map(|it| (&it["account"], &it["amount"]["amount"])).collect();
    assert_eq!(balances, [(&json!("receivable"), &json!("100.00")), (&json!("processor_cash"), &json!("-100.00"))]);
    let csv = get(&api, "/advances/journal.csv", Token::Operator).await;
    assert_eq!(
        csv.text.lines().map(|it| it.rsplitn(4, ',').take(3).collect::<Vec<_>>()).collect::<Vec<_>>(),
        [["currency", "amount", "account"], ["EUR", "100.00", "receivable"], ["EUR", "-100.00", "processor_cash"]]
    );
    let none = get(&api, "/advances/journal?from=2026-03-03", Token::Operator).await.json();
    assert_eq!(none, json!({"entries": [], "trial_balance": []}));
    assert_eq!(get(&api, "/advances/journal", Token::Customer(ada())).await.status, 403);
}

#[tokio::test]
async fn a_break_is_closed_once_with_a_reason() {
    let stores = Stores::default();
    let api = api(&stores).await;
    let found = orphan();
    stores.breaks.open(&found).await.unwrap();
    let count = async |query: &str| {
        let answer = get(&api, &format!("/breaks{query}"), Token::Operator).await;
        answer.json()["items"].as_array().unwrap().len()
    };
    assert_eq!((count("").await, count("?state=open&kind=orphan").await, count("?state=closed").await), (1, 1, 0));
    let path = format!("/breaks/{}/closing", found.id);
    let reason = json!({"reason": "a fee of the processor"});
    assert_eq!(post(&api, &path, Token::Reader, &reason).await.status, 403);
    assert_eq!(post(&api, &path, Token::Operator, &json!({"reason": " "})).await.fields(), ["reason"]);
    let closed = post(&api, &path, Token::Operator, &reason).await;
    assert_eq!((closed.status, &closed.json()["closed"]["by"]), (200, &json!("olga")));
    assert_eq!(post(&api, &path, Token::Operator, &reason).await.status, 409);
    assert_eq!(post(&api, "/breaks/unknown/closing", Token::Operator, &reason).await.status, 404);
    assert_eq!((count("?state=open").await, count("?state=closed").await), (0, 1));
}

#[tokio::test]
async fn a_waiting_run_is_approved_and_continues() {
    let stores = Stores::default();
    let api = api(&stores).await;
    let date = day("2026-03-02");
    let path = "/runs/2026-03-02";
    assert_eq!(get(&api, path, Token::Operator).await.status, 404);
    let planning = RunRecord::new(date);
    stores.runs.save(&planning).await.unwrap();
    assert_eq!(post(&api, &format!("{path}/approval"), Token::Operator, &Value::Null).await.status, 409);
    let planned = stores.runs.load(date).await.unwrap().unwrap();
    let waiting = RunRecord { phase: RunPhase::Waiting, objection: Some("many".into()), ..planned };
    stores.runs.save(&waiting).await.unwrap();
    let shown = get(&api, path, Token::Reader).await.json();
    assert_eq!(
        shown,
        json!({"date": "2026-03-02", "phase": "waiting", "payments": 0, "totals": [], "objection": "many"})
    );
    assert_eq!(post(&api, &format!("{path}/approval"), Token::Reader, &Value::Null).await.status, 403);
    for attempt in 1..=2 {
        let approved = post(&api, &format!("{path}/approval"), Token::Operator, &Value::Null).await;
        assert_eq!((approved.status, &approved.json()["approved_by"]), (200, &json!("olga")));
        assert_eq!(stores.run_requests.all().len(), attempt, "a repeated approval requests the run again");
    }
    assert_eq!(get(&api, "/runs/today", Token::Operator).await.fields(), ["date"]);
}

#[tokio::test]
async fn an_operator_stops_and_resumes_all_calls() {
    let stores = Stores::default();
    let api = api(&stores).await;
    let reason = json!({"reason": "the processor's maintenance"});
    assert_eq!(post(&api, "/advances/calls/stop", Token::Customer(ada()), &reason).await.status, 403);
    let stopped = post(&api, "/advances/calls/stop", Token::Operator, &reason).await.json();
    assert_eq!(stopped["stopped"], json!({"at": "2026-03-02T12:00:00Z", "by": "olga", "reason": reason["reason"]}));
    assert!(stores.gate.load().await.unwrap().stopped.is_some());
    let resumed = post(&api, "/advances/calls/resume", Token::Operator, &reason).await.json();
    assert_eq!(resumed, json!({"remembered": 0, "unknown": 0}));
    assert_eq!(get(&api, "/advances/calls", Token::Reader).await.json(), resumed);
}

#[tokio::test]
async fn a_refund_needs_one_that_waits() {
    let stores = Stores::default();
    let api = api(&stores).await;
    let requested = request(&api, Token::Operator, "key-1", &hundred()).await;
    let path = format!("{}/refund-approval", requested.headers["location"].to_str().unwrap());
    let body = json!({"instalment": 1});
    assert_eq!(post(&api, &path, Token::Customer(ada()), &body).await.status, 403);
    assert_eq!(post(&api, &path, Token::Operator, &body).await.status, 409);
    let unknown = path.replace(|it: char| it.is_ascii_digit(), "0");
    assert_eq!(post(&api, &unknown, Token::Operator, &body).await.status, 404);
    let first: Vec<PaymentRequest> = stores.payments.take();
    assert_eq!(first.len(), 1);
}
