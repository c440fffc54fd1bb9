//! The suite in memory with faults, by seed. `cargo run --release -p advances --example seeds -- 2000` plays more.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

use advances::simulation::{Faults, Rule, Scenario, simulate};

#[test]
fn no_seed_finds_a_law_that_does_not_hold() {
    for seed in 0..40 {
        simulate(&Scenario::of_seed(seed)).unwrap();
    }
}

/// Each rule with a seed that finds its absence.
const FOUND_BY: [(Rule, u64); 12] = [
    (Rule::StoredIntent, 1),
    (Rule::OneReference, 0),
    (Rule::UnknownIsNotFailure, 0),
    (Rule::DedupeWindow, 30),
    (Rule::FinalReports, 1),
    (Rule::ConditionalAppend, 0),
    (Rule::NoReferencesNoSecondCall, 1),
    (Rule::ReportsDecide, 0),
    (Rule::SeenReports, 0),
    (Rule::CompleteReports, 0),
    (Rule::Slots, 3),
    (Rule::StopSwitch, 0),
];

#[test]
fn a_seed_finds_each_rule_that_is_not_kept() {
    assert_eq!(FOUND_BY.map(|(rule, _)| rule), Rule::ALL);
    for (rule, seed) in FOUND_BY {
        let scenario = Scenario::of_seed(seed);
        simulate(&scenario).unwrap();
        let found = simulate(&Scenario { removed: Some(rule), ..scenario });
        assert!(found.is_err(), "seed {seed} does not find that {rule:?} is not kept");
    }
}

#[test]
fn the_same_seed_gives_the_same_book() {
    let play = |seed| simulate(&Scenario::of_seed(seed)).unwrap();
    let (first, second) = (play(3), play(3));
    assert_eq!((&first.days, &first.facts), (&second.days, &second.facts));
    assert_ne!(first.days, play(5).days);
}

#[test]
fn without_faults_everything_is_collected_as_planned() {
    let scenario = Scenario { faults: Faults::default(), ..Scenario::of_seed(7) };
    let book = simulate(&scenario).unwrap();
    let sum = |amount: fn(&advances::simulation::BookDay) -> money::Money| {
        book.days.iter().map(|it| amount(it).minor()).sum::<i128>()
    };
    assert!(sum(|it| it.credited) > 0);
    assert_eq!(sum(|it| it.credited), sum(|it| it.planned));
    assert_eq!(sum(|it| it.credited), sum(|it| it.collected));
    let last = book.days.last().unwrap();
    assert_eq!((last.receivable.minor(), last.cash.minor(), last.suspense.minor()), (0, 0, 0));
}
