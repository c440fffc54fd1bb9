//! The feeds in the format of the original assignment, and with access control.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use datamaker::{Feed, Feeds, Plan, Size};
use feeds_sandbox::{Access, Faults, SandboxFeed, Transport, cdm_router, guarded, router};
use serde_json::{Value, json};
use tower::ServiceExt as _;

fn plan() -> Plan {
    Plan { companies: 5, sepa_rows: 300, swift_rows: 9_000, days: 15, ..Plan::new(5, Size::Small) }
}

fn sandbox(chances: &str) -> SandboxFeed {
    let (hang, slow) = (Duration::from_mins(10), Duration::from_millis(1));
    let chances = chances.parse().unwrap();
    SandboxFeed::new(plan(), Faults { seed: 3, chances, hang, slow, transport: Transport::Connection })
}

/// The status and the received part of the body; `None` without a response.
async fn get(routes: &Router, path: &str) -> Option<(StatusCode, String)> {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(1), routes.clone().oneshot(request)).await.ok()?.unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await.ok()?;
    Some((status, String::from_utf8(body.into()).unwrap()))
}

/// The rows of an answer.
fn rows(name: &str, body: &str) -> Option<Vec<Value>> {
    let mut rows = Vec::new();
    for object in serde_json::Deserializer::from_str(body).into_iter::<Value>() {
        rows.extend(serde_json::from_str::<Vec<Value>>(object.ok()?[name].as_str()?).unwrap());
    }
    Some(rows)
}

fn ids(feed: Feed) -> Vec<String> {
    Feeds::new(plan()).transfers(feed, 0..u64::MAX).map(|row| row.id).collect()
}

#[tokio::test]
async fn each_request_gets_the_next_page_until_there_is_no_answer() {
    let routes = cdm_router(sandbox(""));
    for (feed, path, name) in
        [(Feed::Sepa, "/sepa", "sepa_transactions"), (Feed::Swift, "/swift", "swift_transactions")]
    {
        let (mut found, mut pages, mut longest) = (Vec::new(), 0, 0);
        while let Some((status, body)) = get(&routes, path).await {
            assert_eq!(status, StatusCode::OK);
            longest = longest.max(body.matches(name).count());
            found.extend(rows(name, &body).unwrap());
            pages += 1;
        }
        let found: Vec<&str> = found.iter().map(|it| it["id"].as_str().unwrap()).collect();
        assert_eq!(found, ids(feed), "{path}");
        assert_eq!(pages, 3, "five days a page");
        assert!(longest == if feed == Feed::Sepa { 1 } else { 3 }, "{longest} objects one after the other");
        assert_eq!(get(&routes, path).await, None, "nor is there one to the next request");
    }
}

#[tokio::test]
async fn the_documents_are_those_of_the_assignment() {
    let routes = cdm_router(sandbox(""));
    assert_eq!(get(&routes, "/ping").await.unwrap().1, r#"{"message":"pong"}"#);
    let body = get(&routes, "/sepa").await.unwrap().1;
    assert!(body.starts_with(r#"{"sepa_transactions":"[{\"id\":\""#), "{body}");
    let first = Feeds::new(plan()).transfers(Feed::Sepa, 0..1).next().unwrap();
    let amount = format!(r#"\"amount\":{},"#, first.amount.amount());
    assert!(body.contains(&amount), "a number as it is written: {amount}");
    let row = &rows("sepa_transactions", &body).unwrap()[0];
    assert_eq!((&row["sender"], &row["currency"]), (&json!(first.payer), &json!("EUR")));

    for _ in 0..2 {
        let companies = rows("company_info", &get(&routes, "/company_info").await.unwrap().1).unwrap();
        assert_eq!(companies.len(), 5, "all in each answer");
        assert!(companies[0]["ibans"].as_str().unwrap().starts_with('{'), "{}", companies[0]);
        assert_eq!(companies[0]["companyID"], "C000000");
        let rates = rows("exchange_rates", &get(&routes, "/exchange_rates").await.unwrap().1).unwrap();
        assert_eq!((rates.len(), &rates[0]["currency"]), (8, &json!("EUR")));
    }
}

#[tokio::test]
async fn a_failure_an_earlier_page_or_who_gives_up_waiting_leaves_the_cursor_where_it_is() {
    let routes = cdm_router(sandbox("crash=30%,cut=10%,truncate=10%,hang=10%,slow=5%,repeat-pages=20%"));
    let (mut found, mut requests) = (Vec::new(), 0);
    while requests < 200 {
        requests += 1;
        let Some((StatusCode::OK, body)) = get(&routes, "/swift").await else { continue };
        found.extend(rows("swift_transactions", &body).into_iter().flatten());
        if found.last().is_some_and(|it| it["id"] == ids(Feed::Swift).last().unwrap().as_str()) {
            break;
        }
    }
    let mut found: Vec<&str> = found.iter().map(|it| it["id"].as_str().unwrap()).collect();
    found.sort_unstable();
    found.dedup();
    let mut all = ids(Feed::Swift);
    all.sort_unstable();
    all.dedup();
    assert_eq!(found, all, "{requests} requests");
}

async fn ask(routes: &Router, request: Request<Body>) -> (StatusCode, String, String) {
    let answer = routes.clone().oneshot(request).await.unwrap();
    let challenge = answer.headers().get("www-authenticate").map(|it| it.to_str().unwrap().to_owned());
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, challenge.unwrap_or_default(), String::from_utf8(body.into()).unwrap())
}

fn page(authorization: &str) -> Request<Body> {
    let request = Request::get("/sepa");
    let request = if authorization.is_empty() { request } else { request.header("authorization", authorization) };
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn without_the_bearer_token_there_are_no_pages() {
    let routes = guarded(router(sandbox("")), Access::Bearer("word".to_owned()), 1);
    for (authorization, status, expected) in [
        ("", 401, "Bearer realm=\"feeds\""),
        ("Bearer wor", 401, "Bearer realm=\"feeds\", error=\"invalid_token\""),
        ("Basic d29yZA==", 401, "Bearer realm=\"feeds\""),
        ("bearer word", 200, ""),
    ] {
        let (found, challenge, _) = ask(&routes, page(authorization)).await;
        assert_eq!((found.as_u16(), challenge.as_str()), (status, expected), "{authorization}");
    }
    assert_eq!(get(&routes, "/ping").await.unwrap().0, StatusCode::OK, "anybody may");
    assert_eq!(get(&routes, "/faults").await.unwrap().0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_client_gets_a_token_that_expires() {
    // `a b:c+%`, encoded as in a form.
    let (right, wrong) = ("Basic YStiOmMlMkIlMjU=", "Basic YStiOmM=");
    let access = Access::Client { id: "a b".to_owned(), secret: "c+%".to_owned(), life: Duration::from_secs(1) };
    let routes = guarded(router(sandbox("")), access, 1);
    let exchange = |authorization: &str, form: &str| {
        Request::post("/token").header("authorization", authorization).body(Body::from(form.to_owned())).unwrap()
    };
    let form = "grant_type=client_credentials&scope=any";
    let (status, challenge, body) = ask(&routes, exchange(wrong, form)).await;
    assert_eq!((status.as_u16(), challenge.as_str()), (401, "Basic realm=\"feeds\""), "{body}");
    assert_eq!(ask(&routes, exchange(right, "grant_type=password")).await.0, StatusCode::BAD_REQUEST);
    let (status, _, body) = ask(&routes, exchange(right, form)).await;
    let token: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &token["expires_in"], &token["token_type"]), (StatusCode::OK, &json!(1), &json!("Bearer")));
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    assert_eq!(ask(&routes, page(&bearer)).await.0, StatusCode::OK);
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    assert_eq!(ask(&routes, page(&bearer)).await.0, StatusCode::UNAUTHORIZED);
}
