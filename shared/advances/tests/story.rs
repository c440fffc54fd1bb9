//! The text that somebody reads who explains an advance to its customer.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

mod case;

use advances::{Event, Fact, story};
use case::{Case, credit, day, debit};

#[test]
fn two_failures_a_time_out_and_a_late_success_read_like_a_story() {
    let mut case = Case::new();
    case.intend(credit(1), 0);
    let lost = Event::Unanswered { payment: credit(1), reason: "no answer".into() };
    case.add(vec![Fact::on(day(0), lost)]);
    case.send(credit(1), 0);
    case.report(credit(1), None, 0);
    case.see(0..7);
    case.collect(7, &[]);
    case.collect(14, &[2]);
    case.collect(21, &[3]);
    case.run(28);
    case.send(debit(4), 28);
    case.see(7..=33);
    case.run(34);
    case.report(debit(4), None, 40);
    case.run(41);
    insta::assert_snapshot!(story(&case.facts).unwrap());
}
