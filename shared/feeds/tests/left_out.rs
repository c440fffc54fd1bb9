//! Rejected rows and sides without a registered account are no gap; the notes of a proof count them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod complete;

use complete::{change, complete, eur, proof, since};
use feeds::{Closed, Counted};
use imports::{ImportId, ImportStats, State, TransferSums};

/// A transfer of 10,000.00 EUR between accounts that are not registered yet: its row is rejected.
#[test]
fn a_proof_counts_what_is_in_no_book_and_names_imports_and_remedy() {
    let (mut pages, mut postings) = complete();
    let counted = Counted { rows: 1, unreadable: 0, sums: vec![eur(1_000_000)] };
    pages.truncate(1);
    (pages[0].declared, pages[0].received) = (counted.clone(), counted);
    postings[0].page_batch.to = 1;
    postings[0].outcomes.clear();
    let transfers = TransferSums {
        taken_rows: 0,
        taken: eur(0),
        both_rows: 0,
        both: eur(0),
        rejected_rows: 1,
        rejected: eur(1_000_000),
    };
    let stats = ImportStats { rows_read: 1, rows_rejected: 1, transfers: vec![transfers], ..ImportStats::default() };
    change(&mut postings[0], |it| {
        it.state = State::Rejected { reason: "0 of 1 rows were taken".to_owned() };
        it.found = Some(stats);
    });
    let rejected = proof(&pages, &postings);
    assert_eq!(rejected.gaps, Vec::<String>::new());
    let [note] = &*rejected.notes() else { panic!("{:?}", rejected.notes()) };
    let id = postings[0].import.as_ref().unwrap().id;
    assert!(note.starts_with(&format!("1 rows were rejected and are in no book (the latest imports: {id})")), "{note}");
    assert!(note.contains("`millrace imports again <import>`"), "{note}");

    let (pages, postings) = complete();
    let (taken, closed) = since(&Closed::default(), &pages, &postings);
    let [rows, sides] = &*taken.notes() else { panic!("{:?}", taken.notes()) };
    assert!(rows.starts_with("1 rows were rejected"), "{rows}");
    assert!(sides.starts_with("3 sides of transfers have no entry"), "{sides}");
    assert!(
        sides.contains(&format!("(the latest imports: {id})")) && sides.contains("`millrace imports again <import>`"),
        "{sides}"
    );
    assert_eq!(since(&closed, &[], &[]).0.notes(), taken.notes(), "the notes stay when the pages are closed");

    let mut earlier = serde_json::to_value(&closed).unwrap();
    earlier.as_object_mut().unwrap().remove("left_out");
    let notes = since(&serde_json::from_value(earlier).unwrap(), &[], &[]).0.notes();
    assert_eq!(notes.len(), 2, "an earlier release has the counts: {notes:?}");
}

#[test]
fn a_proof_names_the_latest_imports_only() {
    let (mut closed, (pages, postings)) = (Closed::default(), complete());
    for number in 0..30_u32 {
        let (mut pages, mut later) = (pages.clone(), complete().1);
        for (index, page) in (0_u32..).zip(&mut pages) {
            page.number = number * 3 + index;
            let cursor = |number: u32| if number == 0 { String::new() } else { number.to_string() };
            (page.cursor, page.next) = (cursor(page.number), cursor(page.number + 1));
        }
        (later[0].page_batch.from, later[0].page_batch.to) = (number * 3, number * 3 + 3);
        change(&mut later[0], |it| it.id = ImportId::of("later", &number.to_string()));
        closed = since(&closed, &pages, &later).1;
    }
    assert_eq!((closed.imports, closed.left_out.rejected.len(), closed.left_out.unregistered.len()), (30, 20, 20));
    assert_eq!(closed.left_out.rejected.last(), Some(&ImportId::of("later", "29")));
    assert!(!closed.left_out.rejected.contains(&postings[0].import.as_ref().unwrap().id));
}
