//! A feed that is complete, to change.

#![allow(dead_code, reason = "each test takes what it needs of it")]

use std::collections::BTreeMap;

use feeds::{Closed, Counted, Feed, PageBatch, PageRecord, Posting, Proof};
use imports::testing::altered;
use imports::{BatchOutcome, Import, ImportRecord, ImportStats, PostedSums, State, Sums, TransferSums, Upload};
use money::{Currency, Money};

pub(crate) fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// Three pages of two rows of 1.00 each; one row is rejected, one was known before, one is dirty, two have both sides.
pub(crate) fn complete() -> (Vec<PageRecord>, Vec<Posting>) {
    let counted = Counted { rows: 2, unreadable: 0, sums: vec![eur(200)] };
    let cursor = |number: u32| if number == 0 { String::new() } else { number.to_string() };
    let page = |number: u32| PageRecord {
        format: feeds::FeedFormat::Millrace,
        damaged: 0,
        number,
        cursor: cursor(number),
        next: cursor(number + 1),
        key: String::new(),
        declared: counted.clone(),
        unreadable_sums: Vec::new(),
        received: counted.clone(),
        requests: 2,
        repeated: 1,
        replaced: None,
    };
    let upload = Upload {
        key: "imports/sepa/pages.csv.gz".to_owned(),
        version: "1".to_owned(),
        size_bytes: 1,
        uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        metadata: BTreeMap::new(),
    };
    let transfers = TransferSums {
        taken_rows: 5,
        taken: eur(500),
        both_rows: 2,
        both: eur(200),
        rejected_rows: 1,
        rejected: eur(100),
    };
    let found = ImportStats {
        rows_read: 6,
        rows_taken: 5,
        rows_rejected: 1,
        entries: 7,
        sums: vec![Sums { credits: eur(350), debits: eur(-350) }],
        transfers: vec![transfers],
        ..ImportStats::default()
    };
    let import = altered(&Import::received(&upload), |it| {
        it.state = State::Done;
        it.found = Some(found);
    });
    let page_batch = PageBatch {
        number: 0,
        from: 0,
        to: 3,
        key: upload.key.clone(),
        import: import.id,
        attempt: 0,
        earlier: vec![],
    };
    let sums = vec![PostedSums { entries: 6, posted: eur(600), dirty: eur(100) }];
    let outcome = BatchOutcome { posted: 6, duplicates: 1, dirty: 1, accounts: 2, sums, ..BatchOutcome::default() };
    (
        vec![page(0), page(1), page(2)],
        vec![Posting { page_batch, import: Some(import), outcomes: vec![outcome], earlier: vec![] }],
    )
}

pub(crate) fn proof(pages: &[PageRecord], postings: &[Posting]) -> Proof {
    Proof::of(Feed::Sepa, "2026-11-21T10:00:00Z".parse().unwrap(), pages, postings)
}

pub(crate) fn change(posting: &mut Posting, change: impl FnOnce(&mut ImportRecord)) {
    posting.import = posting.import.as_ref().map(|it| altered(it, change));
}

pub(crate) fn since(closed: &Closed, pages: &[PageRecord], postings: &[Posting]) -> (Proof, Closed) {
    Proof::since(closed, Feed::Sepa, "2026-11-21T10:00:00Z".parse().unwrap(), pages, postings)
}
