//! How a bank's answers are parsed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::Read as _;

use customers::Directory;
use feeds::{Counted, Feed, Gathered, Page, PageError, PollFeed};
use imports::{ImportContext, Importer, Instructions};
use money::Currency;
use proptest::prelude::*;

fn page(feed: Feed, body: &str) -> Page {
    Page::parse(feed, body.as_bytes()).unwrap()
}

fn csv(page: &Page) -> &str {
    std::str::from_utf8(&page.csv).unwrap()
}

fn sums_of(page: &Page) -> Vec<String> {
    sums(&page.declared)
}

fn sums(counted: &Counted) -> Vec<String> {
    counted.sums.iter().map(ToString::to_string).collect()
}

#[test]
fn each_feed_has_its_own_spelling() {
    let sepa = page(
        Feed::Sepa,
        r#"{"feed":"sepa","cursor":"a","next":"b","more":true,"rows":1,"sums":{"EUR":"12.50"},"transfers":[
            {"id":"S1","payer_iban":"DE1","beneficiary_iban":"FR1","amount":"12.50","time":"2024-01-02T10:00:00Z"}]}"#,
    );
    assert_eq!((sepa.cursor.as_str(), sepa.next.as_str(), sepa.more), ("a", "b", true));
    assert_eq!(csv(&sepa), "S1,DE1,FR1,12.50,EUR,2024-01-02T10:00:00Z\n");
    assert!(sepa.received.is_as_declared(&sepa.declared));

    let swift = page(
        Feed::Swift,
        r#"{"cursor":"","next":"1","more":false,"rows":2,"sums":{"JPY":"900","USD":"1.00","EUR":"0.00"},"transfers":[
            {"transaction_id":"W1","sender":"DE1","receiver":"FR1","amount":"900","currency":"JPY","timestamp":"t"},
            {"transaction_id":"W2","sender":"DE1","receiver":"FR1","amount":"1.00","currency":"USD","timestamp":"t","new":[1]}]}"#,
    );
    assert_eq!(csv(&swift), "W1,DE1,FR1,900,JPY,t\nW2,DE1,FR1,1.00,USD,t\n");
    assert_eq!(sums(&swift.received), ["900 JPY", "1.00 USD"]);
    assert!(swift.received.is_as_declared(&swift.declared), "a sum of zero is none");

    let companies = page(
        Feed::CompanyInfo,
        r#"{"cursor":"","next":"1","more":false,"rows":1,"companies":[{"id":"C1","name":"A, \"B\"","owner":"O",
            "address":"1 Mill Lane","email":"a@b.example","ibans":["DE1","FR1"]}]}"#,
    );
    assert_eq!(csv(&companies), "C1,\"A, \"\"B\"\"\",O,1 Mill Lane,a@b.example,DE1;FR1\n");

    let rates = page(
        Feed::ExchangeRates,
        r#"{"cursor":"","next":"1","more":false,"rows":1,"rates":[
            {"currency":"USD","date":"2024-01-02","usd_rate":"1","eur_rate":"0.9127"}]}"#,
    );
    assert_eq!((csv(&rates), rates.declared.rows), ("USD,1,0.9127,2024-01-02\n", 1));
}

#[test]
fn rows_that_are_not_on_another_page_are_counted_each_by_itself() {
    let of = |ids: &[&str]| {
        let rows: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":"{id}"}}"#)).collect();
        let rows = rows.join(",");
        page(Feed::Sepa, &format!(r#"{{"cursor":"","next":"1","more":false,"rows":0,"transfers":[{rows}]}}"#))
    };
    let missing = |one: &[&str], other: &[&str]| of(one).rows_not_on(&of(other));
    assert_eq!(missing(&["a", "b"], &["b", "c", "a"]), 0);
    assert_eq!(missing(&["a", "a", "b"], &["a", "c"]), 2);
    assert_eq!((missing(&[], &["a"]), missing(&["a"], &[])), (0, 1));
}

#[test]
fn the_sample_pages_are_as_they_declare() {
    let samples = [
        (Feed::Sepa, include_str!("../../../events/sepa-page.v1.json")),
        (Feed::Swift, include_str!("../../../events/swift-page.v1.json")),
    ];
    for (feed, sample) in samples {
        let page = page(feed, sample);
        assert!(page.received.rows > 0 && page.received.is_as_declared(&page.declared), "{feed}");
    }
}

#[test]
fn a_poll_is_requested_by_the_schedule_and_by_the_poll_itself() {
    assert_eq!(serde_json::from_str::<PollFeed>(r#"{"v":1}"#).unwrap(), PollFeed::all());
    let sample = include_str!("../../../events/poll-feed.v1.json");
    let poll = PollFeed {
        feed: Some(Feed::Sepa),
        poll: Some("2026-11-21T04:00:00Z".parse().unwrap()),
        turn: 2,
        ..PollFeed::all()
    };
    assert_eq!(serde_json::from_str::<PollFeed>(sample).unwrap(), poll);
    let written = serde_json::to_value(poll).unwrap();
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(sample).unwrap());
    assert!(serde_json::from_str::<PollFeed>(r#"{"v":1,"feed":"sepo"}"#).is_err());
    assert!(serde_json::from_str::<PollFeed>(r#"{"v":1,"fed":"sepa"}"#).is_err());
}

#[test]
fn a_row_that_cannot_be_taken_is_the_imports_to_reject() {
    let odd = page(
        Feed::Swift,
        r#"{"cursor":"","next":"1","more":false,"rows":4,"sums":{"EUR":"0.10"},"transfers":[
            {"transaction_id":7,"sender":null,"amount":0.10,"currency":"EUR"},
            {"amount":"1e5","currency":"EUR"},{"amount":"5","currency":"euro"},{}]}"#,
    );
    assert_eq!(csv(&odd), "7,,,0.10,EUR,\n,,,1e5,EUR,\n,,,5,euro,\n,,,,,\n", "a number's digits stay as they are");
    assert_eq!((odd.received.rows, odd.received.unreadable, sums(&odd.received)), (4, 3, vec!["0.10 EUR".to_owned()]));
}

#[test]
fn a_declared_sum_that_cannot_be_read_is_a_finding_and_the_page_is_taken() {
    let check = |sums: &str, expected: &[(&str, &str, &str)]| {
        let body = format!(
            r#"{{"cursor":"","next":"1","more":true,"rows":1,"sums":{sums},"transfers":[
                {{"transaction_id":"W1","amount":"0.10","currency":"EUR"}}]}}"#
        );
        let page = page(Feed::Swift, &body);
        let found: Vec<_> = page.unreadable_sums.iter().map(|it| (&*it.currency, &*it.amount, &*it.reason)).collect();
        assert_eq!((found.as_slice(), sums_of(&page)), (expected, vec!["0.10 EUR".to_owned()]), "{sums}");
        assert_eq!(page.is_as_declared(), expected.is_empty(), "{sums}");
    };
    let no_currency = "not an ISO 4217 currency with minor units";
    check(r#"{"EUR":"0.10"}"#, &[]);
    check(r#"{"EUR":"0.10","XQZ":"5.00"}"#, &[("XQZ", "5.00", no_currency)]);
    check(r#"{"EUR":"0.10","usd":"5.00"}"#, &[("usd", "5.00", no_currency)]);
    check(r#"{"EUR":"0.10","USD":"1.001"}"#, &[("USD", "1.001", "more decimals than the currency has")]);
    check(r#"{"EUR":"0.10","USD":"1e5"}"#, &[("USD", "1e5", "not an amount")]);
    check(r#"{"EUR":"0.10","USD":null}"#, &[("USD", "", "the amount is empty")]);
    check(r#"{"EUR":"0.10","USD":[1]}"#, &[("USD", "[1]", "not an amount")]);
    let (long, digits) = ("9".repeat(60), "9".repeat(90));
    check(&format!(r#"{{"EUR":"0.10","USD":"{digits}.00"}}"#), &[("USD", &long, "too large for one entry")]);
    let many: Vec<String> = (0..99).map(|it| format!(r#""X{it}":"1""#)).collect();
    let page = page(
        Feed::Swift,
        &format!(r#"{{"cursor":"","next":"1","more":true,"rows":0,"sums":{{{}}},"transfers":[]}}"#, many.join(",")),
    );
    assert_eq!(page.unreadable_sums.len(), 20, "so that the page fits its record");
}

#[test]
fn a_sum_of_rows_may_have_more_digits_than_one_row() {
    let row = r#"{"id":"S1","amount":"9999999999999999.99"}"#;
    let rows = [row; 20].join(",");
    let page = page(
        Feed::Sepa,
        &format!(
            r#"{{"cursor":"","next":"1","more":true,"rows":20,"sums":{{"EUR":"199999999999999999.80"}},"transfers":[{rows}]}}"#
        ),
    );
    assert_eq!(sums(&page.declared), ["199999999999999999.80 EUR"]);
    assert!(page.is_as_declared() && page.unreadable_sums.is_empty());
}

#[test]
fn a_row_that_cannot_be_read_is_a_reject_of_the_import_with_its_reason() {
    let row = |amount: &str, currency: &str| {
        format!(
            r#"{{"transaction_id":"W1","sender":"DE89370400440532013000","receiver":"AT611904300234573201",
                "amount":"{amount}","currency":"{currency}","timestamp":"2026-01-02T10:00:00Z"}}"#
        )
    };
    let rows = [row("1.00", "eur"), row("1.00", "XQZ"), row("1234567890123456789.00", "EUR")];
    let page = page(
        Feed::Swift,
        &format!(r#"{{"cursor":"","next":"1","more":true,"rows":3,"transfers":[{}]}}"#, rows.join(",")),
    );
    assert_eq!((page.received.rows, page.received.unreadable), (3, 3));
    let mut file = Gathered::new(Feed::Swift).unwrap();
    file.add(&page).unwrap();
    let mut importer = Importer::new(ImportContext {
        instructions: Instructions { source: Some("swift".to_owned()), ..Instructions::default() },
        profile: None,
        uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    });
    importer.feed(&file.finish().unwrap()).unwrap();
    let read = importer.end().unwrap().finish(&Directory::default()).unwrap();
    let reasons: Vec<_> = read.found.first_rejects.iter().map(|it| (it.line, it.reason.as_str())).collect();
    let no_currency = "currency: not an ISO 4217 currency with minor units";
    assert_eq!(reasons, [(2, no_currency), (3, no_currency), (4, "amount: too large for one entry")]);
}

#[test]
fn what_is_no_page_says_where() {
    let whole = r#"{"cursor":"","next":"1","more":false,"rows":0,"transfers":[]}"#;
    for end in 0..whole.len() {
        let cut = Page::parse(Feed::Sepa, &whole.as_bytes()[..end]);
        assert!(matches!(cut, Err(PageError::Unreadable { .. })), "{end}");
    }
    let error = Page::parse(Feed::Sepa, b"<html>secret</html>").unwrap_err().to_string();
    assert_eq!(error, "the answer is not a page of the feed (line 1, column 1)");
}

#[test]
fn pages_are_gathered_under_one_header_into_the_same_bytes() {
    let page = |id: u32| {
        let row = format!(r#"{{"id":"S{id}","amount":"1.00"}}"#);
        page(Feed::Sepa, &format!(r#"{{"cursor":"","next":"1","more":false,"rows":1,"transfers":[{row}]}}"#))
    };
    let gathered = || {
        let mut file = Gathered::new(Feed::Sepa).unwrap();
        [1, 2].iter().for_each(|id| file.add(&page(*id)).unwrap());
        file.finish().unwrap()
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(gathered().as_slice()).read_to_string(&mut text).unwrap();
    assert_eq!(text, "id,payer,beneficiary,amount,currency,timestamp\nS1,,,1.00,EUR,\nS2,,,1.00,EUR,\n");
    assert_eq!(gathered(), gathered());
}

proptest! {
    #[test]
    fn any_answer_is_a_page_or_an_error(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        for feed in Feed::ALL {
            let _ = Page::parse(feed, &body);
        }
    }

    #[test]
    fn any_text_of_a_row_arrives_in_its_column(id in "\\PC{0,20}", payer in "[\\x20-\\x7e\\n\"]{0,20}") {
        let row = serde_json::json!({"id": id, "payer_iban": payer, "amount": "1"});
        let body = serde_json::json!({"cursor": "", "next": "1", "more": false, "rows": 1, "transfers": [row]});
        let page = Page::parse(Feed::Sepa, body.to_string().as_bytes()).unwrap();
        let mut csv = csv::ReaderBuilder::new().has_headers(false).from_reader(page.csv.as_slice());
        let record = csv.records().next().unwrap().unwrap();
        prop_assert_eq!(&record[0], id);
        prop_assert_eq!(&record[1], payer.replace('\n', " "));
    }
}
