//! Access control, and the responses to refused requests.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod samples;

use axum::Router;
use lambda_kit::Problem;
use samples::{Token, acme, ada, api, event, get, july, june, nemo, nobody, send, unreachable};
use serde_json::json;

/// Sends `GET target`; a status from 400 on must be a problem document that names just `fields`.
async fn check(api: &Router, token: &Token, target: &str, status: u16, fields: &[&str]) {
    let answer = get(api, target, token).await;
    assert_eq!(answer.status, status, "{token:?} {target}: {}", answer.text);
    assert_eq!(answer.headers["cache-control"], "no-store", "{target}");
    if status == 401 {
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    if status >= 400 {
        assert_eq!(answer.headers["content-type"], Problem::MEDIA_TYPE, "{target}");
        let problem: Problem = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(problem.status, status);
        assert!(problem.r#type.starts_with("urn:millrace:problem:"));
        assert!(!answer.text.contains("canary"), "{}", answer.text);
        let named: Vec<_> = problem.errors.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(named, fields, "{target}: {}", answer.text);
    }
}

fn targets() -> Vec<String> {
    vec![
        "/customers".to_owned(),
        format!("/customers/{}", ada()),
        "/accounts".to_owned(),
        "/accounts/4711".to_owned(),
        "/accounts/4711/balance".to_owned(),
        "/accounts/4711/history".to_owned(),
        "/accounts/4711/entries".to_owned(),
        format!("/customers/{}/balances?in=EUR", ada()),
        format!("/customers/{}/history?in=USD", ada()),
        format!("/customers/{}/countries", ada()),
        format!("/customers/{}/counterparties?in=EUR", ada()),
        format!("/customers/{}/interest?from=2026-01-01&to=2026-12-31", ada()),
        format!("/customers/{}/forecast?to=2026-12-31&in=EUR", ada()),
        format!("/customers/{}/entries", ada()),
        format!("/customers/{}/entries.csv", ada()),
        "/imports".to_owned(),
        format!("/imports/{}", july().id),
        format!("/imports/{}/rejects", july().id),
        "/portfolio".to_owned(),
    ]
}

#[tokio::test]
async fn nothing_but_the_document_is_open() {
    let api = api().await;
    check(&api, &Token::None, "/openapi.json", 200, &[]).await;
    for target in targets() {
        check(&api, &Token::Operator, &target, 200, &[]).await;
        for token in [
            Token::None,
            Token::But("token_use", Some("id")),
            Token::But("token_use", None),
            Token::But("client_id", Some("another")),
            Token::But("client_id", None),
        ] {
            check(&api, &token, &target, 401, &[]).await;
        }
        for token in [
            Token::But("cognito:groups", None),
            Token::But("cognito:groups", Some("[readers]")),
            Token::But("cognito:groups", Some("[]")),
            Token::But("cognito:groups", Some("[customer]")),
        ] {
            check(&api, &token, &target, 403, &[]).await;
        }
    }
}

#[tokio::test]
async fn a_customer_sees_what_is_theirs() {
    let api = api().await;
    let (ada, acme) = (Token::Customer(ada()), Token::Customer(acme()));
    for target in &targets()[..15] {
        check(&api, &ada, target, 200, &[]).await;
    }
    for target in &targets()[15..] {
        check(&api, &ada, target, 403, &[]).await;
    }
    for target in ["/customers", "/accounts"] {
        let of_ada = get(&api, target, &ada).await.json();
        assert_eq!(of_ada["items"].as_array().unwrap().len(), 1, "{of_ada}");
        let of_nobody = get(&api, target, &Token::Customer(nobody())).await.json();
        assert_eq!(of_nobody, json!({"items": []}));
    }
    for end in ["", "/balance", "/history", "/entries"] {
        let theirs = get(&api, &format!("/accounts/4711{end}"), &acme).await;
        let missing = get(&api, &format!("/accounts/0815{end}"), &acme).await;
        assert_eq!((theirs.status, missing.status), (404, 404));
        assert_eq!(theirs.text, missing.text, "nothing tells that it exists");
    }
    let figures = targets().into_iter().filter(|it| it.starts_with("/customers/"));
    for target in figures {
        let theirs = get(&api, &target, &acme).await;
        let missing = get(&api, &target.replace(&samples::ada().to_string(), &nobody().to_string()), &acme).await;
        assert_eq!((theirs.status, &theirs.text), (404, &missing.text), "{target}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let api = api().await;
    let of_ada = |query: &str| format!("/customers/{}/{query}", ada());
    for (target, fields) in [
        ("/customers?limit=0", &["limit"][..]),
        ("/customers?limit=501", &["limit"]),
        ("/customers?limit=%2B5", &["limit"]),
        ("/customers?limit=-1", &["limit"]),
        ("/customers?limit=99999999999999999999", &["limit"]),
        ("/customers?limit=", &["limit"]),
        ("/customers?page=2", &["page"]),
        ("/customers?cursor=e30", &["cursor"]),
        ("/customers?cursor=%FF", &["cursor"]),
        ("/customers?limit=x&page=2&sort=name", &["limit", "page", "sort"]),
        ("/customers?limit=1&limit=2", &["limit"]),
        ("/customers/ada", &["customer"]),
        ("/customers/0F8FAD5B-D9CB-569F-A165-70867728950E", &["customer"]),
        ("/accounts?cursor=", &["cursor"]),
        ("/accounts/47%2F11", &["account"]),
        ("/accounts/%FF", &["account"]),
        ("/accounts/4711?on=2026-07-31", &["on"]),
        ("/accounts/4711/balance?on=2026-02-29", &["on"]),
        ("/accounts/4711/balance?on=yesterday&view=some", &["on", "view"]),
        ("/accounts/4711/balance?date=2026-07-31", &["date"]),
        ("/accounts/4711/history?by=hour&from=2026-08-01&to=2026-07-01", &["from", "by"]),
        ("/accounts/4711/history?by=day&from=1990-01-01&to=2026-07-01", &["by"]),
        ("/accounts/4711/entries?from=31.07.2026", &["from"]),
        ("/accounts/4711/entries?from=2026-08-01&to=2026-07-31", &["from"]),
        ("/accounts/4711/entries?to=9999-01-01&limit=1e2", &["to", "limit"]),
        ("/accounts/4711/entries?cursor=eyJ2IjoxfQ", &["cursor"]),
        ("/customers?kind=bank&search=", &["search", "kind"]),
        (&of_ada("balances?in=GBP&on=now"), &["on", "in"]),
        (&of_ada("history?from=2026-08-01&to=2026-07-01&in=eur"), &["from", "in"]),
        (&of_ada("history?by=day&from=1990-01-01&to=2026-07-01"), &["by"]),
        (&of_ada("countries?from=2026-08-01&to=2026-07-01"), &["from"]),
        (&of_ada("counterparties?limit=501&by=count"), &["limit", "by"]),
        (&of_ada("interest"), &["from", "to"]),
        (&of_ada("interest?from=2026-08-01&to=2026-07-01"), &["from"]),
        (&of_ada("interest?from=2020-01-01&to=2026-07-01"), &["to"]),
        (&of_ada("interest?from=2026-01-01&to=2026-07-01&debt_rate=3&credit_rate=1e-2"), &["debt_rate", "credit_rate"]),
        (&of_ada("forecast"), &["to"]),
        (&of_ada("forecast?to=2026-08-13"), &["to"]),
        (&of_ada("forecast?to=2027-08-15"), &["to"]),
        (&of_ada("forecast?on=2026-08-01&to=2026-07-31"), &["to"]),
        (&of_ada("entries?cursor=e30"), &["cursor"]),
        (&of_ada("entries.csv?cursor=e30"), &["cursor"]),
        (&of_ada("entries.csv?limit=5"), &["limit"]),
        ("/portfolio?in=JPY&limit=0", &["in", "limit"]),
        ("/imports?state=done", &["state"]),
        ("/imports?cursor=x", &["cursor"]),
        ("/imports/1", &["import"]),
        ("/imports/1/rejects", &["import"]),
    ] {
        check(&api, &Token::Operator, target, 400, fields).await;
    }
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let api = api().await;
    let unknown = "0123456789abcdef0123456789abcdef";
    for target in [
        "/".to_owned(),
        "/account".to_owned(),
        "/accounts/4711/".to_owned(),
        "/accounts/4711/statement".to_owned(),
        "/accounts/0815".to_owned(),
        "/accounts/0815/balance".to_owned(),
        "/accounts/0815/entries".to_owned(),
        format!("/customers/{}", nobody()),
        format!("/imports/{unknown}"),
        format!("/imports/{unknown}/rejects"),
        format!("/imports/{}/rejects", june().id),
    ] {
        check(&api, &Token::Operator, &target, 404, &[]).await;
    }
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let answer = send(&api, &event(method, "/accounts", &Token::Operator)).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.headers["content-type"], Problem::MEDIA_TYPE);
    }
}

#[tokio::test]
async fn internal_errors_are_not_disclosed() {
    let api = api().await;
    for end in
        ["", "/balance", "/balance?on=2026-07-31", "/history?from=2026-01-01&to=2026-12-31", "/history", "/entries"]
    {
        check(&api, &Token::Operator, &format!("/accounts/BROKEN{end}"), 500, &[]).await;
    }
    for query in [
        "balances",
        "history",
        "countries",
        "counterparties",
        "interest?from=2026-01-01&to=2026-01-02",
        "forecast?to=2026-12-31",
        "entries",
        "entries.csv",
    ] {
        check(&api, &Token::Operator, &format!("/customers/{}/{query}", nemo()), 500, &[]).await;
    }
    let rejects = format!("/imports/{}/rejects", unreachable().id);
    check(&api, &Token::Operator, &rejects, 503, &[]).await;
}

#[tokio::test]
async fn the_gateway_s_event_is_answered() {
    let api = api().await;
    let event = include_str!("../../../events/aws/serve-customers.json");
    let answer = send(&api, event).await;
    assert_eq!((answer.status, answer.json()["items"].as_array().unwrap().len()), (200, 2));
}
