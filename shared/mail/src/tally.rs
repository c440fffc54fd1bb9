//! The number of mails that were sent, bounced or caused complaints, by the day of sending.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use calendar::{Date, Moment};
use serde::{Deserialize, Serialize};

use crate::gate::{Baseline, Gate, SendGate};
use crate::outbox::SummariesError;
use crate::{MailState, SummaryMail, gate};

/// The newest days with this many mails in total are judged.
const WINDOW_MAILS: u64 = 1_000;
/// With fewer mails there is no judgement.
const MIN_MAILS: u64 = 100;
/// One hard bounce in this many mails (2 %) pauses sending. SES reviews an account at 5 %.
const MAILS_PER_BOUNCE: u64 = 50;
/// One complaint in this many mails (0.1 %) pauses sending. SES reviews an account at the same rate.
const MAILS_PER_COMPLAINT: u64 = 1_000;
/// Older days are not judged.
const WINDOW: Duration = Duration::from_hours(24 * 30);

/// The counts of one day's mails. They are exact: each count is written in the same transaction as the state of its
/// mail.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Tally {
    /// Mails that the provider accepted.
    pub sent: u64,
    /// Mails that bounced permanently.
    pub bounced: u64,
    /// Mails with a complaint.
    pub complained: u64,
}

/// The counts of all days.
pub trait Tallies {
    /// The counts of each day with mails since `from`. Other instances may add to them right after.
    fn sent_since(&self, from: Date) -> impl Future<Output = Result<BTreeMap<Date, Tally>, SummariesError>> + Send;
}

/// Too many mails came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Overrun {
    /// Hard bounces.
    Bounces(Tally),
    /// Complaints.
    Complaints(Tally),
}

impl Tally {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            sent: self.sent.saturating_add(other.sent),
            bounced: self.bounced.saturating_add(other.bounced),
            complained: self.complained.saturating_add(other.complained),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            sent: self.sent.saturating_sub(other.sent),
            bounced: self.bounced.saturating_sub(other.bounced),
            complained: self.complained.saturating_sub(other.complained),
        }
    }
}

impl SummaryMail {
    /// The day and the counts that change when this state is saved. A mail enters each of these states once.
    pub fn counts(&self) -> Option<(Date, Tally)> {
        let none = Tally::default();
        match &self.state {
            MailState::Sent { at, .. } => Some((at.date(), Tally { sent: 1, ..none })),
            MailState::Bounced { sent_at, hard: true, .. } => Some((sent_at.date(), Tally { bounced: 1, ..none })),
            MailState::Complained { sent_at, .. } => Some((sent_at.date(), Tally { complained: 1, ..none })),
            _ => None,
        }
    }
}

/// Whether too many of the newest mails came back. Counts before an operator resumed sending are ignored.
pub fn judge(days: &BTreeMap<Date, Tally>, baseline: Option<&Baseline>) -> Option<Overrun> {
    let mut window = Tally::default();
    for (day, tally) in days.iter().rev() {
        window = window.plus(match baseline {
            Some(baseline) if *day < baseline.on => break,
            Some(baseline) if *day == baseline.on => tally.minus(baseline.tally),
            _ => *tally,
        });
        if window.sent >= WINDOW_MAILS {
            break;
        }
    }
    if window.sent >= MIN_MAILS && window.bounced.saturating_mul(MAILS_PER_BOUNCE) >= window.sent {
        return Some(Overrun::Bounces(window));
    }
    let complaints = window.complained.saturating_mul(MAILS_PER_COMPLAINT);
    (window.sent >= WINDOW_MAILS && complaints >= window.sent).then_some(Overrun::Complaints(window))
}

/// Pauses sending if too many of the newest mails came back; returns the finding if this call paused it.
pub async fn pause_if_needed<P: Tallies + SendGate>(port: &P, now: Moment) -> Result<Option<Overrun>, SummariesError> {
    let days = port.sent_since(now.minus(WINDOW).date()).await?;
    gate::change(port, |gate| {
        let before = gate.clone();
        let overrun = judge(&days, gate.baseline())?;
        gate.pause(overrun.to_string(), now);
        (*gate != before).then_some(overrun)
    })
    .await
}

/// Opens the gate again, for an operator.
pub async fn resume<P: Tallies + SendGate>(port: &P, now: Moment) -> Result<Gate, SummariesError> {
    let today = port.sent_since(now.date()).await?.remove(&now.date()).unwrap_or_default();
    gate::change(port, |gate| {
        gate.resume(today, now);
        gate.clone()
    })
    .await
}

impl fmt::Display for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bounces(tally) => write!(f, "{} of the newest {} mails bounced", tally.bounced, tally.sent),
            Self::Complaints(tally) => {
                write!(f, "the receivers of {} of the newest {} mails complained", tally.complained, tally.sent)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(days: &[(&str, u64, u64, u64)], baseline: Option<(&str, u64, u64)>, expected: &str) {
        let days = days.iter().map(|(day, sent, bounced, complained)| {
            (day.parse().unwrap(), Tally { sent: *sent, bounced: *bounced, complained: *complained })
        });
        let baseline = baseline.map(|(on, sent, bounced)| Baseline {
            on: on.parse().unwrap(),
            tally: Tally { sent, bounced, complained: 0 },
        });
        let found = judge(&days.collect(), baseline.as_ref()).map(|it| it.to_string());
        assert_eq!(found.unwrap_or_default(), expected);
    }

    #[test]
    fn two_in_a_hundred_bounces_pause_sending() {
        check(&[], None, "");
        check(&[("2026-08-14", 99, 99, 0)], None, "");
        check(&[("2026-08-14", 100, 1, 0)], None, "");
        check(&[("2026-08-14", 100, 2, 0)], None, "2 of the newest 100 mails bounced");
        check(&[("2026-08-14", 20_000, 399, 0)], None, "");
        check(&[("2026-08-14", 20_000, 400, 0)], None, "400 of the newest 20000 mails bounced");
    }

    #[test]
    fn one_complaint_in_a_thousand_mails_pauses_sending() {
        check(&[("2026-08-14", 999, 0, 1)], None, "");
        check(&[("2026-08-14", 1_000, 0, 1)], None, "the receivers of 1 of the newest 1000 mails complained");
        check(&[("2026-08-14", 1_001, 0, 1)], None, "");
    }

    #[test]
    fn only_the_newest_days_are_judged() {
        check(&[("2026-08-13", 1_000, 500, 0), ("2026-08-14", 1_000, 0, 0)], None, "");
        let newest = "500 of the newest 1999 mails bounced";
        check(&[("2026-08-13", 1_000, 500, 0), ("2026-08-14", 999, 0, 0)], None, newest);
    }

    #[test]
    fn what_an_operator_resumed_after_does_not_count_again() {
        let days = [("2026-08-13", 1_000, 500, 0), ("2026-08-14", 200, 100, 0)];
        check(&days, Some(("2026-08-14", 200, 100)), "");
        check(&days, Some(("2026-08-14", 100, 98)), "2 of the newest 100 mails bounced");
        check(&days, Some(("2026-08-15", 0, 0)), "");
        let later = [("2026-08-15", 100, 2, 0)];
        check(&later, Some(("2026-08-14", 100, 2)), "2 of the newest 100 mails bounced");
    }
}
