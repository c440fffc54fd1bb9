//! Reconciliation, the lender's journal, and the guards.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

mod case;

use advances::{BankEntry, BreakKind, Gate, JournalAccount, RunGuard, RunTotals, TrialBalance, journal};
use calendar::Moment;
use case::{Case, credit, day, debit};
use money::{Currency, Money};

fn eur(minor: i128) -> Money {
    Money::new(minor, Currency::EUR)
}

#[test]
fn every_disagreement_of_a_report_is_a_break() {
    let mut case = Case::credited();
    case.run(7);
    case.send(debit(1), 7);
    let line = case.line(debit(1), None, 8);
    let other = |transaction: &str| advances::ReportLine { transaction: transaction.parse().unwrap(), ..line.clone() };
    let kind = |case: &mut Case, line: &advances::ReportLine| {
        let matched = case.match_line(debit(1), line, 8);
        matched.found.map(|it| (it.kind, it.suspense.map(Money::minor)))
    };
    assert_eq!(kind(&mut case, &other("T-9")), Some((BreakKind::Duplicate, Some(834))));
    assert_eq!(kind(&mut case, &line), None);
    assert_eq!(kind(&mut case, &line), None, "a repeated line");
    assert_eq!(kind(&mut case, &other("T-9")), Some((BreakKind::Duplicate, Some(834))));
    let failure = case.line(debit(1), Some("reversed"), 9);
    assert_eq!(kind(&mut case, &failure), Some((BreakKind::StateConflict, Some(-834))));
    let unsent = case.line(debit(2), None, 9);
    let found = case.match_line(debit(2), &unsent, 9).found.unwrap();
    assert_eq!(found.kind, BreakKind::StateConflict);
    assert_eq!(found.close(Moment::day(day(9)), "operator", " "), None, "a reason is needed");
    assert_eq!(case.advance.figures().paid, eur(834), "no break changes the plan");
}

#[test]
fn a_payment_with_another_amount_is_not_made_again_and_the_difference_is_in_suspense() {
    for (failure, suspense, state) in [(None, Some(-1), "succeeded"), (Some("no funds"), None, "failed")] {
        let mut case = Case::credited();
        case.run(7);
        case.send(debit(1), 7);
        let line = advances::ReportLine { amount: eur(833), ..case.line(debit(1), failure, 8) };
        let found = case.match_line(debit(1), &line, 8).found.unwrap();
        assert_eq!((found.kind, found.suspense.map(Money::minor)), (BreakKind::Amount, suspense));
        assert_eq!(case.advance.progress(debit(1)).unwrap().name(), state);
        let again = case.match_line(debit(1), &line, 9);
        assert_eq!((again.facts, again.found.unwrap().id), (vec![], found.id), "a repeated line is the same break");
    }
}

#[test]
fn payments_are_found_among_the_bank_entries_by_reference_or_by_amount_and_days() {
    let mut case = Case::credited();
    for week in 1..=3 {
        case.collect(week * 7, &[]);
    }
    let entry = |minor: i128, on: i32, text: &str| BankEntry { on: day(on), amount: eur(minor), text: text.into() };
    let reference = case.advance.order(debit(2)).unwrap().reference.to_string();
    let entries = [entry(10_000, 1, "payout"), entry(-834, 40, &reference), entry(-834, 8, "debit")];
    let mut free = entries.to_vec();
    let missing = case.advance.missing_at_bank(&mut free, 3, day(60));
    assert_eq!(free, [], "each entry belongs to one payment");
    let payments: Vec<_> = missing.iter().map(|it| (it.kind, it.payment.as_ref().unwrap().payment)).collect();
    assert_eq!(payments, [(BreakKind::MissingAtBank, debit(3))]);
    assert_eq!(case.advance.missing_at_bank(&mut entries.to_vec(), 3, day(22)), [], "its days are not over");
    let none = case.advance.missing_at_bank(&mut Vec::new(), 3, day(60));
    assert_eq!(none.len(), 4);
    assert_eq!(none[0].payment.as_ref().unwrap().payment, credit(1));
}

#[test]
fn the_journal_of_an_advance_is_balanced_and_shows_who_owes_what() {
    let mut case = Case::credited();
    let failures: Vec<u32> = std::iter::once(2).chain(13..=40).collect();
    for week in 1..=20 {
        case.collect(week * 7, &failures);
    }
    let entries = journal(&case.facts).unwrap();
    assert_eq!(entries.len(), case.facts.len(), "one for each fact");
    let mut balance = TrialBalance::default();
    for it in &entries {
        balance.add(it);
        assert_eq!(balance.total(Currency::EUR), eur(0));
    }
    let balances = [JournalAccount::Receivable, JournalAccount::ProcessorCash, JournalAccount::WriteOffs];
    assert_eq!(balances.map(|it| balance.balance(it, Currency::EUR).minor()), [0, -834, 834]);
    let orphan = advances::Break::orphan(&case.line(debit(1), None, 200), day(200));
    let closed = orphan.close(Moment::day(day(201)), "operator", "a fee").unwrap();
    for (found, suspense, write_offs) in [(&orphan, -834, 834), (&closed, 0, 0)] {
        let mut balance = balance.clone();
        found.journal().iter().for_each(|it| balance.add(it));
        assert_eq!(balance.total(Currency::EUR), eur(0));
        assert_eq!(balance.balance(JournalAccount::Suspense, Currency::EUR), eur(suspense));
        assert_eq!(balance.balance(JournalAccount::WriteOffs, Currency::EUR), eur(write_offs));
    }
}

#[test]
fn three_unknown_calls_of_the_last_fifty_close_the_gate() {
    let now = Moment::day(day(0));
    let mut gate = Gate::default();
    for call in 0..176 {
        gate = gate.after_call(call % 25 == 0, now);
        assert_eq!(gate.stopped, None, "two of fifty are four per cent");
    }
    gate = gate.after_call(true, now);
    assert!(gate.stopped.is_some());
    assert_eq!(
        gate.after_call(false, now).stop(now, "operator", "too").stopped,
        gate.stopped,
        "the first reason stays"
    );
    assert_eq!(gate.resume().stopped, None);
    assert!(gate.resume().unknown.is_empty());
}

#[test]
fn a_run_above_one_and_a_half_medians_has_to_be_approved() {
    let run = |count: u64, minor: i128| RunTotals { count, minor: [(Currency::EUR, minor)].into() };
    let guard = RunGuard { min_count: 5 };
    let earlier = [run(10, 1000), run(12, 1200), run(0, 0), run(14, 1400)];
    for (count, minor, is_refused) in
        [(18, 1800, false), (19, 1800, true), (18, 1801, true), (4, 99_999, false), (5, 500, false)]
    {
        assert_eq!(guard.objection(&run(count, minor), &earlier).is_some(), is_refused, "{count} {minor}");
    }
    assert!(guard.objection(&run(5, 1), &[]).is_some(), "nothing to compare with");
    let even = [run(10, 1000), run(20, 2000)];
    assert!(guard.objection(&run(22, 2250), &even).is_none());
    assert!(guard.objection(&run(23, 2250), &even).is_some(), "1.5 × 15 = 22.5");
}
