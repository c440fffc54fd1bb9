//! A file imported again after something about it was corrected brings what was missing, and nothing twice.

#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use e2e::World;
use imports::{ImportId, State};

const ALDER: &str = "DE89370400440532013000";
const BIRCH: &str = "AT611904300234573201";

/// A profile in which debits have this word.
fn profile(debit: &str) -> String {
    format!(
        r#"{{"kind": "holders", "delimiter": ";", "date_format": "%d.%m.%Y", "currency": "EUR",
        "columns": {{"account_number": "Konto", "first_name": "Vorname", "last_name": "Name", "email": "Mail",
            "operation_id": "Nr", "transaction_ts": "Datum", "transaction": "Betrag"}},
        "sign": {{"column": "S/H", "credit": ["H"], "debit": ["{debit}"]}}}}"#
    )
}

const BANK: &str = "Konto;Vorname;Name;Mail;Nr;Datum;Betrag;S/H\n\
    1;Ada;Lovelace;ada@example.com;a;15.07.2026;60.50;H\n\
    1;Ada;Lovelace;ada@example.com;b;28.07.2026;10.30;S\n\
    1;Ada;Lovelace;ada@example.com;c;02.08.2026;20.46;S\n\
    2;Bob;Byron;bob@example.com;d;13.08.2026;7.00;H\n";

const TRANSFERS: &str = "id,payer,beneficiary,amount,currency,timestamp\n\
    1,DE89370400440532013000,AT611904300234573201,10.00,EUR,2024-01-02T10:00:00Z\n\
    2,AT611904300234573201,DE89370400440532013000,2.50,EUR,2024-01-03T10:00:00Z\n\
    3,DE89370400440532013000,FR1420041010050500013M02606,1.00,EUR,2024-01-04T10:00:00Z\n";

const COMPANIES: &str = "id,name,owner,address,email,ibans\n\
    c1,Alder,Ann,Elm Street 1,alder@example.com,DE89370400440532013000\n\
    c2,Birch,Ben,Elm Street 2,birch@example.com,AT611904300234573201\n";

/// Uploads `text` and waits for the end of it: entries new in the books and known before, and what it repeats.
fn imported(
    world: &mut World,
    key: &str,
    version: &str,
    text: &str,
    metadata: &[(&str, &str)],
) -> (u64, u64, Option<ImportId>) {
    world.upload_with(key, version, text, metadata);
    world.run();
    let (import, outcomes) = world.import(key, version).unwrap();
    assert_eq!(import.state, State::Done, "{key} {version}");
    let sum = |sum: (u64, u64), it: &imports::BatchOutcome| (sum.0 + it.posted, sum.1 + it.duplicates);
    let (posted, duplicates) = outcomes.iter().fold((0, 0), sum);
    assert_eq!(posted + duplicates, import.found.as_ref().unwrap().entries, "{key} {version}");
    (posted, duplicates, import.repeats)
}

fn balance(world: &World, account: &str) -> Vec<String> {
    world.balances(account).iter().map(ToString::to_string).collect()
}

#[test]
fn a_corrected_profile_imports_all_rows_of_the_file() {
    let mut world = World::new(vec![]);
    let key = "imports/profiles/bank/july.csv";
    world.store("profiles/bank.json", &profile("D"));
    assert_eq!(imported(&mut world, key, "1", BANK, &[]), (2, 0, None));
    assert_eq!(world.mails().len(), 2);
    world.store("profiles/bank.json", &profile("S"));
    let first = Some(ImportId::of(key, "1"));
    assert_eq!(imported(&mut world, key, "2", BANK, &[]), (2, 2, first));
    assert_eq!(balance(&world, "1"), ["29.74 EUR"]);
    assert_eq!(balance(&world, "2"), ["7.00 EUR"]);
    assert_eq!(world.mails().len(), 3, "nothing is new for Bob");
    assert_eq!(imported(&mut world, key, "3", BANK, &[]), (0, 4, first));
    assert_eq!(world.mails().len(), 3, "nothing is new for anybody");
    assert_eq!(world.audit(), []);
}

#[test]
fn a_file_uploaded_again_after_a_failed_import_mails_nobody_twice() {
    let mut world = World::new(vec![]);
    let key = "imports/profiles/bank/july.csv";
    world.store("profiles/bank.json", &profile("S"));
    assert_eq!(imported(&mut world, key, "1", BANK, &[]), (4, 0, None));
    assert_eq!(world.mails().len(), 2);
    world.fail(key, "1");
    let failed = Some(ImportId::of(key, "1"));
    assert_eq!(imported(&mut world, key, "2", BANK, &[]), (0, 4, failed));
    assert_eq!(world.mails().len(), 2, "both have had theirs");
    assert_eq!(imported(&mut world, key, "3", BANK, &[]), (0, 4, Some(ImportId::of(key, "2"))));
    assert_eq!(world.mails().len(), 2);
    assert_eq!(world.audit(), []);
}

#[test]
fn transfers_imported_before_their_customers_and_again_after_them_are_on_both_sides() {
    let mut world = World::new(vec![]);
    world.upload_with("imports/sepa/a.csv", "1", TRANSFERS, &[]);
    world.run();
    let (early, _) = world.import("imports/sepa/a.csv", "1").unwrap();
    assert!(matches!(&early.state, State::Rejected { reason } if reason.starts_with("0 of 3 rows")), "{early:?}");
    assert_eq!(imported(&mut world, "imports/companies.csv", "1", COMPANIES, &[]), (0, 0, None));
    let first = Some(ImportId::of("imports/sepa/a.csv", "1"));
    assert_eq!(imported(&mut world, "imports/sepa/again.csv", "1", TRANSFERS, &[]), (5, 0, first));
    assert_eq!(balance(&world, ALDER), ["-8.50 EUR"]);
    assert_eq!(balance(&world, BIRCH), ["7.50 EUR"]);
    assert_eq!(imported(&mut world, "imports/sepa/a.csv", "2", TRANSFERS, &[]), (0, 5, first));
    assert_eq!(world.audit(), []);
}

#[test]
fn a_corrected_year_or_currency_brings_the_rows_of_that_year_and_currency() {
    let mut world = World::new(vec![]);
    let (key, text) = ("imports/accounts/1/july.csv", "Id,Date,Transaction\na,7/15,+60.5\nb,7/28,-10.3\n");
    assert_eq!(imported(&mut world, key, "1", text, &[("year", "2025")]), (2, 0, None));
    let first = Some(ImportId::of(key, "1"));
    assert_eq!(imported(&mut world, key, "2", text, &[("year", "2026")]), (2, 0, first));
    assert_eq!(imported(&mut world, key, "3", text, &[("year", "2026"), ("currency", "USD")]), (2, 0, first));
    assert_eq!(balance(&world, "1"), ["100.40 EUR", "50.20 USD"]);
    assert_eq!(world.audit(), []);
}

#[test]
fn two_uploads_of_one_content_at_one_moment_count_once() {
    let entries = |world: &World, key: &str| {
        let (import, outcomes) = world.import(key, "1").unwrap();
        assert_eq!(import.state, State::Done);
        (outcomes.iter().map(|it| it.posted).sum::<u64>(), outcomes.iter().map(|it| it.duplicates).sum::<u64>())
    };
    for backwards in [false, true] {
        let mut world = World::new(vec![]);
        world.backwards = backwards;
        world.store("profiles/bank.json", &profile("S"));
        let keys = ["imports/profiles/bank/a.csv", "imports/profiles/bank/b.csv"];
        keys.iter().for_each(|key| world.upload_with(key, "1", BANK, &[]));
        world.run();
        let [a, b] = keys.map(|key| entries(&world, key));
        assert_eq!((a.0 + b.0, a.1 + b.1), (4, 4), "backwards: {backwards}");
        let repeats = keys.map(|key| world.import(key, "1").unwrap().0.repeats.is_some());
        assert_eq!(repeats.iter().filter(|it| **it).count(), 1, "backwards: {backwards}");
        assert_eq!(balance(&world, "1"), ["29.74 EUR"]);
        assert_eq!(world.mails().len(), 2, "backwards: {backwards}");
        assert_eq!(world.audit(), []);
    }
}

#[test]
fn two_payments_of_one_moment_without_a_real_id_both_count() {
    let mut world = World::new(vec![]);
    world.upload_with("imports/companies.csv", "1", COMPANIES, &[]);
    world.run();
    let rows = ["NOTPROVIDED", "notprovided", "nonref", "N/A", "-", "0", ""].map(|id| {
        let amount = id.len() + 1;
        format!("{id},{ALDER},{BIRCH},{amount}.00,EUR,2024-01-02T10:00:00Z\n{id},{ALDER},{BIRCH},0.50,EUR,2024-01-02T10:00:00Z\n")
    });
    let text = format!("id,payer,beneficiary,amount,currency,timestamp\n{}", rows.concat());
    assert_eq!(imported(&mut world, "imports/sepa/a.csv", "1", &text, &[]), (28, 0, None));
    assert_eq!(balance(&world, ALDER), ["-43.50 EUR"]);
    assert_eq!(balance(&world, BIRCH), ["43.50 EUR"]);
    assert_eq!(imported(&mut world, "imports/sepa/a.csv", "2", &text, &[]).0, 0, "the same file again adds nothing");
}

#[test]
fn an_update_that_the_books_lost_comes_back_and_the_control_totals_are_equal_again() {
    let mut world = World::new(vec![]);
    let account = "imports/accounts/4711/a.csv";
    imported(&mut world, account, "1", "Id,Date,Transaction\n0,2026-07-15,60.50\n", &[]);
    let before = world.stored_books("4711");
    imported(&mut world, account, "2", "Id,Date,Transaction\n1,2026-07-16,9.50\n", &[]);
    world.lose_updates_since("4711", &before);
    assert_eq!(balance(&world, "4711"), ["60.50 EUR"]);
    let (reported, kept) = world.control_totals();
    assert!(!reported.differences(&kept).is_empty() && world.audit().is_empty(), "only the control totals tell");

    world.repost(account, "2");
    assert_eq!(balance(&world, "4711"), ["70.00 EUR"]);
    let (reported, kept) = world.control_totals();
    assert!(reported.differences(&kept).is_empty(), "{reported:?} {kept:?}");
}
