//! Every kind of incompleteness of a feed gives a gap with its position.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod complete;

use complete::{change, complete, eur, proof, since};
use feeds::{Closed, Counted, Feed, PageRecord, Posting, Proof, ReplacedPage, UnreadableSum};
use imports::{BatchOutcome, ImportId, ImportStats, PostedSums, State, Sums, TransferSums};
use money::Money;

#[test]
fn what_adds_up_has_no_gaps() {
    let (pages, postings) = complete();
    let proof = proof(&pages, &postings);
    assert_eq!(proof.gaps, Vec::<String>::new());
    assert_eq!((proof.pages.taken, proof.pages.requests, proof.pages.repeated), (3, 6, 3));
    assert_eq!((proof.rows.declared, proof.rows.taken, proof.rows.rejected), (6, 5, 1));
    let eur = &proof.currencies[0];
    assert_eq!([eur.made, eur.posted, eur.duplicates, eur.dirty].map(Money::amount), ["7.00", "6.00", "1.00", "1.00"]);
    let json = serde_json::to_string(&proof).unwrap();
    assert_eq!(serde_json::from_str::<Proof>(&json).unwrap(), proof);
}

/// Changes one value; checks the first reported gap.
fn check(expected: &str, change: impl FnOnce(&mut Vec<PageRecord>, &mut Vec<Posting>)) {
    let (mut pages, mut postings) = complete();
    change(&mut pages, &mut postings);
    let gaps = proof(&pages, &postings).gaps;
    assert!(gaps.iter().any(|gap| gap.contains(expected)), "{expected}: {gaps:?}");
}

fn found(postings: &mut [Posting], of: impl FnOnce(&mut ImportStats)) {
    change(&mut postings[0], |it| of(it.found.as_mut().unwrap()));
}

#[test]
fn each_thing_that_does_not_is_named() {
    check("page 1 (cursor `1`) declares 3 rows and has 2", |pages, _| pages[1].declared.rows = 3);
    check("page 2 (cursor `2`) declares 2 rows and has 2; its sums differ", |pages, _| {
        pages[2].declared.sums = vec![eur(199)];
    });
    check("page 1 (cursor `1`) declares a sum that cannot be read: `5.00` `eur`: unknown", |pages, _| {
        let (currency, amount, reason) = ("eur".to_owned(), "5.00".to_owned(), "unknown".to_owned());
        pages[1].unreadable_sums = vec![UnreadableSum { currency, amount, reason }];
    });
    check("page 2 does not follow page 0", |pages, _| drop(pages.remove(1)));
    check("page 1 does not follow page 0", |pages, _| pages[0].next = "x".to_owned());
    check("pages 0 to 3 have 6 rows", |_, postings| found(postings, |it| it.rows_read = 5));
    check("rows read, and taken or rejected: 6 is not 5", |_, postings| found(postings, |it| it.rows_rejected = 0));
    check("EUR: sums received, and taken or rejected: 600 is not 599", |_, postings| {
        found(postings, |it| it.transfers[0].rejected = eur(99));
    });
    check("EUR: sums of rows taken, on each side, and of entries made: 700 is not 701", |_, postings| {
        found(postings, |it| it.sums[0].credits = eur(351));
    });
    check("entries of rows taken, and made: 7 is not 8", |_, postings| found(postings, |it| it.entries = 8));
    check("entries made, and posted or known before: 7 is not 6", |_, postings| postings[0].outcomes[0].posted = 5);
    check("EUR: more is posted than the rows give", |_, postings| postings[0].outcomes[0].sums[0].posted = eur(701));
    check("there is no record of import", |_, postings| postings[0].import = None);
    check("is posting", |_, postings| change(&mut postings[0], |it| it.state = State::Posting));
    check(": it is late", |_, postings| {
        change(&mut postings[0], |it| it.state = State::Failed { reason: "it is late".to_owned() });
    });
    check("pages 0 to 3 are in no import", |_, postings| postings.clear());
    check("pages 0 to 1 are in no import", |_, postings| postings[0].page_batch.from = 1);
    check("pages 2 to 3 are in no import", |_, postings| postings[0].page_batch.to = 2);
}

#[test]
fn a_gathering_of_another_import_is_no_gap_by_itself() {
    let (pages, mut postings) = complete();
    postings[0].page_batch.import = ImportId::of("imports/sepa/pages.csv.gz", "2");
    assert!(proof(&pages, &postings).is_complete(), "its duplicate replaces it");
}

/// The same pages with other numbers: pages 3 to 5, and their import.
fn later() -> (Vec<PageRecord>, Vec<Posting>) {
    let (mut pages, mut postings) = complete();
    for page in &mut pages {
        page.cursor = (page.number + 3).to_string();
        page.next = (page.number + 4).to_string();
        page.number += 3;
    }
    postings[0].page_batch.number = 1;
    (postings[0].page_batch.from, postings[0].page_batch.to) = (3, 6);
    (pages, postings)
}

#[test]
fn a_proof_from_the_closed_part_on_is_the_proof_from_the_first_page_on() {
    let ((pages, postings), (later_pages, later_postings)) = (complete(), later());
    let (first, closed) = since(&Closed::default(), &pages, &postings);
    assert_eq!((closed.pages, closed.imports, closed.cursor.as_str()), (3, 1, "3"));
    assert_eq!(closed.figures, first.figures());
    let (second, closed) = since(&closed, &later_pages, &later_postings);
    assert_eq!((closed.pages, closed.imports, closed.cursor.as_str()), (6, 2, "6"));
    let (pages, postings) = ([pages, later_pages].concat(), postings.into_iter().chain(later_postings));
    assert_eq!(since(&Closed::default(), &pages, &postings.collect::<Vec<_>>()), (second, closed.clone()));
    let (nothing_new, same) = since(&closed, &[], &[]);
    assert_eq!((nothing_new.figures(), same), (closed.figures.clone(), closed));
    assert!(nothing_new.is_complete());
    let json = serde_json::to_string(&same_again(&nothing_new)).unwrap();
    assert_eq!(serde_json::from_str::<Closed>(&json).unwrap(), same_again(&nothing_new));
}

fn same_again(proof: &Proof) -> Closed {
    Closed {
        pages: 6,
        imports: 2,
        cursor: "6".to_owned(),
        figures: proof.figures(),
        corrections: vec![],
        left_out: proof.left_out.clone(),
    }
}

#[test]
fn what_follows_a_gap_is_not_closed() {
    let ((pages, mut postings), (later_pages, later_postings)) = (complete(), later());
    found(&mut postings, |it| it.rows_read = 5);
    let (pages, postings) = ([pages, later_pages].concat(), postings.into_iter().chain(later_postings));
    let (proof, closed) = since(&Closed::default(), &pages, &postings.collect::<Vec<_>>());
    assert_eq!((proof.is_complete(), closed), (false, Closed::default()));

    let ((pages, postings), (mut later_pages, later_postings)) = (complete(), later());
    later_pages[2].declared.rows = 3;
    let (pages, postings) = ([pages, later_pages].concat(), postings.into_iter().chain(later_postings));
    let (proof, closed) = since(&Closed::default(), &pages, &postings.collect::<Vec<_>>());
    assert_eq!((proof.gaps.len(), closed.pages, closed.imports), (1, 3, 1), "{:?}", proof.gaps);
}

#[test]
fn the_first_page_after_the_closed_part_must_follow_it() {
    let ((pages, postings), (later_pages, later_postings)) = (complete(), later());
    let (_, closed) = since(&Closed::default(), &pages, &postings);
    let elsewhere = Closed { cursor: "9".to_owned(), ..closed.clone() };
    let (proof, same) = since(&elsewhere, &later_pages, &later_postings);
    assert_eq!((proof.gaps.as_slice(), same), (["page 3 does not follow page 2".to_owned()].as_slice(), elsewhere));
    let gaps = since(&closed, &later_pages[1..], &later_postings).0.gaps;
    assert!(gaps.iter().any(|it| it == "page 4 does not follow page 2"), "{gaps:?}");
    let gaps = since(&closed, &later_pages[..2], &later_postings).0.gaps;
    assert!(gaps.iter().any(|it| it == "pages 5 to 6 have no record"), "{gaps:?}");
}

/// An outcome of so many entries of 1.00.
fn outcome(posted: u64, duplicates: u64) -> BatchOutcome {
    let sums = vec![PostedSums { entries: posted, posted: eur(100 * i64::try_from(posted).unwrap()), dirty: eur(0) }];
    BatchOutcome { posted, duplicates, dirty: 0, accounts: 1, sums, ..BatchOutcome::default() }
}

#[test]
fn what_an_earlier_import_of_the_same_pages_has_posted_is_posted_once() {
    let (pages, mut postings) = complete();
    (postings[0].earlier, postings[0].outcomes) = (vec![outcome(2, 1), outcome(1, 0)], vec![outcome(3, 4)]);
    let whole = proof(&pages, &postings);
    assert_eq!(whole.gaps, Vec::<String>::new());
    assert_eq!((whole.entries.made, whole.entries.posted, whole.entries.duplicates), (7, 6, 1));
    assert_eq!([whole.currencies[0].posted, whole.currencies[0].duplicates].map(Money::amount), ["6.00", "1.00"]);

    // The earlier import has posted entries that the pages no longer contain.
    (postings[0].earlier, postings[0].outcomes) = (vec![outcome(5, 0)], vec![outcome(3, 4)]);
    let gaps = proof(&pages, &postings).gaps;
    assert!(gaps.iter().any(|it| it == "entries made, and posted or known before: 7 is not 8"), "{gaps:?}");
    assert!(gaps.iter().any(|it| it == "EUR: more is posted than the rows give"), "{gaps:?}");
}

/// A page with one garbled row, 10.00 as 100.00, and the same page corrected by the bank.
fn corrected() -> (Vec<PageRecord>, Vec<Posting>) {
    let counted = |minor: i64| Counted { rows: 1, unreadable: 0, sums: vec![eur(minor)] };
    let (pages, mut postings) = complete();
    let replaced = ReplacedPage { key: "a.json".to_owned(), received: counted(10_000), withdrawn: 1 };
    let page = PageRecord {
        key: "b.json".to_owned(),
        declared: counted(1000),
        received: counted(1000),
        replaced: Some(replaced),
        ..pages[0].clone()
    };
    let transfers = TransferSums {
        taken_rows: 1,
        taken: eur(1000),
        both_rows: 0,
        both: eur(0),
        rejected_rows: 0,
        rejected: eur(0),
    };
    let changed = ImportStats {
        rows_read: 1,
        rows_taken: 1,
        entries: 1,
        sums: vec![Sums { credits: eur(1000), debits: eur(0) }],
        transfers: vec![transfers],
        ..ImportStats::default()
    };
    found(&mut postings, |it| *it = changed);
    let outcome = |minor: i64, dirty: u64| BatchOutcome {
        posted: 1,
        duplicates: 0,
        dirty,
        accounts: 1,
        sums: vec![PostedSums { entries: 1, posted: eur(minor), dirty: eur(0) }],
        ..BatchOutcome::default()
    };
    postings[0].page_batch.to = 1;
    (postings[0].earlier, postings[0].outcomes) = (vec![outcome(10_000, 0)], vec![outcome(1000, 2)]);
    (vec![page], postings)
}

#[test]
fn a_corrected_row_closes_the_gap_of_its_page_and_leaves_a_note() {
    let (pages, postings) = corrected();
    let (proof, closed) = since(&Closed::default(), &pages, &postings);
    assert_eq!((proof.gaps.clone(), closed.pages), (vec![], 1));
    let entries = &proof.entries;
    assert_eq!((entries.made, entries.posted, entries.duplicates, entries.dirty), (1, 1, 0, 2));
    let sums = &proof.currencies[0];
    assert_eq!([sums.made, sums.posted, sums.duplicates].map(Money::amount), ["10.00", "10.00", "0.00"]);
    let [note] = &*proof.corrections else { panic!("{:?}", proof.notes()) };
    let expected = "page 0 (cursor ``): the bank has withdrawn 1 rows after they were taken; taken first: 1 rows, 100.00 \
                    EUR; corrected: 1 rows, 10.00 EUR. ";
    assert!(note.starts_with(expected) && note.contains("Compare a.json with b.json"), "{note}");

    let (nothing_new, _) = since(&closed, &[], &[]);
    assert_eq!(nothing_new.notes(), proof.notes(), "the note stays when the page is closed");
}

#[test]
fn a_surplus_without_withdrawn_rows_stays_a_gap() {
    let (mut pages, postings) = corrected();
    pages[0].replaced = None;
    let gaps = proof(&pages, &postings).gaps;
    assert_eq!(
        gaps,
        ["entries made, and posted or known before: 1 is not 2", "EUR: more is posted than the rows give"]
    );

    // Two withdrawn rows have four entries at most.
    let (mut pages, mut postings) = corrected();
    pages[0].replaced.as_mut().unwrap().withdrawn = 2;
    postings[0].earlier[0].posted = 5;
    let gaps = proof(&pages, &postings).gaps;
    assert_eq!(gaps, ["entries made, and posted or known before: 1 is not 2"]);
}

#[test]
fn a_proof_names_the_latest_corrections_only() {
    let (mut closed, (mut pages, mut postings)) = (Closed::default(), corrected());
    for number in 0..60 {
        (pages[0].number, postings[0].page_batch.from, postings[0].page_batch.to) = (number, number, number + 1);
        (pages[0].cursor, pages[0].next) = (closed.cursor.clone(), number.to_string());
        closed = since(&closed, &pages, &postings).1;
    }
    assert_eq!((closed.pages, closed.corrections.len()), (60, 50));
    assert!(closed.corrections[49].starts_with("page 59 "), "{}", closed.corrections[49]);
}

#[test]
fn entries_of_other_files_that_turn_dirty_are_no_gap() {
    let (pages, mut postings) = complete();
    (postings[0].outcomes[0].dirty, postings[0].outcomes[0].sums[0].dirty) = (9, eur(900));
    assert_eq!(
        proof(&pages, &postings).gaps,
        Vec::<String>::new(),
        "a row of this feed showed them to be batch payments"
    );
}

#[test]
fn a_row_that_cannot_be_read_does_not_hide_a_difference_on_other_pages() {
    let ((mut pages, postings), (later_pages, mut later_postings)) = (complete(), later());
    pages[0].received.unreadable = 1;
    found(&mut later_postings, |it| it.transfers[0].rejected = eur(99));
    let (pages, postings) = ([pages, later_pages].concat(), postings.into_iter().chain(later_postings));
    let gaps = proof(&pages, &postings.collect::<Vec<_>>()).gaps;
    assert_eq!(gaps, ["EUR: sums received, and taken or rejected: 600 is not 599"]);
}

#[test]
fn sums_are_not_compared_where_a_row_cannot_be_read() {
    let (mut pages, mut postings) = complete();
    found(&mut postings, |it| it.transfers[0].rejected = eur(99));
    assert_eq!(proof(&pages, &postings).gaps.len(), 1);
    pages[0].received.unreadable = 1;
    assert_eq!(proof(&pages, &postings).gaps, Vec::<String>::new());
}

#[test]
fn a_proof_names_fifty_gaps_and_counts_the_others() {
    let (pages, mut postings) = complete();
    postings.clear();
    // One gap for each page, which does not follow the one before, and one because the pages are in no import.
    for (gap_count, named_count, last) in [
        (49, 49, "pages 0 to 97 are in no import"),
        (50, 50, "pages 0 to 99 are in no import"),
        (51, 51, "and 1 more"),
        (60, 51, "and 10 more"),
    ] {
        let unrelated = |number: u32| PageRecord { number: 2 * number, cursor: "x".to_owned(), ..pages[0].clone() };
        let gaps = proof(&(1..gap_count).map(unrelated).collect::<Vec<_>>(), &postings).gaps;
        assert_eq!((gaps.len(), gaps.last().unwrap().as_str()), (named_count, last), "{gap_count} gaps");
    }
}

#[test]
fn a_page_that_was_replaced_without_a_withdrawn_row_leaves_no_note() {
    let (mut pages, postings) = corrected();
    pages[0].replaced.as_mut().unwrap().withdrawn = 0;
    assert_eq!(proof(&pages, &postings).corrections, Vec::<String>::new());
}

#[test]
fn the_notes_of_a_bank_that_declares_nothing_say_what_was_not_compared() {
    let check = |feed: Feed, damaged: u32, expected: &[&str]| {
        let (mut pages, postings) = complete();
        pages[1].format = feeds::FeedFormat::Cdm;
        pages[1].damaged = damaged;
        let notes = Proof::of(feed, "2026-11-21T10:00:00Z".parse().unwrap(), &pages, &postings).notes();
        // Then the rejected row and, of transfers, the sides without an account.
        let left_out = if matches!(feed, Feed::Sepa | Feed::Swift) { 2 } else { 1 };
        assert_eq!(notes.len(), expected.len() + left_out, "{notes:?}");
        assert!(notes.iter().zip(expected).all(|(note, part)| note.contains(part)), "{notes:?}");
    };
    let (nothing, lost) = ("declares neither rows nor sums", "an answer that was lost on its way does not come again");
    check(Feed::Sepa, 0, &[nothing, lost]);
    check(Feed::Swift, 0, &[nothing, lost]);
    check(Feed::CompanyInfo, 0, &[nothing, "the balance of a company has no date"]);
    check(Feed::ExchangeRates, 0, &[nothing, "the rates have no date"]);
    check(Feed::Swift, 1, &[nothing, lost, "1 answers ended in the middle or could not be read"]);
    check(Feed::Swift, 1, &[nothing, lost, "kept in the bucket under feeds/swift/"]);
    let (pages, postings) = complete();
    let notes = proof(&pages, &postings).notes();
    assert!(notes.iter().all(|it| !it.contains(nothing)), "all pages declare what they have: {notes:?}");
}

#[test]
fn an_import_that_was_refused_or_failed_or_is_missing_is_lost() {
    let check = |state: Option<State>, expected: (bool, bool)| {
        let (_, mut postings) = complete();
        match state.clone() {
            Some(state) => change(&mut postings[0], |it| it.state = state),
            None => postings[0].import = None,
        }
        assert_eq!((postings[0].is_lost(), postings[0].is_final()), expected, "{state:?}");
    };
    let reason = String::new;
    check(None, (true, false));
    check(Some(State::Refused { reason: reason() }), (true, true));
    check(Some(State::Failed { reason: reason() }), (true, true));
    check(Some(State::Done), (false, true));
    check(Some(State::Posting), (false, false));
}
