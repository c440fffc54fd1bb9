//! Which postings an account remembers if an import has several batches for it.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use ledger::testing::FakeBooks;
use ledger::{Entry, Mark, Posted, PostingId, Side, post};
use money::Currency;

/// Posts entries with these ids; returns how many were new and how many already existed.
fn posted(books: &FakeBooks, import: u8, batch: u32, ids: std::ops::Range<u32>) -> (u64, u64) {
    let posted = posted_from(books, "account", PostingId::new([import; 16], batch), ids);
    (posted.added.entries, posted.duplicates)
}

fn posted_from(books: &FakeBooks, source: &str, posting: PostingId, ids: std::ops::Range<u32>) -> Posted {
    let entries = ids.map(|id| Entry {
        at: "2026-07-15".parse().unwrap(),
        source: source.into(),
        id: Some(id.to_string().into()),
        ordinal: 0,
        amount_minor: i64::from(id),
        currency: Currency::EUR,
        side: Side::None,
        counterparty: None,
        text: None,
        mark: Mark::Clean,
    });
    let account = "4711".parse().unwrap();
    let posting = post(books, &account, entries.collect(), posting);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(posting).unwrap()
}

#[test]
fn entries_known_from_another_source_are_counted_and_posted() {
    let books = FakeBooks::default();
    let post = |source: &str, import: u8, ids| {
        let posted = posted_from(&books, source, PostingId::new([import; 16], 0), ids);
        (posted.added.entries, posted.duplicates, posted.from_another_source)
    };
    assert_eq!(post("sepa", 1, 0..10), (10, 0, 0));
    assert_eq!(post("sepa-eu", 2, 5..12), (7, 0, 5), "five are in the books twice now");
    for import in [2, 3] {
        let new = if import == 2 { 7 } else { 0 };
        assert_eq!(post("sepa-eu", import, 5..12), (new, 7 - new, 5), "repeated, it warns again");
    }
    assert_eq!(post("sepa", 4, 20..21), (1, 0, 0));
}

#[test]
fn rows_of_one_statement_in_two_formats_are_counted_and_posted() {
    let books = FakeBooks::default();
    let row = |source: &str, at: &str, amount_minor, ordinal, id: Option<&str>| Entry {
        at: at.parse().unwrap(),
        source: source.into(),
        id: id.map(Into::into),
        ordinal,
        amount_minor,
        currency: Currency::EUR,
        side: Side::None,
        counterparty: None,
        text: Some(source.into()),
        mark: Mark::Clean,
    };
    let post = |import: u8, rows: &[Entry]| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let account = "4711".parse().unwrap();
        let posting = post(&books, &account, rows.to_vec(), PostingId::new([import; 16], 0));
        let posted = runtime.block_on(posting).unwrap();
        (posted.added.entries, posted.from_another_source)
    };
    let csv = [("2026-07-15", 500, 0), ("2026-07-15", 500, 1), ("2026-07-16", -700, 0)]
        .map(|(at, amount, ordinal)| row("account", at, amount, ordinal, None));
    let camt =
        [("2026-07-15T09:00:00Z", 500, "R1"), ("2026-07-15T10:00:00Z", 500, "R2"), ("2026-07-15T11:00:00Z", 500, "R3")]
            .map(|(at, amount, id)| row("camt-053", at, amount, 0, Some(id)));
    assert_eq!(post(1, &csv), (3, 0));
    for _ in 0..2 {
        assert_eq!(post(2, &camt), (3, 2), "two credits of that day match one row each");
    }
    assert_eq!(post(3, &[row("camt-053", "2026-07-16", 700, 0, None)]), (1, 0), "a debit is no credit");
}

#[test]
fn each_batch_of_an_import_counts_for_itself() {
    let books = FakeBooks::default();
    for batch in 0..20 {
        let ids = batch * 10..batch * 10 + 12;
        let expected = if batch == 0 { (12, 0) } else { (10, 2) };
        for _ in 0..2 {
            assert_eq!(posted(&books, 1, batch, ids.clone()), expected, "batch {batch}");
        }
    }
}

#[test]
fn a_large_import_does_not_displace_what_others_have_posted() {
    let books = FakeBooks::default();
    assert_eq!(posted(&books, 1, 3, 0..10), (10, 0));
    for batch in 0..40 {
        posted(&books, 2, batch, 100 + batch..101 + batch);
    }
    assert_eq!(posted(&books, 1, 3, 0..10), (10, 0), "repeated after a crash");
}

#[test]
fn an_earlier_batch_that_comes_again_leaves_the_latest_remembered() {
    let books = FakeBooks::default();
    assert_eq!(posted(&books, 1, 0, 0..10), (10, 0));
    assert_eq!(posted(&books, 1, 1, 10..20), (10, 0));
    posted(&books, 1, 0, 0..10);
    assert_eq!(posted(&books, 1, 0, 0..11), (0, 11), "its result is recorded");
    assert_eq!(posted(&books, 1, 1, 10..20), (10, 0), "repeated after a crash");
    assert_eq!(posted(&books, 1, 0, 20..21), (1, 0), "what is new counts");
    assert_eq!(posted(&books, 1, 1, 10..20), (10, 0));
}
