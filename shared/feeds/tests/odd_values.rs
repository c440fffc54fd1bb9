//! An invalid value in an answer affects at most its own row: it does not stop the feed and does not affect other rows.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use customers::Directory;
use feeds::{Feed, Gathered, Page, cdm};
use imports::{ImportContext, Importer, Instructions, ParsedFile};
use money::Currency;

/// A row of a company that is as it should be.
const COMPANY: &str =
    r#"{"id":"C1","name":"A","owner":"O","address":"S","email":"","ibans":["DE89370400440532013000"]}"#;
const TRANSFER: &str = r#"{"transaction_id":"W1","sender":"DE89370400440532013000","receiver":"GB29NWBK60161331926819",
    "amount":"9.00","currency":"EUR","timestamp":"2026-01-01T10:00:00Z"}"#;

fn body(name: &str, rows: &[&str]) -> Vec<u8> {
    let (count, rows) = (rows.len(), rows.join(","));
    format!(r#"{{"cursor":"","next":"1","more":false,"rows":{count},"{name}":[{rows}]}}"#).into_bytes()
}

/// What the import of a page reads.
fn imported(feed: Feed, page: &Page) -> ParsedFile {
    let mut file = Gathered::new(feed).unwrap();
    file.add(page).unwrap();
    let mut importer = Importer::new(ImportContext {
        instructions: Instructions { source: Some(feed.name().to_owned()), ..Instructions::default() },
        profile: None,
        uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    });
    for part in file.finish().unwrap().chunks(512 * 1024) {
        importer.feed(part).unwrap();
    }
    importer.end().unwrap().finish(&Directory::new()).unwrap()
}

/// A page of a good row and an odd one: how many of the two the import takes.
fn check(feed: Feed, name: &str, good: &str, odd: &str, taken: u64) {
    let page = Page::parse(feed, &body(name, &[good, odd])).unwrap();
    assert!(page.received.rows == 2 && page.is_as_declared() == page.received.sums.is_empty(), "{odd}");
    let found = imported(feed, &page).found;
    let rejected = 2_u64.checked_sub(taken).unwrap();
    assert_eq!((found.rows_read, found.rows_taken, found.rows_rejected), (2, taken, rejected), "{odd}");
}

#[test]
fn an_odd_company_costs_its_own_row_only() {
    let company = |odd: &str, taken| check(Feed::CompanyInfo, "companies", COMPANY, odd, taken);
    company(r#"{"id":"C2","name":"B","ibans":null}"#, 2);
    company(r#"{"id":"C2","name":"B"}"#, 2);
    company(r#"{"id":"C2","name":"B","ibans":"AT611904300234573201;GB29NWBK60161331926819"}"#, 2);
    company(r#"{"id":"C2","name":"B","ibans":[null,"AT611904300234573201"]}"#, 2);
    company(r#"{"id":"C2","name":"B","ibans":7}"#, 1);
    company(r#"{"id":"C2","name":"B","ibans":{"a":[1]}}"#, 1);
    company(r#"{"id":"C2","id":"C3","name":"B"}"#, 1);
    company("null", 1);
    company("7", 1);
    company(r#""C2""#, 1);
    company(r#"["C2","B","O","S","",[]]"#, 1);
}

#[test]
fn the_accounts_of_a_text_are_those_of_a_list() {
    let csv = |ibans: &str| {
        let row = format!(r#"{{"id":"C1","ibans":{ibans}}}"#);
        String::from_utf8(Page::parse(Feed::CompanyInfo, &body("companies", &[&row])).unwrap().csv).unwrap()
    };
    assert_eq!(csv(r#"["DE1","FR1"]"#), "C1,,,,,DE1;FR1\n");
    assert_eq!(csv(r#""DE1;FR1""#), "C1,,,,,DE1;FR1\n");
    assert_eq!(csv("null"), "C1,,,,,\n");
}

#[test]
fn an_odd_transfer_or_rate_costs_its_own_row_only() {
    for odd in ["null", "[]", r#"{"transaction_id":"W2","amount":"1.00","amount":"2.00","currency":"EUR"}"#] {
        let page = Page::parse(Feed::Swift, &body("transfers", &[TRANSFER, odd])).unwrap();
        let sums: Vec<String> = page.received.sums.iter().map(ToString::to_string).collect();
        assert_eq!((page.received.rows, page.received.unreadable, sums), (2, 1, vec!["9.00 EUR".to_owned()]), "{odd}");
        assert_eq!(imported(Feed::Swift, &page).found.rows_read, 2, "{odd}");
    }
    let rate = r#"{"currency":"USD","date":"2026-01-01","usd_rate":"1","eur_rate":"0.9"}"#;
    check(Feed::ExchangeRates, "rates", rate, "null", 1);
}

#[test]
fn sums_that_are_no_map_are_one_sum_that_cannot_be_read() {
    let read = |sums: &str| {
        let body = format!(r#"{{"cursor":"","next":"1","more":false,"rows":0,"sums":{sums},"transfers":[]}}"#);
        let page = Page::parse(Feed::Sepa, body.as_bytes()).unwrap();
        page.unreadable_sums.into_iter().map(|it| (it.amount, it.reason)).collect::<Vec<_>>()
    };
    assert_eq!(read("null"), []);
    assert_eq!(read("{}"), []);
    let list = r#"[{"currency":"EUR","amount":"1"}]"#;
    for odd in [list, "7", r#""EUR 7""#] {
        assert_eq!(read(odd), [(odd.to_owned(), "the sums are not a map of currencies".to_owned())]);
    }
}

#[test]
fn one_byte_of_another_encoding_costs_one_character() {
    let mut body = body("companies", &[COMPANY, r#"{"id":"C2","name":"B?","ibans":[]}"#]);
    let at = body.iter().position(|it| *it == b'?').unwrap();
    body[at] = 0xfc;
    let page = Page::parse(Feed::CompanyInfo, &body).unwrap();
    assert!(page.is_as_declared());
    assert!(String::from_utf8(page.csv.clone()).unwrap().contains("C2,B\u{fffd},"));
    assert_eq!(imported(Feed::CompanyInfo, &page).found.rows_taken, 2);
}

#[test]
fn half_of_a_character_stays_as_it_is_written() {
    let page = Page::parse(Feed::Sepa, &body("transfers", &[r#"{"id":"a\ud800"}"#])).unwrap();
    assert_eq!(String::from_utf8(page.csv).unwrap(), "a\\ud800,,,,EUR,\n");
}

#[test]
fn an_odd_row_or_byte_of_the_cdm_format_costs_its_own_row_only() {
    let rows = r#"[{\"id\":1,\"amount\":2,\"currency\":\"EUR\"},null,{\"id\":2,\"id\":3},{\"id\":4}]"#;
    let odd =
        format!(r#"{{"sepa_transactions":"{rows}","count":4}}{{"sepa_transactions":7}}{{"sepa_transactions":"[]"}}"#);
    let answer = cdm::parse(Feed::Sepa, odd.as_bytes());
    assert_eq!((answer.page.received.rows, answer.page.received.unreadable), (4, 3));
    assert!(answer.damage.is_some(), "the second object has no list");
    let latin = b"{\"company_info\":\"[{\\\"companyID\\\":1,\\\"name\\\":\\\"M\xfcller\\\"}]\"}";
    let answer = cdm::parse(Feed::CompanyInfo, latin);
    assert_eq!((answer.page.received.rows, answer.damage), (1, None));
}

#[test]
fn each_row_of_a_page_is_one_row_of_the_import_whatever_its_fields_hold() {
    let row = |id: &str| TRANSFER.replace("W1", id);
    for id in ["x\\n".repeat(40_000), "\\\"\\r\\n".repeat(40_000), "y".repeat(200_000), "\\u0000\\u0085".to_owned()] {
        let (page, odd) = (row(&id), row("W2"));
        let page = Page::parse(Feed::Swift, &body("transfers", &[TRANSFER, &page, &odd])).unwrap();
        let lines = page.csv.split(|it| *it == b'\n').map(<[u8]>::len).collect::<Vec<_>>();
        assert_eq!(lines.len(), 4, "three lines, and the end of the last");
        assert!(lines[1] < 300_000, "{} bytes", lines[1]);
        assert_eq!(imported(Feed::Swift, &page).found.rows_read, page.received.rows, "{} bytes", id.len());
    }
}

#[test]
fn a_cut_field_is_never_a_valid_one() {
    let long = |text: &str| format!("{text}{}x", " ".repeat(70_000));
    let row = format!(r#"{{"id":"S1","amount":"{}","time":"{}"}}"#, long("1.00"), long("2026-01-01T10:00:00Z"));
    let page = Page::parse(Feed::Sepa, &body("transfers", &[&row])).unwrap();
    assert_eq!(
        (page.received.unreadable, String::from_utf8_lossy(&page.csv).matches('…').count()),
        (1, 2),
        "both are marked"
    );
    let found = imported(Feed::Sepa, &page).found;
    assert_eq!((found.rows_read, found.rows_rejected), (1, 1));
}

#[test]
fn a_field_of_64_kibibytes_is_kept_and_a_longer_one_is_cut() {
    let csv = |length: usize| {
        let row = format!(r#"{{"id":"{}"}}"#, "y".repeat(length));
        String::from_utf8(Page::parse(Feed::Sepa, &body("transfers", &[&row])).unwrap().csv).unwrap()
    };
    let longest = "y".repeat(65_536);
    assert_eq!(csv(65_536), format!("{longest},,,,EUR,\n"));
    assert_eq!(csv(65_537), format!("{longest}…,,,,EUR,\n"));
}

#[test]
fn line_breaks_in_a_field_become_spaces() {
    let row = r#"{"id":"C1","name":"A","address":"1 Mill Lane\n12345 Town","ibans":[]}"#;
    let page = Page::parse(Feed::CompanyInfo, &body("companies", &[row])).unwrap();
    assert_eq!(String::from_utf8(page.csv.clone()).unwrap(), "C1,A,,1 Mill Lane 12345 Town,,\n");
    assert_eq!(imported(Feed::CompanyInfo, &page).found.rows_taken, 1);
}

#[test]
fn a_completely_unreadable_answer_is_an_import_without_rows() {
    let page = cdm::parse(Feed::Sepa, b"<html>").page;
    let found = imported(Feed::Sepa, &page).found;
    assert_eq!((found.rows_read, found.rows_rejected), (0, 0));
}
