//! After a restore from a backup no payment is called before it is known what was called since.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

mod case;

use std::time::Duration;

use advances::{Progress, ReferenceStatus, Step};
use calendar::Moment;
use case::{Case, credit, day, rules};

#[test]
fn a_due_payment_is_resolved_before_it_is_made_again() {
    let case = Case::new();
    let backup = Moment::day(day(0)).plus(Duration::from_hours(9));
    let now = Moment::day(day(4));
    let facts = case.advance.after_restore(credit(1), backup, now);
    let restored = case.advance.with(&facts).unwrap();
    restored.check().unwrap();
    assert!(matches!(restored.progress(credit(1)), Some(Progress::Unknown(_))));
    assert_eq!(restored.claims(&[]).take, []);
    assert_eq!(case.advance.claims(&facts).take.len(), 1, "its slot");
    assert_eq!(restored.after_restore(credit(1), backup, now), [], "once");

    // The window of the processor counts from the backup, so the reference is not called again.
    let step = restored.next_step(credit(1), &rules(true), now.plus(Duration::from_secs(1)));
    assert!(matches!(step, Step::Resolve(_)), "{step:?}");
    assert_eq!(restored.next_step(credit(1), &rules(false), now), Step::WaitForReport);
    // The last call may still land.
    let soon = ReferenceStatus::NotKnown { as_of: now.plus(Duration::from_hours(1)) };
    assert_eq!(restored.on_status(credit(1), &soon, &rules(true), now), None);
    let later = ReferenceStatus::NotKnown { as_of: now.plus(Duration::from_hours(25)) };
    assert!(restored.on_status(credit(1), &later, &rules(true), now).is_some());
}

#[test]
fn a_call_in_progress_at_the_backup_becomes_unknown_and_a_sent_payment_stays() {
    let mut case = Case::new();
    let backup = Moment::day(day(1));
    let Step::Call(intent) = case.advance.next_step(credit(1), &rules(true), Moment::day(day(0))) else {
        unreachable!("it is due");
    };
    let sending = case.advance.with(&[intent]).unwrap();
    let facts = sending.after_restore(credit(1), backup, Moment::day(day(4)));
    let restored = sending.with(&facts).unwrap();
    let Some(Progress::Unknown(calls)) = restored.progress(credit(1)) else { unreachable!("it is unknown") };
    assert_eq!((calls.count, calls.first_at.date(), calls.last_at.date()), (2, day(0), day(4)));
    case.send(credit(1), 0);
    assert_eq!(case.advance.after_restore(credit(1), backup, Moment::day(day(4))), []);
}
