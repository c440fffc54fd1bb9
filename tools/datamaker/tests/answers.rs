//! Files are the same for any number of threads, and Millrace's results equal the expected ones.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use banking::AccountNumber;
use calendar::Date;
use customers::{CustomerId, Directory};
use datamaker::{Format, Plan, make};
use imports::{ImportContext, ImportId, Importer, Upload, read_batch};
use ledger::testing::FakeBooks;
use ledger::{EntryBudget, View, balances, figures_on, post};
use money::Currency;
use sha2::{Digest, Sha256};

const PLAN: Plan = Plan {
    seed: 7,
    companies: 40,
    people: 30,
    sepa_rows: 3_000,
    swift_rows: 140_000,
    first_day: Date::MIN,
    days: 500,
    batch_per_million: 20_000,
    invalid_per_million: 20_000,
    repeated_per_million: 10_000,
};

fn plan() -> Plan {
    Plan { first_day: "2023-11-20".parse().unwrap(), ..PLAN }
}

fn made(name: &str, plan: Plan, threads: usize) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("millrace-datamaker-{}-{name}", std::process::id()));
    make(plan, Format::Csv, &folder, threads, |_| ()).unwrap();
    folder
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn a_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let hashes = |plan: Plan, threads: usize| {
        let folder = made(&format!("threads-{}-{threads}", plan.seed), plan, threads);
        let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).collect();
        files.sort();
        assert_eq!(files.len(), 8);
        let hashes: Vec<_> = files.iter().map(|it| Sha256::digest(std::fs::read(it).unwrap())).collect();
        std::fs::remove_dir_all(folder).unwrap();
        hashes
    };
    let one = hashes(plan(), 1);
    for threads in [2, 7] {
        assert_eq!(hashes(plan(), threads), one, "{threads} threads");
    }
    assert_ne!(hashes(Plan { seed: 8, ..plan() }, 2), one, "another seed");
}

/// Posts a feed's file to books.
fn posted(books: &FakeBooks, directory: &Directory, folder: &Path, feed: &str) -> u64 {
    let upload = Upload {
        key: format!("imports/{feed}/made.csv"),
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
    importer.feed(read(folder, &format!("{feed}.csv")).as_bytes()).unwrap();
    let mut read = importer.end().unwrap().finish(directory).unwrap();
    assert_eq!(read.found.rows_rejected, 0, "{:?}", read.found.first_rejects);
    assert_eq!(read.found.warnings, [], "every IBAN has valid check digits");
    let packed = read.pack();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut duplicates = 0;
    for (account, entries) in read_batch(&packed.bytes).unwrap() {
        let posting = ImportId::of(&upload.key, "1").posting(0);
        duplicates += runtime.block_on(post(books, &account, entries, posting)).unwrap().duplicates;
    }
    duplicates
}

#[test]
fn the_books_say_what_the_answers_say_at_the_end_of_each_quarter() {
    let folder = made("answers", plan(), 2);
    let companies = read(&folder, "companies.csv");
    let accounts: Vec<AccountNumber> = companies
        .lines()
        .skip(1)
        .flat_map(|row| row.rsplit(',').next().unwrap().split(' '))
        .map(|iban| iban.parse().unwrap())
        .collect();
    let directory: Directory = accounts.iter().map(|it| (it.clone(), CustomerId::of_account(it))).collect();
    assert_eq!(directory.len(), accounts.len(), "no IBAN twice");
    let books = FakeBooks::default();
    assert_eq!(posted(&books, &directory, &folder, "sepa"), 0);
    let duplicates = posted(&books, &directory, &folder, "swift");

    let labels = read(&folder, "labels.csv");
    let count = |what: &str| labels.lines().filter(|it| it.split(',').nth(1) == Some(what)).count();
    let (batch, invalid, repeated) = (count("batch-payment"), count("invalid-iban"), count("repeated"));
    assert!(batch > 4_000 && invalid > 2_000 && repeated > 1_000, "{batch} {invalid} {repeated}");
    let late = |it: &&str| {
        let lines: Vec<u64> = it.split(',').filter_map(|it| it.parse().ok()).collect();
        lines.len() == 2 && lines[0] > lines[1] + 4_000
    };
    assert!(labels.lines().filter(late).count() > 1_000, "some come late");
    assert!(duplicates >= u64::try_from(repeated).unwrap(), "a repeated row is known on each side");

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let answers = read(&folder, "answers.csv");
    let dates: BTreeSet<&str> = answers.lines().skip(1).map(|it| it.split(',').nth(1).unwrap()).collect();
    assert_eq!(dates.len(), 7, "{dates:?}");
    let mut expected = BTreeMap::<(&str, &str), BTreeMap<&str, (&str, &str)>>::new();
    for row in answers.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        expected.entry((fields[0], fields[1])).or_default().insert(fields[2], (fields[3], fields[4]));
    }
    let mut compared = 0;
    for account in &accounts {
        for date in &dates {
            let at = |view| {
                let date: Date = date.parse().unwrap();
                let budget = EntryBudget::unlimited();
                let figures = figures_on(&books, account, Some(date), &budget);
                let balances = balances(&runtime.block_on(figures).unwrap(), view);
                balances.into_iter().map(|it| (it.currency().code(), it.amount())).collect::<BTreeMap<_, _>>()
            };
            let (clean, all) = (at(View::Clean), at(View::All));
            let of_account = expected.remove(&(account.as_str(), *date)).unwrap_or_default();
            for (currency, (expected_clean, expected_all)) in of_account {
                assert_eq!(clean[currency], expected_clean, "{} {date} {currency}, clean", account.as_str());
                assert_eq!(all[currency], expected_all, "{} {date} {currency}, all", account.as_str());
                compared += 1;
            }
        }
    }
    assert!(expected.is_empty() && compared > 3_000, "{compared} balances compared");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_dirty_rows_change_is_the_sum_of_the_rows_that_are_labelled() {
    let plan = Plan { swift_rows: 30_000, sepa_rows: 10, ..plan() };
    let folder = made("labels", plan, 2);
    let (companies, rows, labels) =
        (read(&folder, "companies.csv"), read(&folder, "swift.csv"), read(&folder, "labels.csv"));
    let ibans = companies.lines().skip(1).flat_map(|row| row.rsplit(',').next().unwrap().split(' '));
    let accounts: BTreeMap<&str, AccountNumber> = ibans.map(|iban| (iban, iban.parse().unwrap())).collect();
    let directory: Directory = accounts.values().map(|it| (it.clone(), CustomerId::of_account(it))).collect();
    let books = FakeBooks::default();
    posted(&books, &directory, &folder, "swift");

    // Lines are counted from 1, and the first one is the header.
    let dirty: BTreeSet<usize> = labels
        .lines()
        .skip(1)
        .map(|it| it.split(',').collect::<Vec<_>>())
        .filter(|it| it[1] != "repeated")
        .map(|it| it[0].parse().unwrap())
        .collect();
    let mut labelled = BTreeMap::<(&str, Currency), i128>::new();
    for (_, row) in (1..).zip(rows.lines()).filter(|(line, _)| dirty.contains(line)) {
        let fields: Vec<&str> = row.split(',').collect();
        let amount = money::Money::parse(fields[3], fields[4].parse().unwrap()).unwrap();
        for (party, sign) in [(fields[1], -1), (fields[2], 1)] {
            if accounts.contains_key(party) {
                *labelled.entry((party, amount.currency())).or_default() += sign * amount.minor();
            }
        }
    }
    let mut found = BTreeMap::<(&str, Currency), i128>::new();
    for (iban, account) in &accounts {
        let Some(stored_books) = books.all().get(account).cloned() else { continue };
        let totals = stored_books.totals().unwrap();
        for (view, sign) in [(View::All, 1), (View::Clean, -1)] {
            for balance in totals.balances(view) {
                *found.entry((*iban, balance.currency())).or_default() += sign * balance.minor();
            }
        }
    }
    labelled.retain(|_, minor| *minor != 0);
    found.retain(|_, minor| *minor != 0);
    assert!(dirty.len() > 1_500 && labelled.len() > 300, "{} {}", dirty.len(), labelled.len());
    assert_eq!(found, labelled);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn invoices_are_between_two_companies_and_paid_after_they_are_issued() {
    let folder = made("invoices", Plan { swift_rows: 10, sepa_rows: 10, ..plan() }, 1);
    let companies = read(&folder, "companies.csv");
    let known: BTreeSet<&str> = companies.lines().skip(1).map(|row| row.split(',').next().unwrap()).collect();
    let invoices = read(&folder, "invoices.csv");
    let (mut late, mut open) = (0, 0);
    for row in invoices.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        let [_, issued, issuer, receiver, amount, due, paid] = fields[..] else { panic!("{row}") };
        assert!(known.contains(issuer) && known.contains(receiver) && issuer != receiver, "{row}");
        assert!(amount.replace('.', "").parse::<u64>().unwrap() >= 5_000 && issued < due, "{row}");
        assert!(paid.is_empty() || paid >= issued, "{row}");
        late += usize::from(paid > due);
        open += usize::from(paid.is_empty());
    }
    assert_eq!(invoices.lines().count(), 1 + known.len() * 24);
    assert!(late > 200 && open > 20, "{late} late, {open} open");
    std::fs::remove_dir_all(folder).unwrap();
}
