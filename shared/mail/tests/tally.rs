//! Sending is paused when too many mails came back, and an operator resumes it.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "tests; clippy.toml allows it only inside of #[test]"
)]

use std::collections::BTreeMap;

use calendar::{Date, Moment};
use mail::gate::{Baseline, Closed, Gate, SendGate};
use mail::outbox::{Saved, SummariesError, Version};
use mail::tally::{Overrun, Tallies, Tally, pause_if_needed, resume};
use mail::testing::{FakeSummaries, ready};

/// A gate, and the counts of some days.
#[derive(Default)]
struct Port {
    gate: FakeSummaries,
    days: BTreeMap<Date, Tally>,
}

impl SendGate for Port {
    async fn load_gate(&self) -> Result<(Gate, Version), SummariesError> {
        self.gate.load_gate().await
    }

    async fn save_gate(&self, gate: &Gate, expected: Version) -> Result<Saved, SummariesError> {
        self.gate.save_gate(gate, expected).await
    }

    async fn wait_after(&self, conflicts: u32) {
        self.gate.wait_after(conflicts).await;
    }
}

impl Tallies for Port {
    async fn sent_since(&self, from: Date) -> Result<BTreeMap<Date, Tally>, SummariesError> {
        Ok(self.days.range(from..).map(|(day, tally)| (*day, *tally)).collect())
    }
}

impl Port {
    fn gate(&self) -> Gate {
        ready(self.load_gate()).unwrap().0
    }
}

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

const BOUNCED: Tally = Tally { sent: 100, bounced: 2, complained: 0 };

#[test]
fn too_many_bounces_pause_sending_and_are_reported_once() {
    let port = Port { days: [(day("2026-08-14"), BOUNCED)].into(), ..Port::default() };
    let now = at("2026-08-14T10:00:00Z");
    assert_eq!(ready(pause_if_needed(&port, now)).unwrap(), Some(Overrun::Bounces(BOUNCED)));
    let Some(closed @ Closed::Paused(_)) = port.gate().closed(now) else { unreachable!("it is paused") };
    assert_eq!(closed.to_string(), "paused since 2026-08-14T10:00:00Z: 2 of the newest 100 mails bounced");
    assert_eq!(ready(pause_if_needed(&port, now)).unwrap(), None, "it is paused already");
    assert_eq!(ready(pause_if_needed(&Port::default(), now)).unwrap(), None, "nothing was sent");
}

#[test]
fn mails_of_thirty_days_are_judged_and_none_before() {
    let judged = |sent_on: &str| {
        let port = Port { days: [(day(sent_on), BOUNCED)].into(), ..Port::default() };
        ready(pause_if_needed(&port, at("2026-08-31T10:00:00Z"))).unwrap().is_some()
    };
    assert!(judged("2026-08-31") && judged("2026-08-01"));
    assert!(!judged("2026-07-31"));
}

#[test]
fn what_was_counted_before_an_operator_resumed_pauses_nothing_again() {
    let (today, now) = (day("2026-08-14"), at("2026-08-14T10:00:00Z"));
    let mut port = Port { days: [(day("2026-08-13"), BOUNCED), (today, BOUNCED)].into(), ..Port::default() };
    assert!(ready(pause_if_needed(&port, now)).unwrap().is_some());
    assert_eq!(ready(resume(&port, now)).unwrap(), port.gate());
    assert_eq!(port.gate().closed(now), None);
    assert_eq!(port.gate().baseline(), Some(&Baseline { on: today, tally: BOUNCED }));
    assert_eq!(ready(pause_if_needed(&port, now)).unwrap(), None);

    port.days.insert(day("2026-08-15"), BOUNCED);
    let later = at("2026-08-15T10:00:00Z");
    assert_eq!(ready(pause_if_needed(&port, later)).unwrap(), Some(Overrun::Bounces(BOUNCED)), "these are new");
}
