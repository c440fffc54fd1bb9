//! What a treasurer adds up, adds up.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod samples;

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use samples::{Answer, Token, acme, ada, bolt, get};
use serde_json::Value;

async fn ask(api: &Router, query: &str) -> Answer {
    let answer = get(api, &format!("/customers/{}/{query}", bolt()), &Token::Customer(bolt())).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    answer
}

fn minor(amount: &Value) -> i128 {
    amount["amount"].as_str().unwrap().replace('.', "").parse().unwrap()
}

#[tokio::test]
async fn each_bucket_leads_to_the_next_and_the_last_to_the_balance() {
    let api = samples::api().await;
    let mut totals = BTreeMap::new();
    for by in ["day", "week", "month", "quarter", "year"] {
        for into in ["EUR", "USD"] {
            let query = format!("history?from=2026-02-10&to=2026-07-15&by={by}&in={into}");
            let history = ask(&api, &query).await.json();
            let mut before = None;
            for bucket in history["buckets"].as_array().unwrap() {
                let it = &bucket["converted"];
                let [opening, r#in, out, net, revaluation, closing] =
                    ["opening", "in", "out", "net", "revaluation", "closing"].map(|name| minor(&it[name]));
                assert_eq!(r#in + out, net, "{bucket}");
                assert_eq!(opening + net + revaluation, closing, "{bucket}");
                assert!(before.is_none_or(|it| it == opening), "{bucket}");
                before = Some(closing);
            }
            let (buckets, total) = (history["buckets"].as_array().unwrap(), &history["converted"]);
            for name in ["in", "out", "net", "revaluation"] {
                let sum: i128 = buckets.iter().map(|it| minor(&it["converted"][name])).sum();
                assert_eq!(sum, minor(&total[name]), "{name} by {by} in {into}");
                totals.entry((into, name)).or_insert_with(BTreeSet::new).insert(sum);
            }
            let balances = ask(&api, &format!("balances?on=2026-07-15&in={into}")).await.json();
            assert_eq!(before, Some(minor(&balances["converted"]["total"])), "{by} {into}");
        }
    }
    assert!(totals.values().all(|it| it.len() == 1), "they do not depend on the buckets: {totals:?}");
}

#[tokio::test]
async fn a_request_for_too_many_entries_names_the_remedy() {
    let api = samples::api_that_reads(100).await;
    let path = |query: &str| format!("/customers/{}/{query}", bolt());
    let interest = "interest?from=2026-01-01&to=2026-12-31";
    for query in ["countries", "counterparties?in=EUR", "history?by=day", interest, "forecast?to=2026-07-26"] {
        let refused = get(&api, &path(query), &Token::Customer(bolt())).await;
        assert_eq!(refused.status, 422, "{query}: {}", refused.text);
        let problem = refused.json();
        assert_eq!(problem["type"], "urn:millrace:problem:too-many-entries");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("more than 100 entries") && detail.contains("`from` and `to`"), "{detail}");
    }
    let api = samples::api_that_reads(33).await;
    for target in [
        path("balances?on=2026-03-15"),
        path("entries"),
        path("entries.csv?from=2026-03-15"),
        format!("/accounts/{}/balance?on=2026-03-15", samples::MUNICH),
        format!("/accounts/{}/entries?from=2026-03-31", samples::MUNICH),
        "/portfolio?on=2026-03-15".to_owned(),
    ] {
        let refused = get(&api, &target, &Token::Operator).await;
        assert_eq!(refused.status, 422, "{target}: {}", refused.text);
        assert_eq!(refused.json()["type"], "urn:millrace:problem:too-many-entries");
    }
    for query in ["balances?on=2026-03-31", "entries?from=2026-02-01&to=2026-02-01&limit=1", "balances?in=EUR"] {
        ask(&api, query).await;
    }
    let api = samples::api_that_reads(100).await;
    for query in ["countries?from=2026-03-01&to=2026-03-31", "history", "history?in=EUR&by=year", "balances?in=EUR"] {
        ask(&api, query).await;
    }
}

#[tokio::test]
async fn a_portfolio_of_too_large_a_register_is_refused() {
    let refused = get(&samples::api_with_many_persons(20_001).await, "/portfolio", &Token::Operator).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let problem = refused.json();
    assert_eq!(problem["type"], "urn:millrace:problem:too-many-customers");
    assert!(problem["detail"].as_str().unwrap().contains("`millrace portfolio`"), "{problem}");
}

#[tokio::test]
async fn dirty_entries_are_counted_and_summed_in_both_views() {
    let api = samples::api().await;
    for (view, balance) in [("clean", 3_974), ("all", 3_274)] {
        for path in [format!("/customers/{}/balances", ada()), "/accounts/4711/balance".to_owned()] {
            let balances = get(&api, &format!("{path}?view={view}"), &Token::Operator).await.json();
            let [dirty] = balances["dirty"].as_array().unwrap().as_slice() else { panic!("{balances}") };
            assert_eq!((&dirty["transactions"], minor(&dirty["in"]), minor(&dirty["out"])), (&1.into(), 0, -700));
            let shown = balances.get("currencies").map_or(&balances["balances"][0], |it| &it[0]["balance"]);
            assert_eq!(minor(shown), balance, "{path} {view}");
        }
    }
    let days = "from=2026-08-14&to=2026-08-31";
    for (days, [within, before]) in [(days, [1, 0]), ("from=2026-08-15&to=2026-08-31", [0, 1]), ("by=year", [1, 0])] {
        for path in [format!("/customers/{}/history?in=EUR&", ada()), "/accounts/4711/history?view=all&".to_owned()] {
            let history = get(&api, &format!("{path}{days}"), &Token::Operator).await.json();
            for (name, count) in [("dirty", within), ("dirty_before", before)] {
                let dirty = history[name].as_array().unwrap_or_else(|| panic!("{history}"));
                assert_eq!(dirty.len(), count, "{path}{days}: {history}");
                assert!(dirty.iter().all(|it| it["transactions"] == 1 && minor(&it["out"]) == -700), "{history}");
            }
        }
    }
    let earlier = get(&api, "/accounts/4711/balance?on=2026-07-31", &Token::Operator).await.json();
    assert_eq!(earlier["dirty"], serde_json::json!([]));
}

#[tokio::test]
async fn accounts_currencies_and_sides_add_up_to_the_total() {
    let api = samples::api().await;
    let balances = ask(&api, "balances?in=EUR").await.json();
    let total = minor(&balances["converted"]["total"]);
    for lines in ["accounts", "currencies"] {
        let lines = balances[lines].as_array().unwrap().iter();
        assert_eq!(lines.filter_map(|it| it.get("converted")).map(minor).sum::<i128>(), total);
    }
    assert_eq!(minor(&balances["converted"]["debt"]) + minor(&balances["converted"]["credit"]), total);
    assert_eq!(balances["converted"]["unconverted"][0]["currency"], "KWD");
}

#[tokio::test]
async fn days_without_entries_have_zeros_and_the_right_opening() {
    let api = samples::api().await;
    let history = ask(&api, "history?from=2027-01-01&to=2027-12-31&by=year&in=EUR").await.json();
    let year = &history["buckets"][0];
    for movement in year["movements"].as_array().unwrap() {
        assert_eq!(movement["opening"], movement["closing"]);
        assert_eq!((minor(&movement["in"]), &movement["transactions"]), (0, &0.into()));
    }
    // 200 times 10.00, 28 times -50.00, and -200.00 dollars at 0.95.
    assert_eq!((minor(&year["converted"]["opening"]), minor(&year["converted"]["net"])), (41_000, 0));
    let before = ask(&api, "history?from=2020-01-01&to=2020-12-31").await.json();
    let movements = before["buckets"][0]["movements"].as_array().unwrap();
    assert_eq!(movements.len(), 3, "each currency that the company will have");
    for movement in movements {
        assert_eq!((minor(&movement["opening"]), minor(&movement["closing"])), (0, 0), "{movement}");
    }
}

#[tokio::test]
async fn csv_in_parts_is_the_csv_and_no_text_is_a_formula() {
    let api = samples::api().await;
    let whole = ask(&api, "entries.csv").await;
    assert_eq!(whole.headers["content-type"], "text/csv; charset=utf-8");
    assert!(whole.headers.get("link").is_none());
    let rows: Vec<_> = whole.text.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 1 + 200 + 28 + 3);
    assert_eq!(rows[0], "account,at,amount,currency,source,id,side,counterparty,text,mark");
    assert!(rows[1..].iter().all(|it| it.contains("\"'=1+2, \"\"rent\"\"\"")), "{}", rows[1]);
    // A cursor that the JSON list gave is good here, too: its entries are the same.
    let first = ask(&api, "entries?limit=150").await.json();
    let rest = ask(&api, &format!("entries.csv?cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!(rest.text, format!("{}\r\n", rows[151..].join("\r\n")), "no header row in a later part");
}

#[tokio::test]
async fn a_long_csv_is_read_by_following_its_links() {
    let api = samples::api_with_many_entries(4_500).await;
    let (mut text, mut parts) = (String::new(), 0);
    let mut next = Some("entries.csv?from=2026-01-01&to=2026-12-31".to_owned());
    while let Some(query) = next {
        let part = get(&api, &format!("/customers/{}/{query}", acme()), &Token::Operator).await;
        assert_eq!(part.status, 200, "{query}: {}", part.text);
        assert!(part.text.lines().count() <= 2_001);
        text.push_str(&part.text);
        parts += 1;
        let link = part.headers.get("link").map(|it| it.to_str().unwrap());
        next = link.map(|it| it.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned());
    }
    assert_eq!(parts, 3);
    let ids: BTreeSet<_> = text.lines().skip(1).map(|it| it.split(',').nth(5).unwrap()).collect();
    assert_eq!((text.lines().count(), ids.len()), (4_501, 4_500), "every entry once, and one header row");
    assert_eq!(text.matches("account,at,").count(), 1);
}
