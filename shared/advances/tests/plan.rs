//! The plan of an advance, and how failures change it.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

mod case;

use advances::{Advance, AdvanceId, BreakKind, Progress, Status, Step, Terms, TermsError, split};
use calendar::{Date, Moment};
use case::{Case, credit, day, debit};
use money::{Currency, Money};
use proptest::prelude::*;

#[test]
fn a_hundred_over_twelve_weeks() {
    let case = Case::credited();
    let plan: Vec<_> = case.advance.instalments().iter().map(|it| (case.due(it.number), it.amount.amount())).collect();
    let parts = ["8.34", "8.34", "8.34", "8.34", "8.33", "8.33", "8.33", "8.33", "8.33", "8.33", "8.33", "8.33"];
    let expected: Vec<_> = (1..=12).map(|week| week * 7).zip(parts.map(str::to_owned)).collect();
    assert_eq!(plan, expected);
}

#[test]
fn each_failure_is_collected_in_a_week_of_its_own() {
    let mut case = Case::credited();
    for week in 1..=12 {
        case.collect(week * 7, &[3, 5]);
    }
    assert_eq!((case.due(13), case.due(14)), (91, 98));
    case.collect(91, &[13]);
    case.collect(98, &[14]);
    assert_eq!((case.due(15), case.due(16)), (105, 112));
    case.collect(105, &[]);
    case.collect(112, &[]);
    assert_eq!(case.advance.status(), Status::Settled);
    assert!(case.advance.is_closed());
    assert_eq!(case.advance.figures().paid, case.advance.amount());
}

#[test]
fn a_part_that_fails_too_often_is_written_off() {
    let mut case = Case::credited();
    let failures: Vec<u32> = (1..=12).filter(|it| *it == 2).chain(13..=40).collect();
    for week in 1..=20 {
        case.collect(week * 7, &failures);
    }
    assert_eq!(case.advance.status(), Status::WrittenOff);
    assert_eq!(case.advance.instalments().len(), 17, "six attempts for the second part");
    assert_eq!(case.advance.figures().refused.amount(), "8.34");
    assert!(case.advance.is_closed() && case.advance.next_work().is_none());
}

#[test]
fn only_five_days_with_reports_time_a_debit_out() {
    let mut case = Case::credited();
    case.see(0..7);
    case.run(7);
    case.send(debit(1), 7);
    // A week without any report.
    assert_eq!(case.run(14).len(), 1, "the next instalment is due");
    case.see(7..12);
    case.run(15);
    assert_eq!(case.advance.progress(debit(1)).unwrap().name(), "sent", "four days after the debit");
    // The thirteenth is missing.
    case.see(13..=20);
    case.run(21);
    assert_eq!(case.advance.progress(debit(1)).unwrap().name(), "sent");
    case.see([12]);
    case.run(22);
    assert_eq!(case.advance.progress(debit(1)).unwrap().name(), "timed out");
    assert_eq!((case.advance.instalments().len(), case.due(13)), (13, 91));
}

/// A timed-out first instalment with a planned replacement.
fn timed_out() -> Case {
    let mut case = Case::credited();
    case.run(7);
    case.send(debit(1), 7);
    case.see(0..=12);
    case.run(13);
    assert_eq!(case.advance.progress(debit(1)).unwrap().name(), "timed out");
    case
}

#[test]
fn a_late_success_cancels_the_instalment_that_replaces_it() {
    let mut case = timed_out();
    let found = case.report(debit(1), None, 20).found.unwrap();
    assert_eq!(found.kind, BreakKind::LateSuccess);
    case.run(21);
    assert_eq!(case.advance.progress(debit(13)), Some(&Progress::Dropped { on: day(21) }));
    assert_eq!(case.advance.figures().overpaid.minor(), 0);
}

#[test]
fn a_replacement_that_is_due_is_not_sent_once_a_report_shows_that_the_first_has_succeeded() {
    let mut case = timed_out();
    for week in 2..=12 {
        case.collect(week * 7, &[]);
    }
    case.run(case.due(13));
    let now = Moment::day(day(case.due(13)));
    let next = |case: &Case| case.advance.next_step(debit(13), &case::rules(true), now);
    assert!(matches!(next(&case), Step::Call(_)));
    case.report(debit(1), None, case.due(13));
    assert_eq!(next(&case), Step::Nothing, "before the run that cancels it");
    case.run(case.due(13) + 1);
    assert_eq!(case.advance.progress(debit(13)).unwrap().name(), "cancelled");
}

#[test]
fn the_smallest_advance_of_each_currency_has_whole_instalments() {
    for currency in ["EUR", "JPY", "KWD"].map(|it| Currency::parse(it.as_bytes()).unwrap()) {
        let terms = Terms::weekly(currency);
        terms.check(terms.min).unwrap();
        assert!(terms.plan(terms.min, day(0)).unwrap().iter().all(|(_, part)| part.minor() > 0), "{currency}");
    }
}

#[test]
fn a_late_success_after_its_replacement_was_collected_is_refunded_once_approved() {
    let mut case = timed_out();
    for week in 2..=13 {
        case.collect(week * 7, &[]);
    }
    assert_eq!(case.advance.status(), Status::Settled);
    case.report(debit(1), None, 95);
    assert!(!case.advance.is_closed(), "a refund is to be decided");
    case.run(96);
    assert_eq!(case.advance.calls(), [], "not approved");
    let refund = case.advance.refunds()[0].instalment;
    let approval = case.advance.approve_refund(refund, "operator", Moment::day(day(96))).unwrap();
    case.add(vec![approval]);
    assert_eq!(case.advance.approve_refund(refund, "operator", Moment::day(day(96))), None, "approved once");
    case.collect(97, &[]);
    assert!(case.advance.is_closed());
    let figures = case.advance.figures();
    assert_eq!((figures.overpaid.minor(), figures.refunded), (834, figures.overpaid));
}

#[test]
fn a_credit_is_tried_again_only_after_a_definite_failure() {
    let mut case = Case::new();
    case.send(credit(1), 0);
    case.see(0..=30);
    assert_eq!(case.run(31), [], "a credit never times out");
    case.report(credit(1), Some("account closed"), 31);
    case.run(32);
    assert_eq!(case.advance.calls(), [credit(2)]);
    for attempt in 2..=5 {
        case.send(credit(attempt), 32);
        case.report(credit(attempt), Some("account closed"), 32);
        case.run(33);
    }
    assert_eq!(case.advance.status(), Status::CreditFailed);
    assert!(case.advance.is_closed());
}

#[test]
fn an_advance_is_cancelled_before_its_credit_only() {
    let mut case = Case::new();
    let cancel = case.advance.cancel("ada", "not needed", Moment::day(day(0))).unwrap();
    assert!(case.advance.with(std::slice::from_ref(&cancel)).unwrap().is_closed());
    case.intend(credit(1), 0);
    assert_eq!(case.advance.cancel("ada", "not needed", Moment::day(day(0))), None);
    assert!(case.advance.with(&[cancel]).is_err());
}

#[test]
fn missed_dates_are_replanned_after_today() {
    let mut case = Case::credited();
    case.run(7);
    case.send(debit(1), 7);
    case.report(debit(1), Some("insufficient funds"), 200);
    case.run(200);
    assert_eq!(case.due(13), 203, "whole weeks after the last date, and after the run");
}

#[test]
fn impossible_requests_name_the_reason() {
    let terms = Terms::weekly(Currency::EUR);
    for (minor, currency, error) in [
        (0, Currency::EUR, TermsError::TooSmall(terms.min)),
        (-10_000, Currency::EUR, TermsError::TooSmall(terms.min)),
        (999, Currency::EUR, TermsError::TooSmall(terms.min)),
        (10_000_001, Currency::EUR, TermsError::TooLarge(terms.max)),
        (10_000, Currency::USD, TermsError::Currency { amount: Currency::USD, terms: Currency::EUR }),
    ] {
        assert_eq!(terms.check(Money::new(minor, currency)), Err(error), "{minor} {currency}");
    }
    for wrong in [
        Terms { instalments: 0, ..terms },
        Terms { instalments: 121, ..terms },
        Terms { interval_days: 0, ..terms },
        Terms { observation_days: 0, ..terms },
        Terms { credit_attempts: 0, ..terms },
        Terms { debit_attempts: 21, ..terms },
        Terms { min: Money::new(11, Currency::EUR), ..terms },
        Terms { max: Money::new(1_000, Currency::USD), ..terms },
    ] {
        assert!(matches!(wrong.check(Money::new(10_000, Currency::EUR)), Err(TermsError::Limits(_))), "{wrong:?}");
    }
}

#[test]
fn facts_are_stored_as_json_and_read_back() {
    let mut case = timed_out();
    case.report(debit(1), None, 20);
    case.run(21);
    for fact in &case.facts {
        let json = serde_json::to_string(fact).unwrap();
        assert_eq!(serde_json::from_str::<advances::Fact>(&json).unwrap(), *fact, "{json}");
    }
    let json = serde_json::to_string(&case.facts[2]).unwrap();
    assert!(json.starts_with(r#"{"at":"2026-01-05","event":"calling","payment":"C1","call":1,"order""#), "{json}");
}

proptest! {
    #[test]
    fn parts_add_up_and_differ_by_one_minor_unit(minor in 120_i128..1_000_000_000_000, count in 1_u32..=120) {
        for code in ["EUR", "JPY", "KWD", "CLF", "USD", "INR"] {
            let amount = Money::new(minor, code.parse().unwrap());
            let parts = split(amount, count);
            prop_assert_eq!(parts.len(), usize::try_from(count).unwrap());
            prop_assert_eq!(parts.iter().map(|it| it.minor()).sum::<i128>(), minor);
            let (min, max) = (parts.iter().min().unwrap().minor(), parts.iter().max().unwrap().minor());
            prop_assert!(max - min <= 1 && min >= 1);
            prop_assert!(parts.iter().all(|it| it.currency() == amount.currency()));
        }
    }

    #[test]
    fn k_failures_take_k_different_weeks(fails in prop::collection::vec(any::<bool>(), 12..40)) {
        let mut case = Case::credited();
        let failures: Vec<u32> = (1..).zip(&fails).filter(|(_, fails)| **fails).map(|(number, _)| number).collect();
        let mut week = 1;
        while !case.advance.is_closed() {
            case.collect(week * 7, &failures);
            week += 1;
            prop_assert!(week < 120);
        }
        let mut dues: Vec<Date> = case.advance.instalments().iter().map(|it| it.due).collect();
        let count = dues.len();
        dues.dedup();
        prop_assert_eq!(dues.len(), count);
        prop_assert!(dues.is_sorted());
        let figures = case.advance.figures();
        prop_assert_eq!(figures.paid.try_add(figures.refused).unwrap(), figures.amount);
    }
}

#[test]
fn the_id_of_an_advance_follows_from_its_request() {
    let amount = Money::new(10_000, Currency::EUR);
    let terms = Terms::weekly(Currency::EUR);
    let facts = |key: &str| {
        let id = AdvanceId::of_request("ada", key);
        Advance::request(id, "ada", "2378".parse().unwrap(), amount, terms, Moment::day(day(0))).unwrap()
    };
    assert_eq!(facts("1"), facts("1"));
    assert_ne!(facts("1"), facts("2"));
}
