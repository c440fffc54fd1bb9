//! Accounts so large that they have several batches: stopped at every call, they count once and get one mail.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;

use e2e::{Outcome, Stop, Stopped, World};

/// More than two batches of 20,000 entries.
const ROWS: usize = 40_500;

/// A file of one account with a mail address: rows spread over many months, so that each batch changes a few of them.
fn large() -> String {
    let header = "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction\n";
    let mut text = header.to_owned();
    for row in 0..ROWS {
        let (year, month, day) = (2000 + row / 1680, 1 + row / 140 % 12, 1 + row % 28);
        let date = format!("{year}-{month:02}-{day:02}T10:00:00Z");
        writeln!(text, "1,Ada,Lovelace,1915-12-10,ada@example.com,giro,{row},{date},{}", row % 100).unwrap();
    }
    text
}

fn uploaded(plan: Vec<Stop>, large: &str) -> World {
    let mut world = World::new(plan);
    world.upload("imports/large.csv", "1", large);
    world
}

fn quiet() {
    std::panic::set_hook(Box::new(|info| {
        if !info.payload().is::<Stopped>() {
            eprintln!("{info}");
        }
    }));
}

/// How many entries the large import has posted, and how many were there before.
fn counts(outcome: &Outcome) -> (u64, u64) {
    let (_, batches) = outcome.imports.iter().find(|(it, _)| it.key == "imports/large.csv").unwrap();
    assert_eq!(batches.len(), 3);
    batches.iter().fold((0, 0), |sum, (_, it)| (sum.0 + it.posted, sum.1 + it.duplicates))
}

#[test]
fn one_stop_anywhere_changes_nothing_of_a_large_account() {
    quiet();
    let large = large();
    let mut calm = uploaded(vec![], &large);
    calm.run();
    let rows = u64::try_from(ROWS).unwrap();
    assert_eq!(counts(&calm.outcome()), (rows, 0));
    let [mail] = calm.mails().try_into().unwrap();
    let calls = calm.calls();
    let calm = calm.outcome();
    for call in 0..calls {
        for after in [false, true] {
            let stop = Stop { call, after };
            let mut world = uploaded(vec![stop], &large);
            world.run();
            let outcome = world.outcome();
            assert_eq!(counts(&outcome), (rows, 0), "{stop:?}");
            assert!(outcome == calm, "{stop:?}: the same end");
            assert_eq!(world.audit(), [], "{stop:?}");
            assert!(world.mails().iter().all(|it| it.text == mail.text), "{stop:?}: a summary of part of the account");
        }
    }
}

/// A part that is delivered again requests the next part again: several chains of one account at once.
#[test]
fn messages_of_a_large_account_delivered_again_change_nothing() {
    let large = large();
    let mut calm = uploaded(vec![], &large);
    calm.run();
    for (deliveries, backwards) in [(2, false), (3, false), (2, true)] {
        let mut world = uploaded(vec![], &large);
        (world.deliveries, world.backwards) = (deliveries, backwards);
        world.run();
        assert!(world.outcome() == calm.outcome(), "{deliveries} deliveries");
        assert_eq!(world.mails().len(), 1);
    }
}

#[test]
fn lost_messages_of_a_large_account_are_found_by_the_sweeper() {
    quiet();
    let large = large();
    let mut calm = uploaded(vec![], &large);
    calm.run();
    let calm = calm.outcome();
    for steps in 1..6 {
        let mut world = uploaded(vec![], &large);
        for _ in 0..steps {
            world.step();
        }
        world.lose_messages();
        world.run();
        assert!(world.outcome() == calm, "lost after {steps}");
        assert_eq!(world.mails().len(), 1);
    }
}
