//! What the API says of the bank's feeds.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod samples;

use samples::{Token, acme, get};
use serde_json::json;

#[tokio::test]
async fn feeds_tell_how_far_they_are_and_what_is_missing() {
    let api = samples::api().await;
    let never = get(&api, "/feeds/swift", &Token::Operator).await;
    assert_eq!((never.status, never.json()), (200, json!({"feed": "swift", "state": "never-polled", "pages": 0})));

    let sepa = get(&api, "/feeds/sepa", &Token::Operator).await.json();
    assert_eq!((&sepa["state"], &sepa["pages"]), (&json!("importing"), &json!(1)));
    let proof = &sepa["proof"];
    assert_eq!(proof["complete"], false);
    assert_eq!(proof["gaps"][0], "page 0 (cursor ``) declares 3 rows and has 2");
    assert_eq!(proof["sums"][0]["declared"], json!({"amount": "3.00", "currency": "EUR"}));
    let error = json!({"at": "2026-11-21T04:25:00Z", "what": "cannot get page 1 of sepa: no answer"});
    assert_eq!(sepa["error"], error, "the bank does not answer");
    assert_eq!(proof["pages"], json!({"taken": 1, "requests": 4, "repeated": 1, "imports": 0}));

    let all = get(&api, "/feeds", &Token::Operator).await.json();
    let names: Vec<_> = all["items"].as_array().unwrap().iter().map(|it| it["feed"].clone()).collect();
    assert_eq!(names, ["company-info", "exchange-rates", "sepa", "swift"]);
}

#[tokio::test]
async fn feeds_are_for_operators_and_have_names() {
    let api = samples::api().await;
    for path in ["/feeds", "/feeds/sepa"] {
        assert_eq!(get(&api, path, &Token::Customer(acme())).await.status, 403, "{path}");
    }
    let unknown = get(&api, "/feeds/sepo", &Token::Operator).await;
    assert_eq!((unknown.status, &unknown.json()["errors"][0]["field"]), (400, &json!("feed")));
}
