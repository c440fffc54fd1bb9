//! What happens to calls under a seed, without a store.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use std::time::Duration;

use advances_sandbox::testing::order;
use advances_sandbox::{
    Call, Calls, Chances, Decision, Direction, Faults, Order, Outcome, Reply, Transaction, decide, report,
};
use calendar::{Date, Moment};

const NEVER: &str = "";
const DEDUPE: Duration = Duration::from_hours(72);

fn at(hours: u64) -> Moment {
    "2026-01-05T10:00:00Z".parse::<Moment>().unwrap().plus(Duration::from_hours(hours))
}

fn day(number: u32) -> Date {
    Date::try_new(2026, 1, number).unwrap()
}

fn faults(seed: u64, chances: &str) -> (Faults, Chances) {
    let faults = Faults { seed, chances: chances.to_owned(), without_funds: Vec::new() };
    let chances = faults.rates().unwrap();
    (faults, chances)
}

fn called(faults: &(Faults, Chances), order: &Order, earlier: &Calls, now: Moment) -> Decision {
    let key = order.reference.as_deref().unwrap_or("#1");
    decide(&Call { faults: &faults.0, chances: &faults.1, key, order, dedupe: DEDUPE, now }, earlier)
}

fn first(seed: u64, chances: &str, reference: &str) -> Decision {
    called(&faults(seed, chances), &order(Some(reference)), &Calls::default(), at(0))
}

/// A property of a decision.
type Is<'a> = &'a dyn Fn(&Decision) -> bool;

/// The first decisions about a thousand references.
fn thousand(chances: &str) -> Vec<Decision> {
    (0..1000).map(|number| first(7, chances, &format!("R-{number}"))).collect()
}

#[test]
fn without_faults_an_order_is_accepted_and_succeeds_within_three_days() {
    for Decision { reply, transaction, calls } in thousand(NEVER) {
        let transaction = transaction.unwrap();
        let id = transaction.transaction.clone();
        assert_eq!(reply, Reply::Accepted { transaction: id, accepted_at: at(0), slow: false });
        assert_eq!((transaction.accepted_at, transaction.outcome), (at(0), Outcome::Success));
        assert!((day(5)..=day(8)).contains(&transaction.reported_on), "{}", transaction.reported_on);
        assert_eq!((calls.count, calls.executions.len()), (1, 1));
    }
}

#[test]
fn a_seed_decides_the_same_again_and_another_one_otherwise() {
    let chances = "failure=20%,refusal=10%,unavailable=10%,hang=10%,lost-answer=10%,slow=10%,late-outcome=10%";
    assert_eq!(thousand(chances), thousand(chances));
    let other: Vec<_> = (0..1000).map(|number| first(8, chances, &format!("R-{number}"))).collect();
    assert_ne!(thousand(chances), other);
}

#[test]
fn each_fault_occurs_at_its_rate() {
    let is_failure = |it: &Decision| matches!(&it.transaction, Some(it) if it.outcome != Outcome::Success);
    let is_late = |it: &Decision| matches!(&it.transaction, Some(it) if it.reported_on > day(8));
    let is_slow = |it: &Decision| matches!(it.reply, Reply::Accepted { slow: true, .. });
    let checks: [(&str, Is<'_>); 7] = [
        ("failure", &is_failure),
        ("late-outcome", &is_late),
        ("slow", &is_slow),
        ("refusal", &|it| matches!(it.reply, Reply::Refused(_)) && it.transaction.is_none()),
        ("unavailable", &|it| it.reply == Reply::Unavailable && it.transaction.is_none()),
        ("lost-answer", &|it| it.reply == Reply::Lost && it.transaction.is_some()),
        ("hang", &|it| it.reply == Reply::Hang && it.transaction.as_ref().unwrap().accepted_at > at(0)),
    ];
    for (name, is) in checks {
        let found = thousand(&format!("{name}=20%")).iter().filter(|it| is(it)).count();
        assert!(found.abs_diff(200) < 50, "{name}: {found} of about 200");
        assert!(thousand(&format!("{name}=100%")).iter().all(is), "{name}");
        assert!(!thousand(NEVER).iter().any(is), "{name}");
    }
}

#[test]
fn an_account_without_funds_cannot_pay_and_can_be_paid() {
    let (mut faults, chances) = faults(7, NEVER);
    let poor = order(Some("R-1"));
    faults.without_funds = vec![poor.source.clone()];
    let outcome = |order: &Order| {
        let decision = called(&(faults.clone(), chances), order, &Calls::default(), at(0));
        decision.transaction.unwrap().outcome
    };
    assert_eq!(outcome(&poor), Outcome::Fail { reason: "insufficient funds".to_owned() });
    let paid = Order {
        source: poor.destination.clone(),
        destination: poor.source.clone(),
        direction: Direction::Credit,
        ..poor.clone()
    };
    assert_eq!(outcome(&paid), Outcome::Success);
    assert_eq!(outcome(&Order { source: "1000002".parse().unwrap(), ..poor }), Outcome::Success);
}

#[test]
fn a_reference_is_executed_once_within_its_window_and_again_after_it() {
    let never = faults(7, NEVER);
    let order = order(Some("R-1"));
    let one = called(&never, &order, &Calls::default(), at(0));
    let last = at(0).plus(DEDUPE);
    let same = called(&never, &order, &one.calls, last);
    assert_eq!((&same.reply, &same.transaction), (&one.reply, &None), "answered like the first call");
    let duplicate = called(&never, &order, &same.calls, last.plus(Duration::from_secs(1)));
    let (one, two) = (one.transaction.unwrap(), duplicate.transaction.unwrap());
    assert_eq!((one.transaction.as_str(), two.transaction.as_str()), ("tx-R-1.1", "tx-R-1.2"));
    assert_eq!(duplicate.calls.executions.len(), 2);
}

#[test]
fn a_refusal_is_repeated_within_the_window() {
    let refused = first(7, "refusal=100%", "R-1");
    let again = called(&faults(7, NEVER), &order(Some("R-1")), &refused.calls, at(1));
    assert_eq!((&again.reply, &again.transaction), (&refused.reply, &None));
    assert!(again.calls.executions.is_empty());
}

#[test]
fn another_order_with_the_same_reference_is_not_executed() {
    let one = first(7, NEVER, "R-1");
    let other = Order { amount: "8.34".to_owned(), ..order(Some("R-1")) };
    let decision = called(&faults(7, NEVER), &other, &one.calls, at(1));
    assert_eq!((decision.reply, decision.transaction), (Reply::OtherOrder, None));
    assert_eq!(decision.calls.executions, one.calls.executions);
}

#[test]
fn a_call_after_a_lost_answer_gets_it() {
    let lost = first(7, "lost-answer=100%", "R-1");
    let again = called(&faults(7, NEVER), &order(Some("R-1")), &lost.calls, at(1));
    let id = lost.transaction.unwrap().transaction;
    assert_eq!(again.reply, Reply::Accepted { transaction: id, accepted_at: at(0), slow: false });
    assert_eq!(again.transaction, None);
}

#[test]
fn a_hanging_call_is_executed_once_although_another_one_overtakes_it() {
    let hanging = first(7, "hang=100%", "R-1");
    let planned = hanging.transaction.unwrap();
    assert!(planned.accepted_at > at(0) && planned.accepted_at < at(1), "within an hour");
    let still = called(&faults(7, "hang=100%"), &order(Some("R-1")), &hanging.calls, at(0));
    assert_eq!((&still.reply, &still.transaction), (&Reply::Hang, &None));
    let overtaking = called(&faults(7, NEVER), &order(Some("R-1")), &hanging.calls, at(0));
    let executed = overtaking.transaction.unwrap();
    assert_eq!((&executed.transaction, executed.accepted_at), (&planned.transaction, at(0)));
    assert_eq!(overtaking.calls.executions.len(), 1);
    let later = called(&faults(7, NEVER), &order(Some("R-1")), &hanging.calls, at(1));
    assert_eq!(later.transaction, None, "it has been executed by then");
}

/// A ledger of `count` transactions, all accepted on the same day.
fn ledger(count: u32, chances: &str) -> Vec<Transaction> {
    (0..count).filter_map(|number| first(7, chances, &format!("R-{number}")).transaction).collect()
}

#[test]
fn the_reports_have_each_outcome_once_on_its_day_and_are_final_when_all_are_known() {
    let (faults, chances) = faults(7, NEVER);
    let ledger = ledger(100, "failure=20%");
    let reports: Vec<_> =
        (5..=8).map(|number| report(&faults, &chances, &ledger, day(number), at(240)).unwrap()).collect();
    let mut ids: Vec<_> = reports.iter().flat_map(|it| &it.lines).map(|it| it.transaction.clone()).collect();
    ids.sort();
    let mut expected: Vec<_> = ledger.iter().map(|it| it.transaction.clone()).collect();
    expected.sort();
    assert_eq!(ids, expected);
    let last = ledger.iter().map(|it| it.reported_on).max().unwrap();
    for it in &reports {
        assert!(it.complete);
        assert_eq!(it.final_as_of, if it.day < last { day(4) } else { it.day }, "{}", it.day);
        assert!(it.lines.iter().all(|line| ledger.iter().any(|of| of.transaction == line.transaction
            && of.reported_on == it.day
            && of.outcome == line.outcome
            && of.order == line.order)));
    }
    assert_eq!(report(&faults, &chances, &ledger, day(5), at(0)), None, "the day has not ended");
    assert!(report(&faults, &chances, &ledger, day(5), at(24)).is_some());
}

#[test]
fn a_report_can_be_late_partial_repeated_and_have_unknown_lines() {
    let ledger = ledger(100, NEVER);
    let of = |chances: &str, after_days: u64| {
        let (faults, chances) = faults(7, chances);
        report(&faults, &chances, &ledger, day(6), at(24 * (1 + after_days)))
    };
    let usual = of(NEVER, 1).unwrap();
    assert!(usual.lines.len() > 10, "{}", usual.lines.len());

    assert_eq!(of("late-report=100%", 1), None);
    assert_eq!(of("late-report=100%", 10).unwrap(), usual);

    let partial = of("partial-report=100%", 1).unwrap();
    assert!(!partial.complete && partial.lines.len() < usual.lines.len(), "{partial:?}");
    assert!(partial.lines.iter().all(|it| usual.lines.contains(it)));
    assert_eq!(of("partial-report=100%", 4).unwrap(), usual);

    let repeated = of("repeated-lines=100%", 1).unwrap();
    let count = |line| repeated.lines.iter().filter(|it| *it == line).count();
    assert!(usual.lines.iter().all(|it| count(it) == 2));
    assert!(repeated.lines.len() > 2 * usual.lines.len(), "and those of the day before");

    let unknown = of("unknown-lines=100%", 1).unwrap();
    let more: Vec<_> = unknown.lines.iter().filter(|it| !usual.lines.contains(it)).collect();
    assert_eq!((more.len(), unknown.lines.len()), (1, usual.lines.len() + 1));
    assert!(ledger.iter().all(|it| it.transaction != more.first().unwrap().transaction));
    assert!(more.first().unwrap().order.errors(true).is_empty(), "a valid line");
}

#[test]
fn a_hanging_call_is_in_no_report_before_it_is_executed() {
    let (faults, chances) = faults(7, NEVER);
    let ledger = ledger(100, "hang=100%");
    let known = |now: Moment| {
        let reports = (5..=12).filter_map(|number| report(&faults, &chances, &ledger, day(number), now));
        reports.map(|it| it.lines.len()).sum::<usize>()
    };
    assert_eq!(known(at(0)), 0);
    assert_eq!(known(at(24 * 10)), 100);
}

#[test]
fn an_order_with_wrong_values_names_the_fields() {
    let check = |order: &Order, references: bool, expected: &[&str]| {
        let errors = order.errors(references);
        assert_eq!(errors.iter().map(|it| it.field.as_str()).collect::<Vec<_>>(), expected, "{order:?}");
    };
    let valid = order(Some("R-1"));
    check(&valid, true, &[]);
    check(&order(None), false, &[]);
    check(&order(None), true, &["reference"]);
    check(&valid, false, &["reference"]);
    for reference in ["", "a b", "ä", &"x".repeat(36)] {
        check(&order(Some(reference)), true, &["reference"]);
    }
    for amount in ["", "0.00", "-8.33", "8.3", "8.330", "8", "1e2", "8,33", "+8.33", "08.33"] {
        check(&Order { amount: amount.to_owned(), ..valid.clone() }, true, &["amount"]);
    }
    check(&Order { destination: valid.source.clone(), ..valid.clone() }, true, &["destination"]);
}
