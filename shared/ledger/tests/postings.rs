//! What an account remembers of postings whose import has several batches for it.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use ledger::testing::FakeBooks;
use ledger::{Entry, Mark, PostingId, Side, post};
use money::Currency;

/// Posts entries with these ids; how many were new, and how many were there before.
fn posted(books: &FakeBooks, import: u8, batch: u32, ids: std::ops::Range<u32>) -> (u64, u64) {
    let entries = ids.map(|id| Entry {
        at: "2026-07-15".parse().unwrap(),
        source: "account".into(),
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
    let posting = post(books, &account, entries.collect(), PostingId::new([import; 16], batch));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let posted = runtime.block_on(posting).unwrap();
    (posted.added.entries, posted.duplicates)
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
    assert_eq!(posted(&books, 1, 0, 0..11), (0, 11), "what came of it is recorded");
    assert_eq!(posted(&books, 1, 1, 10..20), (10, 0), "repeated after a crash");
    assert_eq!(posted(&books, 1, 0, 20..21), (1, 0), "what is new counts");
    assert_eq!(posted(&books, 1, 1, 10..20), (10, 0));
}
