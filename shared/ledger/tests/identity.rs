//! When two rows are the same entry, and when they are rows of one batch payment.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::Date;
use ledger::testing::FakeBooks;
use ledger::{Entry, EntryBudget, Mark, PostingId, Side, View, page_of_entries, post};
use money::{Currency, Money};

fn transfer() -> Entry {
    Entry {
        at: "2026-07-15T10:00:00Z".parse().unwrap(),
        source: "sepa".into(),
        id: Some("7".into()),
        ordinal: 0,
        amount_minor: -300,
        currency: Currency::EUR,
        side: Side::Payer,
        counterparty: Some("FR14".into()),
        text: Some("rent".into()),
        mark: Mark::Clean,
    }
}

/// Rows that differ in one field, by the name of the field.
fn others(row: &Entry) -> BTreeMap<&'static str, Entry> {
    let row = || row.clone();
    [
        ("time", Entry { at: "2026-07-15T10:00:01Z".parse().unwrap(), ..row() }),
        ("day", Entry { at: "2026-07-15".parse().unwrap(), ..row() }),
        ("source", Entry { source: "swift".into(), ..row() }),
        ("id", Entry { id: Some("8".into()), ..row() }),
        ("ordinal", Entry { ordinal: 1, ..row() }),
        ("amount", Entry { amount_minor: -301, ..row() }),
        ("currency", Entry { currency: Currency::USD, ..row() }),
        ("side", Entry { side: Side::Beneficiary, ..row() }),
        ("counterparty", Entry { counterparty: Some("FR15".into()), ..row() }),
        ("text", Entry { text: Some("tea".into()), ..row() }),
    ]
    .into()
}

/// The marks of the entries from two rows.
fn marks(one: &Entry, other: &Entry) -> Vec<&'static str> {
    let books = FakeBooks::default();
    let account: AccountNumber = "DE89370400440532013000".parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        post(&books, &account, vec![one.clone(), other.clone()], PostingId([1; 16])).await.unwrap();
        let all =
            page_of_entries(&books, &account, (Date::MIN, Date::MAX), View::All, None, 9, &EntryBudget::unlimited())
                .await
                .unwrap()
                .0;
        all.iter().map(|it| it.mark.name()).collect()
    })
}

fn check(row: &Entry, expected: impl Fn(&str) -> Vec<&'static str>) {
    for (field, other) in others(row) {
        assert_eq!(marks(row, &other), expected(field), "{field}");
        assert_eq!(marks(&other, row), expected(field), "{field}, the other way round");
    }
}

const TWO: [&str; 2] = ["clean", "clean"];

#[test]
fn the_rows_of_a_transfer_are_distinguished_by_their_identity() {
    check(&transfer(), |field| match field {
        "text" => vec!["clean"],
        "amount" | "currency" | "ordinal" => vec!["batch-payment"; 2],
        _ => TWO.to_vec(),
    });
}

#[test]
fn a_transfer_without_an_id_is_no_batch_payment_and_its_text_identifies_it() {
    let nameless = Entry { id: None, ..transfer() };
    check(&nameless, |_| TWO.to_vec());
    assert_eq!(marks(&nameless, &nameless), ["clean"]);
}

#[test]
fn a_row_of_an_account_s_own_file_is_no_batch_payment() {
    let row = Entry { side: Side::None, ..transfer() };
    check(&row, |field| if field == "text" { vec!["clean"] } else { TWO.to_vec() });
    let nameless = Entry { id: None, ..row };
    check(&nameless, |_| TWO.to_vec());
}

#[test]
fn a_transfer_needs_a_country_on_both_sides() {
    let clean = transfer();
    let foreign = Entry { counterparty: Some("XX14".into()), ..transfer() };
    let nameless = Entry { counterparty: None, ..transfer() };
    assert_eq!(marks(&foreign, &foreign), ["invalid-iban"]);
    assert_eq!(marks(&nameless, &nameless), ["invalid-iban"]);
    assert_eq!(marks(&clean, &clean), ["clean"]);
    let batch = Entry { amount_minor: 1, ..foreign.clone() };
    assert_eq!(marks(&foreign, &batch), ["invalid-iban", "invalid-iban"], "whatever else it is");

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let books = FakeBooks::default();
    let unknown: AccountNumber = "4711".parse().unwrap();
    let all = runtime.block_on(async {
        let own = Entry { side: Side::None, id: Some("9".into()), ..transfer() };
        post(&books, &unknown, vec![clean, own], PostingId([1; 16])).await.unwrap();
        page_of_entries(&books, &unknown, (Date::MIN, Date::MAX), View::All, None, 9, &EntryBudget::unlimited())
            .await
            .unwrap()
            .0
    });
    assert_eq!(all.iter().map(|it| it.mark).collect::<Vec<_>>(), [Mark::InvalidIban, Mark::Clean]);
}

#[test]
fn entries_show_what_tells_them_apart_and_no_names() {
    let shown = |entry: Entry| format!("{entry:?}");
    assert_eq!(shown(transfer()), "2026-07-15T10:00:00Z -3.00 EUR clean #7");
    let nameless = Entry { id: None, mark: Mark::BatchPayment, ..transfer() };
    assert_eq!(shown(nameless.clone()), "2026-07-15T10:00:00Z -3.00 EUR batch-payment");
    assert_eq!(shown(Entry { ordinal: 1, ..nameless }), "2026-07-15T10:00:00Z -3.00 EUR batch-payment (1)");
    assert_eq!(transfer().amount(), Money::new(-300, Currency::EUR));
}
