//! The routes over a store in memory: what a client sees, across restarts and at once.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::time::Duration;

use advances_sandbox::testing::{FakeStore, order, store_contract};
use advances_sandbox::{Delays, Faults, Processor, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use calendar::{Clock, Moment};
use serde_json::{Value, json};
use tower::ServiceExt as _;

#[derive(Clone, Copy)]
struct Machine;

impl Clock for Machine {
    fn now(&self) -> Moment {
        "2026-11-30T10:00:00Z".parse().unwrap()
    }
}

/// A processor over a store, as a new instance of the function has it.
fn instance(store: &FakeStore, references: bool) -> Router {
    let dedupe = if references { Duration::from_hours(72) } else { Duration::ZERO };
    let processor = Processor { store: store.clone(), clock: Machine, dedupe, faults: Faults::default() };
    router(processor, Delays { hang: Duration::ZERO, slow: Duration::ZERO })
}

async fn call(server: &Router, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let request = Request::builder().method(method).uri(path).body(body).unwrap();
    let answer = server.clone().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), 1_000_000).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

async fn get(server: &Router, path: &str) -> (u16, Value) {
    call(server, "GET", path, Value::Null).await
}

async fn set_clock(server: &Router, at: &str) -> u16 {
    call(server, "POST", "/clock", json!({ "at": at })).await.0
}

async fn set_faults(server: &Router, chances: &str) -> u16 {
    call(server, "POST", "/faults", json!({ "seed": 7, "chances": chances })).await.0
}

fn document(reference: Option<&str>) -> Value {
    json!(order(reference))
}

#[tokio::test]
async fn the_fake_store_keeps_the_contract() {
    store_contract(&FakeStore::default()).await;
}

#[tokio::test]
async fn a_transaction_is_accepted_known_reported_and_in_the_ledger_after_a_restart() {
    let store = FakeStore::default();
    let server = instance(&store, true);
    assert_eq!(set_clock(&server, "2026-01-05T10:00:00Z").await, 200);
    let (status, accepted) = call(&server, "POST", "/transactions", document(Some("R-1"))).await;
    assert_eq!(status, 201);
    let expected = json!({
        "transaction": "tx-R-1.1", "reference": "R-1", "source": "1000001", "destination": "9000009", "amount": "8.33",
        "currency": "EUR", "direction": "debit", "accepted_at": "2026-01-05T10:00:00Z",
    });
    assert_eq!(accepted, expected);

    let server = instance(&store, true);
    let (_, status) = get(&server, "/transactions/R-1").await;
    assert_eq!(status, json!({ "reference": "R-1", "status": "accepted", "transaction": "tx-R-1.1" }));
    let (_, status) = get(&server, "/transactions/R-2").await;
    assert_eq!(status, json!({ "reference": "R-2", "status": "not_known", "as_of": "2026-01-05T10:00:00Z" }));

    let (status, problem) = get(&server, "/reports/2026-01-05").await;
    assert_eq!((status, &problem["type"]), (404, &json!("urn:millrace:problem:report-not-available")));
    set_clock(&server, "2026-01-12T10:00:00Z").await;
    let mut lines = Vec::new();
    for day in 5..=8 {
        let (status, report) = get(&server, &format!("/reports/2026-01-0{day}")).await;
        assert_eq!((status, &report["complete"]), (200, &json!(true)));
        lines.extend(report["lines"].as_array().unwrap().clone());
    }
    let line = json!({
        "transaction": "tx-R-1.1", "reference": "R-1", "source": "1000001", "destination": "9000009", "amount": "8.33",
        "currency": "EUR", "direction": "debit", "accepted_on": "2026-01-05", "outcome": "success",
    });
    assert_eq!(lines, [line]);
    let (_, ledger) = get(&server, "/ledger").await;
    assert_eq!(ledger["at"], "2026-01-12T10:00:00Z");
    assert_eq!(ledger["transactions"].as_array().unwrap().len(), 1);
    assert_eq!(ledger["transactions"][0]["outcome"], "success");
}

#[tokio::test]
async fn faults_are_put_at_run_time() {
    let server = instance(&FakeStore::default(), true);
    assert_eq!(set_faults(&server, "refusal=100%").await, 200);
    let (status, problem) = call(&server, "POST", "/transactions", document(Some("R-1"))).await;
    assert_eq!((status, &problem["type"]), (422, &json!("urn:millrace:problem:transaction-refused")));
    assert_eq!((&problem["reference"], &problem["detail"]), (&json!("R-1"), &json!("account closed")));
    for (fault, expected, executed) in
        [("unavailable=100%", 503, 0), ("lost-answer=100%", 502, 1), ("hang=100%", 502, 1), ("slow=100%", 201, 2)]
    {
        assert_eq!(set_faults(&server, fault).await, 200);
        let (status, _) = call(&server, "POST", "/transactions", document(Some(fault.get(..4).unwrap()))).await;
        assert_eq!(status, expected, "{fault}");
        let (_, ledger) = get(&server, "/ledger").await;
        assert_eq!(ledger["transactions"].as_array().unwrap().len(), executed, "{fault}");
    }
    let (status, problem) = call(&server, "POST", "/faults", json!({ "seed": 7, "chances": "lie=5%" })).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!("chances")));
    let (_, faults) = get(&server, "/faults").await;
    assert_eq!(faults, json!({ "seed": 7, "chances": "slow=100%", "without_funds": [] }));
}

#[tokio::test]
async fn the_clock_is_that_of_the_machine_until_it_is_set_and_never_goes_back() {
    let server = instance(&FakeStore::default(), true);
    assert_eq!(get(&server, "/clock").await.1, json!({ "at": "2026-11-30T10:00:00Z" }));
    assert_eq!(set_clock(&server, "2026-01-05T10:00:00Z").await, 200, "nothing was set before");
    assert_eq!(set_clock(&server, "2026-01-05T10:00:00Z").await, 200);
    assert_eq!(set_clock(&server, "2026-01-05T09:59:59Z").await, 409);
    assert_eq!(set_clock(&server, "2026-01-06").await, 400, "a day is no instant");
    assert_eq!(get(&server, "/clock").await.1, json!({ "at": "2026-01-05T10:00:00Z" }));
}

#[tokio::test]
async fn without_references_each_call_is_a_transaction() {
    let server = instance(&FakeStore::default(), false);
    for number in 1..=3 {
        let (status, accepted) = call(&server, "POST", "/transactions", document(None)).await;
        assert_eq!((status, &accepted["transaction"]), (201, &json!(format!("tx-#{number}.1"))));
        assert_eq!(accepted.get("reference"), None);
    }
    assert_eq!(call(&server, "POST", "/transactions", document(Some("R-1"))).await.0, 400);
    assert_eq!(get(&server, "/transactions/R-1").await.0, 404);
}

#[tokio::test]
async fn what_is_not_as_documented_is_refused_without_an_effect() {
    let server = instance(&FakeStore::default(), true);
    let mut number = document(Some("R-1"));
    number["amount"] = json!(8.33);
    let mut account = document(Some("R-1"));
    account["source"] = json!("");
    let mut zero = document(Some("R-1"));
    zero["amount"] = json!("0.00");
    for body in [json!({}), json!([]), number, account, zero, document(None)] {
        let (status, problem) = call(&server, "POST", "/transactions", body.clone()).await;
        assert_eq!(status, 400, "{body}: {problem}");
    }
    for (method, path, expected) in [
        ("GET", "/reports/2026-13-01", 400),
        ("GET", "/transactions", 405),
        ("DELETE", "/ledger", 405),
        ("GET", "/", 404),
    ] {
        assert_eq!(call(&server, method, path, Value::Null).await.0, expected, "{method} {path}");
    }
    assert_eq!(get(&server, "/ledger").await.1["transactions"], json!([]));
}

/// The fields of a documented schema: all, and the required ones.
fn fields(schema: &str) -> (Vec<String>, Vec<String>) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/processor-openapi.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let schema = document.pointer(&format!("/components/schemas/{schema}")).unwrap();
    let required = schema["required"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned());
    (schema["properties"].as_object().unwrap().keys().cloned().collect(), required.collect())
}

fn check_documented(schema: &str, document: &Value) {
    let (all, required) = fields(schema);
    let given: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert!(given.iter().all(|it| all.contains(it)), "{schema}: {document}");
    assert!(required.iter().all(|it| given.contains(&it)), "{schema}: {document}");
}

#[tokio::test]
async fn the_answers_have_the_documented_fields() {
    let server = instance(&FakeStore::default(), true);
    set_clock(&server, "2026-01-05T10:00:00Z").await;
    set_faults(&server, "failure=100%").await;
    check_documented("Order", &document(Some("R-1")));
    check_documented("Accepted", &call(&server, "POST", "/transactions", document(Some("R-1"))).await.1);
    check_documented("Status/oneOf/0", &get(&server, "/transactions/R-1").await.1);
    check_documented("Status/oneOf/1", &get(&server, "/transactions/R-2").await.1);
    check_documented("Problem", &get(&server, "/reports/2026-01-05").await.1);
    set_clock(&server, "2026-01-12T10:00:00Z").await;
    let mut lines = 0;
    for day in 5..=8 {
        let (_, report) = get(&server, &format!("/reports/2026-01-0{day}")).await;
        check_documented("Report", &report);
        for line in report["lines"].as_array().unwrap() {
            check_documented("Line", line);
            lines += 1;
        }
    }
    assert_eq!(lines, 1);
}
