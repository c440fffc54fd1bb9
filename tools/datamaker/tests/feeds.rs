//! Rows from `Feeds` equal the rows in the files, in every format.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use calendar::Date;
use customers::Directory;
use datamaker::{Feed, Feeds, Format, Plan, Size, TransferRow, make};
use imports::{ImportContext, Importer, Upload};
use money::Currency;

fn plan() -> Plan {
    Plan {
        sepa_rows: 3_001,
        swift_rows: 29_999,
        first_day: "2023-11-20".parse().unwrap(),
        days: 100,
        batch_per_million: 20_000,
        repeated_per_million: 10_000,
        ..Plan::new(11, Size::Small)
    }
}

fn made(format: Format, name: &str) -> BTreeMap<String, String> {
    let folder: PathBuf = std::env::temp_dir().join(format!("millrace-datamaker-{}-{name}", std::process::id()));
    make(plan(), format, &folder, 2, |_| ()).unwrap();
    let files = std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path());
    let files =
        files.map(|it| (it.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(it).unwrap()));
    let files = files.collect();
    std::fs::remove_dir_all(folder).unwrap();
    files
}

fn line(row: &TransferRow) -> String {
    let TransferRow { id, payer, beneficiary, amount, at } = row;
    format!("{id},{payer},{beneficiary},{},{},{at}", amount.amount(), amount.currency())
}

#[test]
fn feeds_tell_the_rows_of_the_files() {
    let files = made(Format::Csv, "rows");
    let feeds = Feeds::new(plan());
    for feed in Feed::ALL {
        let rows = feeds.rows(feed);
        let rendered: Vec<String> = [0..1, 1..777, 777..rows - 1, rows - 1..rows + 9, rows..rows + 9]
            .into_iter()
            .flat_map(|part| feeds.transfers(feed, part))
            .map(|it| line(&it))
            .collect();
        let written: Vec<&str> = files[&format!("{}.csv", feed.name())].lines().skip(1).collect();
        assert_eq!(rendered, written, "{}", feed.name());
    }
    let companies = feeds.companies().map(|(it, ibans)| {
        format!("{},{},{},{},{},{}", it.id, it.name, it.owner, it.address, it.email, ibans.join(" "))
    });
    assert!(companies.eq(files["companies.csv"].lines().skip(1)));
    let rates = feeds.rates().into_iter().map(|it| format!("{},{},{},{}", it.currency, it.usd, it.eur, it.date));
    assert!(rates.eq(files["rates.csv"].lines().skip(1)));
}

#[test]
fn a_day_begins_with_its_first_row() {
    let (feeds, plan) = (Feeds::new(plan()), plan());
    for feed in Feed::ALL {
        let rows = feeds.rows(feed);
        for day in 0..100 {
            let day = plan.first_day.plus_days(day).unwrap();
            let first = feeds.first_row(feed, day);
            assert_eq!(feeds.day_of(feed, first), day);
            assert!(first == 0 || feeds.day_of(feed, first - 1) < day, "{day} begins before row {first}");
            let at = feeds.transfers(feed, first..first + 1).next().unwrap().at.date();
            assert!(at <= day, "a row is of its day, or repeats what came before: {at} on {day}");
        }
        assert_eq!(feeds.first_row(feed, Date::MIN), 0);
        assert_eq!(feeds.first_row(feed, Date::MAX), rows);
        assert_eq!(feeds.first_row(feed, plan.first_day.plus_days(100).unwrap()), rows);
    }
}

#[test]
fn json_lines_say_what_the_csv_says() {
    let (csv, json) = (made(Format::Csv, "csv"), made(Format::Json, "json"));
    assert_eq!(csv.len(), json.len());
    for table in ["companies", "rates", "holders", "sepa", "swift"] {
        let mut lines = csv[&format!("{table}.csv")].lines();
        let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
        let mut objects = json[&format!("{table}.jsonl")].lines();
        for (row, object) in lines.by_ref().zip(objects.by_ref()) {
            let values: BTreeMap<&str, &str> = columns.iter().copied().zip(row.split(',')).collect();
            assert_eq!(serde_json::from_str::<BTreeMap<&str, &str>>(object).unwrap(), values, "{table}");
        }
        assert_eq!((lines.next(), objects.next()), (None, None), "{table}");
    }
    let numbers = |labels: &str| -> Vec<u64> {
        labels.lines().skip(1).map(|it| it.split(',').next().unwrap().parse().unwrap()).collect()
    };
    let without_header: Vec<u64> = numbers(&csv["labels.csv"]).iter().map(|it| it - 1).collect();
    assert_eq!(numbers(&json["labels.csv"]), without_header);
}

#[test]
fn every_row_of_the_holders_file_is_taken() {
    let holders = made(Format::Csv, "holders").remove("holders.csv").unwrap();
    let upload = Upload {
        key: "imports/holders.csv".to_owned(),
        version: "1".to_owned(),
        size_bytes: 0,
        uploaded_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        metadata: BTreeMap::new(),
    };
    let mut importer = Importer::new(ImportContext {
        instructions: upload.instructions().unwrap(),
        profile: None,
        uploaded_at: upload.uploaded_at,
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    });
    importer.feed(holders.as_bytes()).unwrap();
    let read = importer.end().unwrap().finish(&Directory::default()).unwrap();
    let accounts: BTreeSet<&str> = holders.lines().skip(1).map(|it| it.split(',').next().unwrap()).collect();
    assert_eq!((read.found.rows_rejected, read.found.warnings), (0, vec![]));
    assert_eq!(read.found.customers, plan().people);
    assert_eq!(read.registrations.iter().map(|it| it.accounts.len()).sum::<usize>(), accounts.len());
    assert!(accounts.len() > 110, "some have two: {}", accounts.len());
}
