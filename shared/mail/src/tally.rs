//! The number of mails that were sent, bounced or caused complaints, by the day of sending.
//!
//! When an operator resumes sending, the counts start again: later bounces of earlier mails are not counted.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use calendar::{Date, Moment};
use serde::{Deserialize, Serialize};

use crate::gate::SendGate;
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
    /// The counts of each day with mails since `from` that were sent after an operator resumed sending at `resumed_at`
    /// (`None`: never). Other instances may add to them right after.
    fn sent_since(
        &self,
        from: Date,
        resumed_at: Option<Moment>,
    ) -> impl Future<Output = Result<BTreeMap<Date, Tally>, SummariesError>> + Send;
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
}

impl SummaryMail {
    /// The day and the counts that change when this state is saved; `None` also if the mail was sent before an operator
    /// resumed sending. A mail enters each of these states once.
    pub fn counts(&self, resumed_at: Option<Moment>) -> Option<(Date, Tally)> {
        let none = Tally::default();
        let (sent_at, tally) = match self.state {
            MailState::Sent { at, .. } => (at, Tally { sent: 1, ..none }),
            MailState::Bounced { sent_at, hard: true, .. } => (sent_at, Tally { bounced: 1, ..none }),
            MailState::Complained { sent_at, .. } => (sent_at, Tally { complained: 1, ..none }),
            _ => return None,
        };
        resumed_at.is_none_or(|it| it <= sent_at).then(|| (sent_at.date(), tally))
    }
}

/// Whether too many of the newest mails came back.
pub fn judge(days: &BTreeMap<Date, Tally>) -> Option<Overrun> {
    let mut window = Tally::default();
    for tally in days.values().rev() {
        window = window.plus(*tally);
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
    let resumed_at = port.load_gate().await?.0.resumed_at();
    let days = port.sent_since(now.minus(WINDOW).date(), resumed_at).await?;
    let Some(overrun) = judge(&days) else { return Ok(None) };
    gate::change(port, |gate| {
        let before = gate.clone();
        // If an operator resumed meanwhile, these mails count no more.
        if gate.resumed_at() == resumed_at {
            gate.pause(overrun.to_string(), now);
        }
        (*gate != before).then_some(overrun)
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

    fn check(days: &[(&str, u64, u64, u64)], expected: &str) {
        let days = days.iter().map(|(day, sent, bounced, complained)| {
            (day.parse().unwrap(), Tally { sent: *sent, bounced: *bounced, complained: *complained })
        });
        assert_eq!(judge(&days.collect()).map(|it| it.to_string()).unwrap_or_default(), expected);
    }

    #[test]
    fn two_in_a_hundred_bounces_pause_sending() {
        check(&[], "");
        check(&[("2026-08-14", 99, 99, 0)], "");
        check(&[("2026-08-14", 100, 1, 0)], "");
        check(&[("2026-08-14", 100, 2, 0)], "2 of the newest 100 mails bounced");
        check(&[("2026-08-14", 20_000, 399, 0)], "");
        check(&[("2026-08-14", 20_000, 400, 0)], "400 of the newest 20000 mails bounced");
    }

    #[test]
    fn one_complaint_in_a_thousand_mails_pauses_sending() {
        check(&[("2026-08-14", 999, 0, 1)], "");
        check(&[("2026-08-14", 1_000, 0, 1)], "the receivers of 1 of the newest 1000 mails complained");
        check(&[("2026-08-14", 1_001, 0, 1)], "");
    }

    #[test]
    fn only_the_newest_days_are_judged() {
        check(&[("2026-08-13", 1_000, 500, 0), ("2026-08-14", 1_000, 0, 0)], "");
        let newest = "500 of the newest 1999 mails bounced";
        check(&[("2026-08-13", 1_000, 500, 0), ("2026-08-14", 999, 0, 0)], newest);
    }
}
