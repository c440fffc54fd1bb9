//! A month that exceeds an item of the table; lists with pages; downloads through signed links.

use std::fmt::Write as _;

use serde_json::Value;

use crate::api::{Api, owner};
use crate::command::{file, millrace, stack};

const ROWS: usize = 60_000;

/// A month of this size is stored in the bucket instead of the table.
#[test]
fn a_month_of_sixty_thousand_entries_is_posted_extended_and_read() {
    let Some(endpoint) = stack() else { return };
    let rows = |numbers: std::ops::Range<usize>| {
        let mut text = "Id,Date,Transaction\n".to_owned();
        numbers.for_each(|it| writeln!(text, "{it:x}-{:x},2026-07-{:02},1.00", it * 7919, 1 + it % 28).unwrap());
        text
    };
    let import = |name: &str, text: &str| {
        let (code, report) = millrace(&["import", &file(name, text), "--account", "LARGE1", "--wait"]);
        assert_eq!(code, 0, "{report}");
        report["entries"]["posted"].as_u64().unwrap()
    };
    assert_eq!(import("large.csv", &rows(0..ROWS)), 60_000);
    assert_eq!(import("larger.csv", &rows(ROWS - 1..ROWS + 1)), 1, "one of the two rows is a duplicate");

    let api = Api::new(&endpoint);
    api.add_user("large-operator", Some("operator"));
    let token = api.access_token("large-operator");
    let (status, balance) = api.get("/accounts/LARGE1/balance", Some(&token));
    assert!(status == 200 && balance.to_string().contains("\"60001.00\""), "{balance}");
    let (status, page) = api.get("/accounts/LARGE1/entries?from=2026-07-01&to=2026-07-31&limit=7", Some(&token));
    assert_eq!((status, page["items"].as_array().map(Vec::len)), (200, Some(7)), "{page}");
    let (code, audit) = millrace(&["audit", "--entries"]);
    assert_eq!(code, 0, "{audit}");
}

#[test]
fn an_operator_lists_customers_and_imports_and_downloads_rejects() {
    let Some(endpoint) = stack() else { return };
    let api = Api::new(&endpoint);
    let path = file("rejects.csv", "Id,Date,Transaction\n0,2026-07-15,60.555\n1,2026-07-16,-3\n");
    let (code, report) = millrace(&["import", &path, "--account", "REJECTS1", "--wait"]);
    assert_eq!(code, 0, "{report}");
    let id = report["id"].as_str().unwrap();
    api.add_user("rejects-operator", Some("operator"));
    let token = api.access_token("rejects-operator");
    let ids = |path: &str| {
        let (status, page) = api.get(path, Some(&token));
        assert_eq!(status, 200, "{page}");
        let all: Vec<Value> = page["items"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
        all
    };
    assert!(ids("/imports").contains(&report["id"]));
    assert!(!ids("/customers").is_empty());

    let (status, link) = api.get(&format!("/imports/{id}/rejects"), Some(&token));
    assert_eq!(status, 200, "{link}");
    let link = link["url"].as_str().unwrap();
    let (_, path) = link.split_once("://").unwrap().1.split_once('/').unwrap();
    let (status, head, rejects) = api.send("GET", &format!("/{path}"), "", "");
    assert_eq!(status, 200, "{head} {rejects}");
    assert!(rejects.contains("0,2026-07-15,60.555"), "{rejects}");
    let unsigned = path.split_once('?').unwrap().0;
    assert_eq!(api.send("GET", &format!("/{unsigned}"), "", "").0, 403, "an address without a signature is refused");
    assert_eq!(api.send("GET", &format!("/{unsigned}"), &owner("s3"), "").0, 200);
}
