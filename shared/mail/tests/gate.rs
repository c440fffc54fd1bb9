//! The gate: the pace over all instances, and what keeps mails back.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests; clippy.toml allows it only inside of #[test]"
)]

use std::time::Duration;

use calendar::Moment;
use mail::gate::{Admission, Closed, Gate, HoldReason, MailsPerSecond};

fn at(millis: i64) -> Moment {
    Moment::instant(1_786_000_000_000_000 + millis * 1_000).unwrap()
}

fn rate(text: &str) -> MailsPerSecond {
    text.parse().unwrap()
}

/// The slots of `count` concurrent mails, in milliseconds.
fn slots(gate: &mut Gate, now: i64, count: usize, mails_per_second: &str) -> Vec<i64> {
    let slot = |_| match gate.admit(at(now), rate(mails_per_second), at(now + 60_000)) {
        Admission::At(slot) => (slot.micros() - at(0).micros()) / 1_000,
        other => panic!("{other:?}"),
    };
    (0..count).map(slot).collect()
}

#[test]
fn slots_keep_the_rate_and_unused_time_is_not_saved_up() {
    let mut gate = Gate::default();
    assert_eq!(slots(&mut gate, 0, 4, "4"), [0, 250, 500, 750]);
    assert_eq!(slots(&mut gate, 100, 2, "4"), [1_000, 1_250]);
    assert_eq!(slots(&mut gate, 9_000, 2, "4"), [9_000, 9_250]);
    for count in [1, 3, 7, 14, 500, 10_000] {
        let slots = slots(&mut Gate::default(), 0, count + 1, &count.to_string());
        assert_eq!((slots.first(), slots.last() >= Some(&1_000)), (Some(&0), true), "{count} in a second");
    }
}

#[test]
fn a_slot_that_comes_too_late_is_left_to_others() {
    let mut gate = Gate::default();
    slots(&mut gate, 0, 10, "1");
    let before = gate.clone();
    assert_eq!(gate.admit(at(0), rate("1"), at(9_999)), Admission::TooLate);
    assert_eq!(gate, before);
    assert_eq!(gate.admit(at(0), rate("1"), at(10_000)), Admission::At(at(10_000)));
}

#[test]
fn after_a_throttled_mail_nobody_sends_for_a_second() {
    let mut gate = Gate::default();
    gate.slow_down(at(500));
    assert_eq!(slots(&mut gate, 600, 2, "4"), [1_500, 1_750]);
    let before = gate.clone();
    gate.slow_down(at(600));
    assert_eq!(gate, before, "the next slot is later already");
}

#[test]
fn a_hold_ends_by_itself_and_a_pause_by_an_operator() {
    let minutes = |it: i64| it * 60_000;
    for (reason, until) in [(HoldReason::Outage, 1), (HoldReason::Configuration, 15), (HoldReason::Quota, 60)] {
        let mut gate = Gate::default();
        gate.hold(reason, "no", at(0));
        assert!(matches!(gate.closed(at(minutes(until) - 1)), Some(Closed::Held(it)) if it.reason == reason));
        let latest = at(minutes(until)).plus(Duration::from_mins(1));
        assert!(matches!(gate.admit(at(0), rate("14"), latest), Admission::Closed(_)));
        assert_eq!(gate.closed(at(minutes(until))), None);
        gate.pause("too many bounces".to_owned(), at(0));
        assert!(matches!(gate.closed(at(minutes(999))), Some(Closed::Paused(_))));
        gate.resume(at(0));
        assert_eq!(gate.closed(at(0)), None);
    }
}

#[test]
fn a_shorter_hold_does_not_end_a_longer_one() {
    let mut gate = Gate::default();
    gate.hold(HoldReason::Quota, "the quota", at(0));
    let before = gate.clone();
    gate.hold(HoldReason::Outage, "out of order", at(1));
    assert_eq!(gate, before);
    gate.hold(HoldReason::Quota, "the quota", at(1_000));
    let Some(Closed::Held(hold)) = gate.closed(at(2_000)) else { panic!("it is held") };
    assert_eq!((hold.since, hold.until), (at(0), at(3_601_000)), "longer, since the first time");
}

#[test]
fn a_hold_of_another_reason_or_after_the_end_of_the_last_one_begins_again() {
    let since = |reason: HoldReason, now: i64| {
        let mut gate = Gate::default();
        gate.hold(HoldReason::Outage, "out of order", at(0));
        gate.hold(reason, "still", at(now));
        let Some(Closed::Held(hold)) = gate.closed(at(now)) else { panic!("it is held") };
        (hold.since.micros() - at(0).micros()) / 1_000
    };
    assert_eq!(since(HoldReason::Outage, 59_999), 0);
    assert_eq!(since(HoldReason::Outage, 60_000), 60_000, "the first one has ended");
    assert_eq!(since(HoldReason::Quota, 1_000), 1_000, "another reason");
}

#[test]
fn a_closed_gate_says_why_and_until_when() {
    let printed = |reason: HoldReason| {
        let mut gate = Gate::default();
        gate.hold(reason, "no", at(0));
        gate.closed(at(0)).unwrap().to_string()
    };
    assert_eq!(printed(HoldReason::Quota), format!("held until {} (quota): no", at(3_600_000)));
    assert_eq!(printed(HoldReason::Configuration), format!("held until {} (configuration): no", at(900_000)));
    assert_eq!(printed(HoldReason::Outage), format!("held until {} (outage): no", at(60_000)));
}

#[test]
fn a_rate_is_a_whole_number_above_zero() {
    for wrong in ["", "0", "-1", "1.5", "10001", "x"] {
        assert!(wrong.parse::<MailsPerSecond>().is_err(), "{wrong}");
    }
    assert_eq!(rate("14").get(), 14);
    assert_eq!(rate("14").mails_in(Duration::from_mins(5)), 4_200);
}
