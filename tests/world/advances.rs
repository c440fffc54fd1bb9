//! The functions of advances, stopped before and after each call of a port: each customer is credited once and charged
//! once for each instalment, and the plans are the same.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking")]

use advances::Status;
use e2e::{Faults, Lender, Settled, Stop, Stopped};

/// Until all instalments are paid, with the one that replaces the failed one.
const DAYS: i32 = 36;
const SEEDS: u64 = 150;

fn played(plan: Vec<Stop>, deliveries: usize) -> (Vec<Settled>, usize) {
    let mut lender = Lender::new(Faults::new(plan));
    lender.deliveries = deliveries;
    lender.play(DAYS);
    assert_eq!(lender.breaks(), []);
    (lender.settled(), lender.calls())
}

fn quiet() {
    std::panic::set_hook(Box::new(|info| {
        if !info.payload().is::<Stopped>() {
            eprintln!("{info}");
        }
    }));
}

#[test]
fn two_advances_are_paid_back_and_a_failed_instalment_is_collected_a_week_after_the_last() {
    let (settled, _) = played(vec![], 1);
    for it in &settled {
        assert_eq!((it.status, it.moved), (Status::Settled, (10_000, 10_000)));
    }
    let mut ends: Vec<Vec<(u32, &str)>> =
        settled.iter().map(|it| it.plan.iter().map(|(part, _, _, state)| (*part, *state)).collect()).collect();
    ends.sort();
    let paid = |part| (part, "succeeded");
    assert_eq!(ends, [vec![paid(1), (2, "failed"), paid(3), paid(2)], vec![paid(1), paid(2), paid(3)]]);
}

#[test]
fn a_second_delivery_of_each_message_changes_nothing() {
    let (calm, _) = played(vec![], 1);
    assert_eq!(played(vec![], 2).0, calm);
    assert_eq!(played(vec![], 3).0, calm);
}

#[test]
fn a_stop_anywhere_changes_nothing() {
    quiet();
    let (calm, calls) = played(vec![], 1);
    assert!(calls > 300, "only {calls} calls");
    for call in 0..calls {
        for after in [false, true] {
            let stop = Stop { call, after };
            assert_eq!(played(vec![stop], 1).0, calm, "{stop:?}");
            // The retry stops, too.
            let again = Stop { call: call + 3, after: !after };
            if call % 7 == 0 {
                assert_eq!(played(vec![stop, again], 1).0, calm, "{stop:?} {again:?}");
            }
        }
    }
}

/// Seeds of the interleaved functions; `cargo run --example seeds` of `advances` plays more of the same code.
#[test]
fn interleaved_runs_and_payments_credit_and_charge_once() {
    for seed in 0..SEEDS {
        let lender = Lender::of_seed(seed);
        for it in lender.settled() {
            assert_eq!((it.status, it.moved), (Status::Settled, (10_000, 10_000)), "seed {seed}: {it:?}");
        }
    }
}
