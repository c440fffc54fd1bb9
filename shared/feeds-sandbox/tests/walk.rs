//! A client that reads all pages gets exactly the generated data, despite failures.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use datamaker::{Feed, Feeds, Plan, Size, TransferRow};
use feeds_sandbox::{Faults, SandboxFeed, Transport, router};
use money::{Currency, Money};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// Pages of SWIFT reach the row limit before five days, those of SEPA do not.
fn plan() -> Plan {
    Plan { companies: 1_100, sepa_rows: 1_125, swift_rows: 90_000, days: 15, ..Plan::new(5, Size::Small) }
}

fn served(plan: Plan, chances: &str, transport: Transport) -> Router {
    let chances = chances.parse().unwrap();
    let wait = Duration::from_millis(1);
    router(SandboxFeed::new(plan, Faults { seed: 3, chances, hang: wait, slow: wait, transport }))
}

fn sound(plan: Plan) -> Router {
    served(plan, "", Transport::Connection)
}

/// The status and, if complete, the document.
async fn get(router: &Router, path: &str) -> (StatusCode, Option<Value>) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let answer = router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let bytes = to_bytes(answer.into_body(), usize::MAX).await;
    (status, bytes.ok().and_then(|it| serde_json::from_slice(&it).ok()))
}

/// All pages, each requested until the response is complete and is the requested page.
async fn walk(router: &Router, path: &str) -> Vec<Value> {
    let (mut pages, mut cursor, mut tries) = (Vec::<Value>::new(), String::new(), 0);
    while pages.last().is_none_or(|it| it["more"] == true) {
        tries += 1;
        assert!(tries < 10_000, "{path} has no end");
        let (status, page) = get(router, &format!("/{path}?cursor={cursor}")).await;
        let Some(page) = page.filter(|it| status.is_success() && it["cursor"] == cursor.as_str()) else { continue };
        page["next"].as_str().unwrap().clone_into(&mut cursor);
        pages.push(page);
    }
    pages
}

/// A row of a page as a line, with the field names of its feed.
fn line(feed: Feed, row: &Value) -> String {
    let (names, currency) = match feed {
        Feed::Sepa => (["id", "payer_iban", "beneficiary_iban", "amount", "time"], "EUR"),
        Feed::Swift => {
            (["transaction_id", "sender", "receiver", "amount", "timestamp"], row["currency"].as_str().unwrap())
        }
    };
    let values = names.map(|it| row[it].as_str().unwrap());
    let columns = row.as_object().unwrap().len();
    assert_eq!(columns, if feed == Feed::Sepa { 5 } else { 6 });
    format!("{} {currency}", values.join(" "))
}

fn made(feed: Feed) -> Vec<String> {
    let line = |row: TransferRow| {
        let (id, amount) = (row.id, row.amount);
        format!("{id} {} {} {} {} {}", row.payer, row.beneficiary, amount.amount(), row.at, amount.currency())
    };
    let feeds = Feeds::new(plan());
    feeds.transfers(feed, 0..u64::MAX).map(line).collect()
}

fn lines(feed: Feed, pages: &[Value]) -> Vec<String> {
    pages.iter().flat_map(|it| it["transfers"].as_array().unwrap()).map(|it| line(feed, it)).collect()
}

/// The declared counts of a page match its content.
fn prove(feed: Feed, page: &Value) {
    let rows = page["transfers"].as_array().unwrap();
    assert_eq!(page["rows"], rows.len());
    assert_eq!(page["feed"], feed.name());
    let mut sums = BTreeMap::<String, Money>::new();
    for row in rows {
        let currency: Currency = row["currency"].as_str().unwrap_or("EUR").parse().unwrap();
        let amount = Money::parse(row["amount"].as_str().unwrap(), currency).unwrap();
        let sum = sums.entry(currency.to_string()).or_insert(Money::new(0, currency));
        *sum = sum.try_add(amount).unwrap();
    }
    let sums: BTreeMap<String, String> = sums.into_iter().map(|(code, sum)| (code, sum.amount())).collect();
    assert_eq!(page["sums"], json!(sums));
}

#[tokio::test]
async fn the_pages_of_a_feed_hold_its_rows() {
    let router = sound(plan());
    for feed in Feed::ALL {
        let pages = walk(&router, feed.name()).await;
        pages.iter().for_each(|page| prove(feed, page));
        assert!(lines(feed, &pages) == made(feed), "{}", feed.name());
        let longest = pages.iter().map(|it| it["rows"].as_u64().unwrap()).max().unwrap();
        let (pages_expected, longest_expected) = if feed == Feed::Sepa { (3, 375) } else { (5, 20_000) };
        assert_eq!((pages.len(), longest), (pages_expected, longest_expected), "{}", feed.name());
    }
}

#[tokio::test]
async fn behind_the_last_page_there_is_nothing_yet() {
    let router = sound(plan());
    for path in ["sepa", "swift", "company_info", "exchange_rates"] {
        let last = walk(&router, path).await.pop().unwrap();
        let next = last["next"].as_str().unwrap();
        let (status, page) = get(&router, &format!("/{path}?cursor={next}")).await;
        let page = page.unwrap();
        assert_eq!((status, &page["rows"], &page["more"]), (StatusCode::OK, &json!(0), &json!(false)), "{path}");
        assert_eq!((page["cursor"].as_str(), page["next"].as_str()), (Some(next), Some(next)), "{path}");
    }
}

#[tokio::test]
async fn companies_and_rates_come_in_pages_too() {
    let router = sound(plan());
    let pages = walk(&router, "company_info").await;
    let sizes: Vec<u64> = pages.iter().map(|it| it["rows"].as_u64().unwrap()).collect();
    assert_eq!(sizes, [500, 500, 100]);
    let served: Vec<&Value> = pages.iter().flat_map(|it| it["companies"].as_array().unwrap()).collect();
    let feeds = Feeds::new(plan());
    for (served, (company, ibans)) in served.iter().zip(feeds.companies()) {
        let expected = json!({ "id": company.id, "name": company.name, "owner": company.owner,
            "address": company.address, "email": company.email, "ibans": ibans });
        assert_eq!(**served, expected);
    }
    let pages = walk(&router, "exchange_rates").await;
    let first = json!({ "currency": "EUR", "date": "2023-01-01", "usd_rate": "1.085000", "eur_rate": "1.000000000" });
    assert_eq!((pages.len(), &pages[0]["rows"], &pages[0]["rates"][0]), (1, &json!(8), &first));
}

#[tokio::test]
async fn whatever_fails_on_the_way_a_patient_reader_has_all_rows() {
    let chances = "crash=20%,cut=10%,truncate=10%,hang=5%,slow=5%,repeat-pages=20%";
    for transport in [Transport::Connection, Transport::Gateway] {
        let router = served(plan(), chances, transport);
        for feed in Feed::ALL {
            let pages = walk(&router, feed.name()).await;
            pages.iter().for_each(|page| prove(feed, page));
            assert!(lines(feed, &pages) == made(feed), "{}", feed.name());
        }
        let (_, faults) = get(&router, "/faults").await;
        let faults = faults.unwrap();
        for fault in ["crash", "cut", "truncate", "repeat_pages"] {
            assert!(faults[fault].as_u64().unwrap() > 0, "{fault}: {faults}");
        }
        assert!(faults["requests"].as_u64().unwrap() > 16, "{faults}");
    }
}

#[tokio::test]
async fn rows_that_are_there_twice_are_declared_twice() {
    let router = served(plan(), "repeat-rows=1.5%", Transport::Connection);
    let feed = Feed::Swift;
    let pages = walk(&router, feed.name()).await;
    pages.iter().for_each(|page| prove(feed, page));
    let (lines, made) = (lines(feed, &pages), made(feed));
    let (_, faults) = get(&router, "/faults").await;
    let repeated = usize::try_from(faults.unwrap()["repeat_rows"].as_u64().unwrap()).unwrap();
    assert_eq!(lines.len(), made.len() + repeated);
    assert!(repeated.abs_diff(1_350) < 200, "{repeated}");
    let distinct = |of: &[String]| of.iter().cloned().collect::<BTreeSet<_>>();
    assert!(distinct(&lines) == distinct(&made));
}

#[tokio::test]
async fn an_earlier_page_says_which_it_is() {
    let router = served(plan(), "repeat-pages=100%", Transport::Connection);
    let (_, first) = get(&router, "/sepa").await;
    assert_eq!(first.unwrap()["cursor"], "", "before the first page there is none");
    let (_, page) = get(&router, "/sepa?cursor=sepa-750").await;
    let page = page.unwrap();
    assert!(["", "sepa-375"].contains(&page["cursor"].as_str().unwrap()), "{}", page["cursor"]);
    prove(Feed::Sepa, &page);
    let (_, faults) = get(&router, "/faults").await;
    assert_eq!(faults.unwrap()["repeat_pages"], 1);
}

#[tokio::test]
async fn each_failure_looks_as_it_should() {
    let half_and_end = async |chances: &str, transport: Transport| {
        let router = served(plan(), chances, transport);
        let answer = router.oneshot(Request::get("/sepa").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        to_bytes(answer.into_body(), usize::MAX).await.map(|it| serde_json::from_slice::<Value>(&it).is_ok()).ok()
    };
    assert_eq!(half_and_end("", Transport::Connection).await, Some(true));
    assert_eq!(half_and_end("cut=100%", Transport::Connection).await, None, "the connection is gone");
    assert_eq!(half_and_end("cut=100%", Transport::Gateway).await, Some(false));
    assert_eq!(half_and_end("truncate=100%", Transport::Connection).await, Some(false));

    let (status, problem) = get(&served(plan(), "crash=100%", Transport::Gateway), "/swift").await;
    assert_eq!(
        (status, &problem.unwrap()["type"]),
        (StatusCode::INTERNAL_SERVER_ERROR, &json!("urn:millrace:problem:internal"))
    );

    let wait = Duration::from_millis(60);
    let chances = "hang=100%".parse().unwrap();
    let faults = Faults { seed: 3, chances, hang: wait, slow: Duration::ZERO, transport: Transport::Connection };
    let (router, started) = (router(SandboxFeed::new(plan(), faults)), Instant::now());
    assert!(get(&router, "/sepa").await.1.is_some() && started.elapsed() >= wait, "it answers, but late");
}

#[tokio::test]
async fn an_invalid_request_is_a_problem() {
    let router = served(plan(), "crash=100%", Transport::Connection);
    for (path, status) in [
        ("/sepa?cursor=swift-20000", 400),
        ("/sepa?cursor=sepa-1126", 400),
        ("/sepa?cursor=%00", 400),
        ("/swift?cursor=swift-1&cursor=swift-2", 400),
        ("/company_info?page=2", 400),
        ("/companies", 404),
    ] {
        let (found, problem) = get(&router, path).await;
        assert_eq!((found.as_u16(), &problem.unwrap()["status"]), (status, &json!(status)), "{path}");
    }
    assert_eq!(get(&router, "/ping").await, (StatusCode::OK, Some(json!({ "ok": true }))));
    assert_eq!(get(&router, "/faults").await.1.unwrap()["requests"], 0, "only pages fail");
}

#[tokio::test]
async fn the_samples_are_pages_as_they_are_served() {
    let plan = Plan { companies: 3, sepa_rows: 2, swift_rows: 3, days: 3, ..Plan::new(1, Size::Small) };
    let samples =
        [include_str!("../../../events/sepa-page.v1.json"), include_str!("../../../events/swift-page.v1.json")];
    for (path, sample) in ["/sepa", "/swift"].into_iter().zip(samples) {
        let (_, page) = get(&sound(plan), path).await;
        assert_eq!(page.unwrap(), serde_json::from_str::<Value>(sample).unwrap(), "{path}");
    }
}
