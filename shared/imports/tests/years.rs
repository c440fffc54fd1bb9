//! Dates without a year: which year is assumed, and what the report says of it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use customers::Directory;
use imports::{ImportContext, Importer, Instructions, ParsedFile, read_batch};
use ledger::Entry;
use money::Currency;

const TEXT: &str = "Id,Date,Transaction\n7,7/15,+60.5\n8,12/28,-10\n9,2025-03-01,1\n";

/// Reads `text` as uploaded at `uploaded_at`, with dates without a year relative to `reference`.
fn read(text: &str, year: Option<i32>, uploaded_at: &str, reference: Option<&str>) -> ParsedFile {
    let account = text.starts_with("Id").then(|| "4711".parse().unwrap());
    let mut importer = Importer::new(ImportContext {
        instructions: Instructions { account, year, ..Instructions::default() },
        profile: None,
        uploaded_at: uploaded_at.parse().unwrap(),
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    });
    if let Some(date) = reference {
        importer = importer.with_reference_date(date.parse().unwrap());
    }
    importer.feed(text.as_bytes()).unwrap();
    importer.learn(&Directory::new());
    importer.end().unwrap().finish(&Directory::new()).unwrap()
}

fn entries(read: &mut ParsedFile) -> Vec<Entry> {
    read_batch(&read.pack().bytes).unwrap().remove(0).1
}

fn warnings(read: &ParsedFile) -> Vec<(&str, u64)> {
    read.found.warnings.iter().map(|it| (it.what.as_str(), it.rows)).collect()
}

#[test]
fn the_same_content_with_the_same_reference_date_makes_the_same_entries() {
    let first = entries(&mut read(TEXT, None, "2026-12-20T10:00:00Z", None));
    let dates: Vec<String> = first.iter().map(|it| it.at.to_string()).collect();
    assert_eq!(dates, ["2025-03-01", "2025-12-28", "2026-07-15"]);
    for uploaded_at in ["2026-12-30T10:00:00Z", "2027-12-20T10:00:00Z"] {
        let (mut alone, mut again) =
            (read(TEXT, None, uploaded_at, None), read(TEXT, None, uploaded_at, Some("2026-12-20")));
        assert_eq!(alone.content, again.content);
        assert_ne!(entries(&mut alone), first, "{uploaded_at}");
        assert_eq!(entries(&mut again), first, "{uploaded_at}");
    }
}

#[test]
fn a_year_that_is_given_wins_over_the_reference_date() {
    let mut given = read(TEXT, Some(2024), "2026-12-30T10:00:00Z", Some("2026-12-20"));
    let dates: Vec<String> = entries(&mut given).iter().map(|it| it.at.to_string()).collect();
    assert_eq!(dates, ["2024-07-15", "2024-12-28", "2025-03-01"]);
    assert!(!given.assumes_years);
    assert_eq!(warnings(&given), []);
}

#[test]
fn assumed_years_are_a_warning() {
    let both = read(TEXT, None, "2026-12-20T10:00:00Z", None);
    assert!(both.assumes_years);
    let expected = "the date has no year, 2025 to 2026 was assumed; give the `year` with the upload";
    assert_eq!(warnings(&both), [(expected, 2)], "the row that has a year is not counted");
    let one = read(TEXT, None, "2026-12-30T10:00:00Z", None);
    assert_eq!(warnings(&one), [("the date has no year, 2026 was assumed; give the `year` with the upload", 2)]);

    let with_years = read("Id,Date,Transaction\n9,2025-03-01,1\n", None, "2026-12-20T10:00:00Z", None);
    assert!(!with_years.assumes_years);
    let rejected = read("Id,Date,Transaction\n9,3/1,x\n", None, "2026-12-20T10:00:00Z", None);
    assert!(!rejected.assumes_years, "a row that is rejected has no date in the books");
}

#[test]
fn rates_with_dates_without_a_year_depend_on_the_reference_date_too() {
    let text = "currency,usd_rate,eur_rate,date\nUSD,1,0.9,12/28\n";
    let rates = read(text, None, "2026-12-30T10:00:00Z", Some("2026-12-20"));
    assert!(rates.assumes_years);
    assert_eq!(rates.rates[0].date.to_string(), "2025-12-28");
    assert_eq!(warnings(&rates), [("the date has no year, 2025 was assumed; give the `year` with the upload", 1)]);
}
