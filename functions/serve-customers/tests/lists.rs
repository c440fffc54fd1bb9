//! Lists are read in parts, and a cursor is good for its list alone.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod samples;

use std::collections::BTreeSet;

use axum::Router;
use samples::{IBAN, Token, acme, ada, api, bolt, get};
use serde_json::Value;

/// All items of a list read in parts of `limit`.
async fn all(api: &Router, target: &str, token: &Token, limit: usize) -> Vec<Value> {
    let mark = if target.contains('?') { '&' } else { '?' };
    let (mut items, mut cursor) = (Vec::new(), String::new());
    for _ in 0..40 {
        let answer = get(api, &format!("{target}{mark}limit={limit}{cursor}"), token).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let part = answer.json();
        let found = part["items"].as_array().unwrap();
        assert!(found.len() <= limit);
        items.extend(found.iter().cloned());
        match part.get("next") {
            None => return items,
            Some(next) => cursor = format!("&cursor={}", next.as_str().unwrap()),
        }
    }
    panic!("{target} has no end");
}

#[tokio::test]
async fn a_list_in_parts_is_the_list() {
    let api = api().await;
    for (target, token, count) in [
        ("/customers", Token::Operator, 4),
        ("/customers?kind=company", Token::Operator, 2),
        ("/customers?search=O&kind=person", Token::Operator, 1),
        ("/customers?search=%20%26%20S%C3%96", Token::Operator, 1),
        ("/customers?search=x", Token::Customer(ada()), 0),
        ("/customers?search=love&kind=person", Token::Customer(ada()), 1),
        ("/customers?kind=company", Token::Customer(ada()), 0),
        ("/accounts", Token::Operator, 6),
        ("/accounts", Token::Customer(acme()), 2),
        ("/accounts", Token::Customer(ada()), 1),
        ("/imports", Token::Operator, 3),
        ("/accounts/4711/entries", Token::Operator, 4),
        ("/accounts/4711/entries?view=all", Token::Customer(ada()), 5),
        ("/accounts/4711/entries?from=2026-07-28&to=2026-08-02", Token::Operator, 2),
        (&format!("/customers/{}/entries?from=2026-06-25", bolt()), Token::Customer(bolt()), 29),
        (&format!("/customers/{}/entries?view=all", ada()), Token::Operator, 5),
        (&format!("/customers/{}/entries", acme()), Token::Operator, 0),
    ] {
        let whole = all(&api, target, &token, 500).await;
        assert_eq!(whole.len(), count, "{target}");
        for limit in 1..=count {
            assert_eq!(all(&api, target, &token, limit).await, whole, "{target} by {limit}");
        }
    }
}

#[tokio::test]
async fn the_figures_are_those_of_the_books() {
    let api = api().await;
    for (query, amount) in [
        ("", "39.74"),
        ("?view=clean", "39.74"),
        ("?view=all", "32.74"),
        ("?on=2026-07-31", "50.20"),
        ("?on=2026-07-27", "60.50"),
        ("?on=2026-08-02", "29.74"),
        ("?on=2026-08-13&view=all", "39.74"),
        ("?on=2026-08-14&view=all", "32.74"),
        ("?on=2199-12-31", "39.74"),
    ] {
        let balance = get(&api, &format!("/accounts/4711/balance{query}"), &Token::Operator).await.json();
        assert_eq!(balance["balances"][0]["amount"], amount, "{query}");
        assert_eq!(balance["balances"][0]["currency"], "EUR");
    }
    for target in [format!("/accounts/{IBAN}/balance"), "/accounts/4711/balance?on=2026-07-14".to_owned()] {
        let none = get(&api, &target, &Token::Operator).await.json();
        assert_eq!(none["balances"], Value::Array(Vec::new()), "{target}");
    }
    let spelled = get(&api, "/accounts/de89%203704%200044%200532%200130%2000", &Token::Operator).await;
    assert_eq!(spelled.json()["number"], IBAN);
}

#[tokio::test]
async fn no_amount_is_a_number() {
    fn amounts(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|it| amounts(it, found)),
            Value::Object(fields) => {
                if let Some(amount) = fields.get("amount").filter(|it| !it.is_object()) {
                    found.insert(amount.as_str().expect("a text").to_owned());
                }
                fields.values().for_each(|it| amounts(it, found));
            }
            Value::Number(number) => assert!(number.is_u64(), "{number} is no count"),
            _ => {}
        }
    }
    let api = api().await;
    let import = format!("/imports/{}", samples::july().id);
    let bolt = format!("/customers/{}", bolt());
    for target in [
        "/accounts/4711",
        "/accounts/4711/balance",
        "/accounts/4711/entries",
        &import,
        "/portfolio",
        &format!("{bolt}/balances?in=EUR"),
        &format!("{bolt}/history?in=USD"),
        &format!("{bolt}/countries"),
        &format!("{bolt}/counterparties?in=EUR"),
        &format!("{bolt}/interest?from=2026-01-01&to=2026-12-31"),
        &format!("{bolt}/forecast?to=2026-07-31&in=EUR"),
        &format!("{bolt}/entries"),
    ] {
        let mut found = BTreeSet::new();
        amounts(&get(&api, target, &Token::Operator).await.json(), &mut found);
        assert!(!found.is_empty(), "{target}");
    }
}

#[tokio::test]
async fn a_cursor_is_good_for_its_list_alone() {
    let api = api().await;
    let next = async |target: &str| {
        let part = get(&api, target, &Token::Operator).await.json();
        part["next"].as_str().unwrap().to_owned()
    };
    let of_customers = next("/customers?limit=1").await;
    let of_entries = next("/accounts/4711/entries?limit=1").await;
    let of_bolt = next(&format!("/customers/{}/entries?limit=1", bolt())).await;
    for target in [
        format!("/customers?kind=company&cursor={of_customers}"),
        format!("/customers?search=a&cursor={of_customers}"),
        format!("/customers/{}/entries?cursor={of_bolt}", acme()),
        format!("/customers/{}/entries?view=all&cursor={of_bolt}", bolt()),
        format!("/accounts?cursor={of_customers}"),
        format!("/imports?cursor={of_customers}"),
        format!("/accounts/{IBAN}/entries?cursor={of_entries}"),
        format!("/accounts/4711/entries?view=all&cursor={of_entries}"),
        format!("/accounts/4711/entries?from=2026-07-01&cursor={of_entries}"),
    ] {
        let answer = get(&api, &target, &Token::Operator).await;
        assert_eq!((answer.status, &answer.json()["errors"][0]["field"]), (400, &"cursor".into()), "{target}");
    }
    let target = format!("/customers?cursor={of_customers}");
    assert_eq!(get(&api, &target, &Token::Customer(ada())).await.status, 400);
}
