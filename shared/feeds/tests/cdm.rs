//! Answers in the format of the original assignment.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use feeds::cdm::parse;
use feeds::{Counted, Feed, FeedFormat, PageError};
use money::{Currency, Money};

const SEPA: &str = include_str!("../../../events/sepa-answer.cdm.json");

fn csv(feed: Feed, body: &str) -> String {
    String::from_utf8(parse(feed, body.as_bytes()).page.csv).unwrap()
}

#[test]
fn objects_one_after_the_other_are_one_page() {
    let answer = parse(Feed::Sepa, SEPA.as_bytes());
    let sums = vec![Money::new(100_000_000_000_000_032_i128, Currency::EUR)];
    assert_eq!(answer.page.received, Counted { rows: 3, unreadable: 0, sums });
    assert_eq!(answer.damage, None);
    assert_eq!(answer.page.declared, Counted::default());
    assert_eq!(
        csv(Feed::Sepa, SEPA),
        "T1,DE89370400440532013000,AT611904300234573201,0.10,EUR,2024-01-01T10:00:00Z\n\
         T2,AT611904300234573201,DE89370400440532013000,0.20,EUR,2024-01-01T10:00:01Z\n\
         T3,AT611904300234573201,DE89370400440532013000,1000000000000000.02,EUR,2024-01-01T10:00:02Z\n",
        "a number is its digits as they are written, and never a float"
    );
    assert_eq!(FeedFormat::Cdm.parse(Feed::Sepa, SEPA.as_bytes()).unwrap(), answer.page);
}

#[test]
fn companies_and_rates_have_the_columns_of_their_imports() {
    let body = r#"{"company_info":"[{\"companyID\":7,\"ibans\":\"{A1,B2}\",\"name\":\"N \\\"x\\\"\",\"address\":\"A, 1\",\"balance\":1.5}]"}"#;
    assert_eq!(csv(Feed::CompanyInfo, body), "7,\"N \"\"x\"\"\",,\"A, 1\",,\"{A1,B2}\"\n");
    let body = r#"{"exchange_rates":"[{\"currency\":\"GBP\",\"usd_rate\":1.250,\"eur_rate\":\"1.1\"}]"}"#;
    assert_eq!(csv(Feed::ExchangeRates, body), "GBP,1.250,1.1,\n");
}

#[test]
fn of_an_answer_that_ends_in_the_middle_all_whole_objects_are_read() {
    let first = SEPA.find("}{").unwrap() + 1;
    for end in first..SEPA.trim_end().len() {
        let answer = parse(Feed::Sepa, SEPA.get(..end).unwrap().as_bytes());
        assert_eq!((answer.page.received.rows, answer.damage.is_some()), (2, end > first), "{end}");
    }
    for end in 1..first {
        let answer = parse(Feed::Sepa, SEPA.get(..end).unwrap().as_bytes());
        let is_damaged = matches!(answer.damage, Some(PageError::Unreadable { .. }));
        assert_eq!((answer.page.received.rows, is_damaged), (0, true), "{end}");
    }
    let empty = parse(Feed::Sepa, b"");
    assert_eq!((empty.page.received.rows, empty.damage), (0, None));
}

#[test]
fn what_cannot_be_read_is_damage_and_the_rest_is_taken() {
    let list = r#"{"sepa_transactions":"[{\"id\":1}]"}"#;
    for damaged in ["{\"sepa_transactions\":\"[{\"}", "{\"swift_transactions\":\"[]\"}", "{\"sepa_transactions\":[]}"] {
        let answer = parse(Feed::Sepa, format!("{list}{damaged}").as_bytes());
        assert_eq!((answer.page.received.rows, answer.damage.is_some()), (1, true), "{damaged}");
        let answer = parse(Feed::Sepa, damaged.as_bytes());
        assert_eq!((answer.page.received.rows, answer.damage.is_some()), (0, true), "{damaged}");
    }
    assert!(parse(Feed::Sepa, b"<html>").damage.is_some());
}

proptest::proptest! {
    #[test]
    fn any_answer_is_read(body: Vec<u8>) {
        for feed in Feed::ALL {
            let _ = parse(feed, &body);
        }
    }
}
