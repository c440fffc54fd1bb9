//! Sending is paused when too many mails came back, and an operator resumes it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests; clippy.toml allows it only inside of #[test]"
)]

use std::collections::BTreeMap;

use calendar::{Date, Moment};
use mail::events::{Feedback, MailEvent};
use mail::gate::{self, Closed, Gate, SendGate};
use mail::outbox::{Saved, Summaries, SummariesError, Version};
use mail::tally::{Overrun, Tallies, Tally, pause_if_needed};
use mail::testing::{FakeSummaries, ready};
use mail::{MailState, SummaryKey, SummaryMail};

/// A gate, and the counts of some days, until an operator resumes.
#[derive(Default)]
struct Port {
    gate: FakeSummaries,
    days: BTreeMap<Date, Tally>,
    /// An operator resumes between the reads of the gate and of the counts.
    resumes_at: Option<Moment>,
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
    async fn sent_since(
        &self,
        from: Date,
        resumed_at: Option<Moment>,
    ) -> Result<BTreeMap<Date, Tally>, SummariesError> {
        if let Some(now) = self.resumes_at {
            gate::change(&self.gate, |gate| gate.resume(now)).await?;
        }
        let days = self.days.range(from..).filter(|_| resumed_at.is_none());
        Ok(days.map(|(day, tally)| (*day, *tally)).collect())
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
    let now = at("2026-08-14T10:00:00Z");
    let port = Port { days: [(day("2026-08-14"), BOUNCED)].into(), ..Port::default() };
    assert!(ready(pause_if_needed(&port, now)).unwrap().is_some());
    ready(gate::change(&port, |gate| gate.resume(now))).unwrap();
    assert_eq!((port.gate().closed(now), port.gate().resumed_at()), (None, Some(now)));
    assert_eq!(ready(pause_if_needed(&port, now)).unwrap(), None);

    let days = [(day("2026-08-14"), BOUNCED)].into();
    let port = Port { days, resumes_at: Some(now), ..Port::default() };
    assert_eq!(ready(pause_if_needed(&port, now)).unwrap(), None, "an operator has just resumed");
    assert_eq!(port.gate().closed(now), None);
}

/// Sends the mail of an account at `sent_at`.
fn send(summaries: &FakeSummaries, number: usize, sent_at: Moment) -> SummaryMail {
    let key = SummaryKey { account: format!("A{number}").parse().unwrap(), import: "imp-1".to_owned() };
    ready(summaries.want(&key.import, std::slice::from_ref(&key.account), sent_at)).unwrap();
    let sent = MailState::Sent { at: sent_at, provider_id: number.to_string() };
    let sent = SummaryMail { key, state: sent };
    ready(summaries.save(&sent, Version::FIRST)).unwrap();
    sent
}

fn bounce(summaries: &FakeSummaries, mail: &SummaryMail, now: Moment) -> Option<Overrun> {
    let event = MailEvent {
        key: mail.key.clone(),
        provider_id: "1".to_owned(),
        sent_at: mail.state.at(),
        feedback: Feedback::HardBounce,
        recipients: Vec::new(),
    };
    let (record, version) = ready(summaries.load(&mail.key)).unwrap().unwrap();
    ready(summaries.save(&record.on_event(&event, now).unwrap(), version)).unwrap();
    ready(pause_if_needed(summaries, now)).unwrap()
}

#[test]
fn a_late_bounce_of_a_mail_from_before_a_resume_does_not_pause_sending_again() {
    let summaries = FakeSummaries::default();
    let early: Vec<_> = (0..200).map(|number| send(&summaries, number, at("2026-08-14T09:00:00Z"))).collect();
    let noon = at("2026-08-14T12:00:00Z");
    let paused = early[..4].iter().filter_map(|mail| bounce(&summaries, mail, noon)).count();
    assert_eq!(paused, 1, "4 of 200");
    resume_sending(&summaries, noon);

    let late: Vec<_> = (200..350).map(|number| send(&summaries, number, at("2026-08-14T13:00:00Z"))).collect();
    let afternoon = at("2026-08-14T14:00:00Z");
    for mail in &early[4..40] {
        assert_eq!(bounce(&summaries, mail, afternoon), None, "it was sent before");
    }
    assert_eq!(bounce(&summaries, &late[0], afternoon), None);
    assert_eq!(bounce(&summaries, &late[1], afternoon), None);
    let overrun = Overrun::Bounces(Tally { sent: 150, bounced: 3, complained: 0 });
    assert_eq!(bounce(&summaries, &late[2], afternoon), Some(overrun), "the mails since then are judged");
}

fn resume_sending(summaries: &FakeSummaries, now: Moment) {
    ready(gate::change(summaries, |gate| gate.resume(now))).unwrap();
}
