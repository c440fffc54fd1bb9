//! Each way in which a feed may not be complete is a gap that says where.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use feeds::{Counted, Feed, Gathering, PageRecord, Posting, Proof};
use imports::{BatchOutcome, Found, Import, ImportId, PostedSums, State, Sums, TransferSums, Upload};
use money::{Currency, Money};

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// Three pages of two rows of 1.00 each; one row is rejected, one was known before, one is dirty, two have both sides.
fn complete() -> (Vec<PageRecord>, Vec<Posting>) {
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
        received: counted.clone(),
        asked: 2,
        repeated: 1,
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
    let found = Found {
        rows_read: 6,
        rows_taken: 5,
        rows_rejected: 1,
        entries: 7,
        sums: vec![Sums { credits: eur(350), debits: eur(-350) }],
        transfers: vec![transfers],
        ..Found::default()
    };
    let import = Import { state: State::Done, found: Some(found), ..Import::received(&upload) };
    let gathering = Gathering { number: 0, from: 0, to: 3, key: upload.key.clone(), import: import.id };
    let sums = vec![PostedSums { posted: eur(600), dirty: eur(100) }];
    let outcome = BatchOutcome { posted: 6, duplicates: 1, dirty: 1, accounts: 2, sums };
    (vec![page(0), page(1), page(2)], vec![Posting { gathering, import: Some(import), outcomes: vec![outcome] }])
}

fn proof(pages: &[PageRecord], postings: &[Posting]) -> Proof {
    Proof::of(Feed::Sepa, "2026-11-21T10:00:00Z".parse().unwrap(), pages, postings)
}

#[test]
fn what_adds_up_has_no_gaps() {
    let (pages, postings) = complete();
    let proof = proof(&pages, &postings);
    assert_eq!(proof.gaps, Vec::<String>::new());
    assert_eq!((proof.pages.taken, proof.pages.asked, proof.pages.repeated), (3, 6, 3));
    assert_eq!((proof.rows.declared, proof.rows.taken, proof.rows.rejected), (6, 5, 1));
    let eur = &proof.currencies[0];
    assert_eq!([eur.made, eur.posted, eur.duplicates, eur.dirty].map(Money::amount), ["7.00", "6.00", "1.00", "1.00"]);
    let json = serde_json::to_string(&proof).unwrap();
    assert_eq!(serde_json::from_str::<Proof>(&json).unwrap(), proof);
}

/// Changes one thing and says which gap must be told first.
fn check(expected: &str, change: impl FnOnce(&mut Vec<PageRecord>, &mut Vec<Posting>)) {
    let (mut pages, mut postings) = complete();
    change(&mut pages, &mut postings);
    let gaps = proof(&pages, &postings).gaps;
    assert!(gaps.iter().any(|gap| gap.contains(expected)), "{expected}: {gaps:?}");
}

fn found(postings: &mut [Posting]) -> &mut Found {
    postings[0].import.as_mut().unwrap().found.as_mut().unwrap()
}

#[test]
fn each_thing_that_does_not_is_named() {
    check("page 1 (cursor `1`) declares 3 rows and has 2", |pages, _| pages[1].declared.rows = 3);
    check("page 2 (cursor `2`) declares 2 rows and has 2; its sums differ", |pages, _| {
        pages[2].declared.sums = vec![eur(199)];
    });
    check("page 2 does not follow page 0", |pages, _| drop(pages.remove(1)));
    check("page 1 does not follow page 0", |pages, _| pages[0].next = "x".to_owned());
    check("pages 0 to 3 have 6 rows", |_, postings| found(postings).rows_read = 5);
    check("rows read, and taken or rejected: 6 is not 5", |_, postings| found(postings).rows_rejected = 0);
    check("EUR: sums received, and taken or rejected: 600 is not 599", |_, postings| {
        found(postings).transfers[0].rejected = eur(99);
    });
    check("EUR: sums of rows taken, on each side, and of entries made: 700 is not 701", |_, postings| {
        found(postings).sums[0].credits = eur(351);
    });
    check("entries of rows taken, and made: 7 is not 8", |_, postings| found(postings).entries = 8);
    check("entries made, and posted or known before: 7 is not 6", |_, postings| postings[0].outcomes[0].posted = 5);
    check("EUR: more is posted than was made", |_, postings| postings[0].outcomes[0].sums[0].posted = eur(701));
    check("there is no record of import", |_, postings| postings[0].import = None);
    check("is posting", |_, postings| postings[0].import.as_mut().unwrap().state = State::Posting);
    check(": it is late", |_, postings| {
        postings[0].import.as_mut().unwrap().state = State::Failed { reason: "it is late".to_owned() };
    });
    check("pages 0 to 3 are in no import", |_, postings| postings.clear());
    check("pages 0 to 1 are in no import", |_, postings| postings[0].gathering.from = 1);
    check("pages 2 to 3 are in no import", |_, postings| postings[0].gathering.to = 2);
}

#[test]
fn a_gathering_of_another_import_is_no_gap_by_itself() {
    let (pages, mut postings) = complete();
    postings[0].gathering.import = ImportId::of("imports/sepa/pages.csv.gz", "2");
    assert!(proof(&pages, &postings).is_complete(), "its duplicate stands for it");
}
