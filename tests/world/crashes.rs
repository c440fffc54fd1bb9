//! Every process stopped before and after each call of a port: what comes out is always the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use e2e::{Outcome, Stop, Stopped, World};
use imports::{ImportId, State};

const HOLDERS: &str = "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction\n\
    1,Ada,Lovelace,1915-12-10,ada@example.com,giro,a,2026-07-15T10:00:00Z,+60.5\n\
    1,Ada,Lovelace,1915-12-10,ada@example.com,giro,b,2026-07-28T10:00:00Z,-10.3\n\
    1,Ada,Lovelace,1915-12-10,ada@example.com,giro,c,2026-08-02T10:00:00Z,-20.46\n\
    1,Ada,Lovelace,1915-12-10,ada@example.com,giro,d,2026-08-13T10:00:00Z,+10\n\
    2,Bob,Byron,1988-01-22,,giro,e,2026-08-13T10:00:00Z,+7\n\
    3,Cy,Young,1967-03-29,cy@example.com,giro,f,2026-08-13T10:00:00Z,60.555\n\
    4,Di,Zorn,1967-03-29,bounce@example.com,giro,g,2026-08-13T10:00:00Z,+9\n\
    5,Ed,Yang,1967-03-29,complaint@example.com,giro,h,2026-08-13T10:00:00Z,+9\n";
const OVERLAP: &str = "Id,Date,Transaction\n1,7/15,+60.5\n2,7/15,+60.5\n3,9/1,-1\n,9/2,-3\n,9/2,-3\n";
const MORE: &str = "Id,Date,Transaction\n3,9/1,-1\n4,9/3,5\n,9/2,-3\n,9/2,-3\n";

const LATER: &str = "Id,Date,Transaction\n7,9/1,-1\n";

const FILES: [(&str, &str); 6] = [
    ("imports/holders.csv", HOLDERS),
    ("imports/accounts/1/a.csv", OVERLAP),
    ("imports/accounts/1/again.csv", OVERLAP),
    ("imports/accounts/1/more.csv", MORE),
    ("imports/accounts/4/later.csv", LATER),
    ("imports/unknown.csv", "a,b\n1,2\n"),
];

/// All files at once.
fn world(plan: Vec<Stop>) -> World {
    let mut world = World::new(plan);
    FILES.iter().for_each(|(key, text)| world.upload(key, "1", text));
    world
}

/// One file after the other: which of two equal files repeats the other, and for which import a shared row counts,
/// is then the same each time.
fn end_of(plan: Vec<Stop>) -> World {
    played(World::new(plan))
}

fn played(mut world: World) -> World {
    for (key, text) in FILES {
        world.upload(key, "1", text);
        world.run();
    }
    world
}

fn quiet() {
    std::panic::set_hook(Box::new(|info| {
        if !info.payload().is::<Stopped>() {
            eprintln!("{info}");
        }
    }));
}

/// The same end but for mails: what a summary tells is what the books held when it was made, and a delay may bring
/// later entries into it. Which mails there are, to whom and how often does not depend on that.
fn check(name: &str, world: &World, calm: &Outcome) {
    let outcome = world.outcome();
    assert_eq!(outcome.books, calm.books, "{name}: the books");
    assert_eq!(outcome.imports, calm.imports, "{name}: the imports");
    assert_eq!(outcome.mails.keys().collect::<Vec<_>>(), calm.mails.keys().collect::<Vec<_>>(), "{name}: the mails");
    assert_eq!(outcome.states, calm.states, "{name}: the states of the mails");
    assert_eq!(world.audit(), [], "{name}: the audit");
    let mut copies = BTreeMap::<&str, Vec<&[u8]>>::new();
    let mails = world.mails();
    for mail in &mails {
        copies.entry(mail.reference.as_str()).or_default().push(&mail.mime);
    }
    for (reference, bytes) in copies {
        assert!(bytes.len() <= 2, "{name}: {} mails of {reference}", bytes.len());
        assert!(bytes.iter().all(|it| *it == bytes[0]), "{name}: a repeat of {reference} has other bytes");
    }
}

#[test]
fn without_faults_each_holder_has_one_mail_and_every_row_is_accounted_for() {
    let world = end_of(vec![]);
    let outcome = world.outcome();
    assert_eq!(world.mails().len(), outcome.mails.len(), "no mail twice");
    assert_eq!(
        outcome.mails.len(),
        5,
        "Ada for each of three imports with new entries, and the mails to Di and Ed that came back; Bob has no address, the \
         unknown file no account"
    );
    let mut states: Vec<&str> = outcome.states.values().copied().collect();
    states.sort_unstable();
    let expected = ["bounced", "complained", "no_address", "sent", "sent", "sent", "suppressed"];
    assert_eq!(states, expected, "Di's second mail is not sent");
    let states: BTreeMap<&str, &str> =
        outcome.imports.iter().map(|(it, _)| (it.key.as_str(), it.state.name())).collect();
    assert_eq!(states["imports/holders.csv"], "done");
    assert_eq!(states["imports/unknown.csv"], "refused");
    let (again, _) = world.import("imports/accounts/1/again.csv", "1").unwrap();
    assert_eq!(
        (again.state.clone(), again.repeats),
        (State::Done, Some(ImportId::of("imports/accounts/1/a.csv", "1")))
    );
    let posted = |key: &str| {
        let (_, batches) = outcome.imports.iter().find(|(it, _)| it.key == key).unwrap();
        batches.iter().fold((0, 0), |sum, (_, it)| (sum.0 + it.posted, sum.1 + it.duplicates))
    };
    assert_eq!(posted("imports/holders.csv"), (7, 0));
    assert_eq!(posted("imports/accounts/1/a.csv"), (5, 0));
    assert_eq!(posted("imports/accounts/1/again.csv"), (0, 5));
    assert_eq!(posted("imports/accounts/1/more.csv"), (1, 3));
}

#[test]
fn one_stop_anywhere_changes_nothing() {
    quiet();
    let calm = end_of(vec![]);
    let calls = calm.calls();
    let calm = calm.outcome();
    assert!(calls > 80, "{calls} calls");
    for call in 0..calls {
        for after in [false, true] {
            let stop = Stop { call, after };
            check(&format!("{stop:?}"), &end_of(vec![stop]), &calm);
        }
    }
}

#[test]
fn two_stops_anywhere_change_nothing() {
    quiet();
    let calm = end_of(vec![]);
    let calls = calm.calls();
    let calm = calm.outcome();
    for first in 0..calls {
        for second in (first + 1..(first + 40).min(calls + 10)).step_by(3) {
            let after = (first + second) % 2 == 0;
            let plan = vec![Stop { call: first, after }, Stop { call: second, after: !after }];
            let name = format!("{plan:?}");
            let world = end_of(plan);
            // Two stops between intent and call leave a mail unknown, which the report shows; the books never differ.
            let outcome = world.outcome();
            assert_eq!(outcome.books, calm.books, "{name}");
            assert_eq!(outcome.imports, calm.imports, "{name}");
            assert_eq!(world.audit(), [], "{name}");
            assert!(world.mails().len() <= calm.mails.len() + 2, "{name}");
        }
    }
}

#[test]
fn messages_delivered_twice_or_thrice_and_backwards_change_nothing() {
    let calm = end_of(vec![]).outcome();
    for deliveries in [2, 3] {
        let mut world = World::new(vec![]);
        world.deliveries = deliveries;
        let world = played(world);
        check(&format!("{deliveries} deliveries"), &world, &calm);
        assert_eq!(world.mails().len(), calm.mails.len(), "no mail twice");
    }
    let mut world = world(vec![]);
    world.backwards = true;
    world.deliveries = 2;
    world.run();
    // The order of the files decides which import a shared row counts for, and which of two equal files
    // repeats the other; the books are the same.
    assert_eq!(world.outcome().books, calm.books);
    assert_eq!(world.audit(), []);
}

#[test]
fn lost_messages_are_found_by_the_sweeper() {
    let calm = end_of(vec![]).outcome();
    for steps in 1..4 {
        let mut world = World::new(vec![]);
        for (key, text) in FILES {
            // The upload arrives; from then on a queue may lose what it has.
            world.upload(key, "1", text);
            for _ in 0..steps {
                world.step();
            }
            world.lose_messages();
            world.run();
        }
        check(&format!("lost after {steps}"), &world, &calm);
    }
}
