//! The gate of all mails: the rate limit over all instances, holds and pauses.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use calendar::Moment;
use serde::{Deserialize, Serialize};

use crate::outbox::{Saved, SummariesError, Version};

/// The pause of all instances after the provider has throttled a mail.
const SLOW_DOWN: Duration = Duration::from_secs(1);
/// The maximum number of retries of a change that conflicts with other instances.
const MAX_CONFLICTS: u32 = 40;

/// The port to the gate, which all instances share.
pub trait SendGate {
    /// The current gate (a consistent read) and its version. A gate that was never saved is open.
    ///
    /// Other instances change it frequently: each mail reserves a slot.
    fn load_gate(&self) -> impl Future<Output = Result<(Gate, Version), SummariesError>> + Send;

    /// Replaces the gate if its version is still `expected`; otherwise changes nothing and returns [`Saved::Conflict`].
    ///
    /// If the response is lost, a call may return [`Saved::Conflict`] although it stored `gate`. Then a slot stays
    /// unused.
    fn save_gate(&self, gate: &Gate, expected: Version) -> impl Future<Output = Result<Saved, SummariesError>> + Send;

    /// Waits with random jitter before the gate is read again after this many conflicts.
    fn wait_after(&self, conflicts: u32) -> impl Future<Output = ()> + Send;
}

/// When mails may be sent.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Gate {
    /// The next free time slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_slot_at: Option<Moment>,
    /// Holds all mails for a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hold: Option<Hold>,
    /// Holds all mails until an operator resumes sending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pause: Option<Pause>,
    /// When an operator last resumed sending: bounces of earlier mails do not pause again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resumed_at: Option<Moment>,
}

/// Holds all mails for a time. Then the mails are tried again, one by one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hold {
    /// Why.
    pub reason: HoldReason,
    /// When it began.
    pub since: Moment,
    /// When it ends.
    pub until: Moment,
    /// The provider's error, without addresses.
    pub error: String,
}

/// Why all mails are on hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// The quota of 24 hours is used up.
    Quota,
    /// The provider refuses every mail until the configuration is corrected.
    Configuration,
    /// The provider is not available.
    Outage,
}

/// Too many bounces or complaints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pause {
    /// When this was detected.
    pub since: Moment,
    /// The counts.
    pub reason: String,
}

/// Why the gate is closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Closed {
    /// For a time.
    Held(Hold),
    /// Until an operator resumes.
    Paused(Pause),
}

/// The decision of the gate for a mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Admission {
    /// It may be sent at this time.
    At(Moment),
    /// The next slot is too late for the caller; no slot is reserved.
    TooLate,
    /// Nobody may send now.
    Closed(Closed),
}

/// The maximum rate over all instances, in mails per second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MailsPerSecond(NonZeroU32);

/// A text that is not a rate.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("the number of mails in a second is a whole number from 1 to 10000")]
pub struct RateError;

impl MailsPerSecond {
    /// The number of mails in `time`.
    pub fn mails_in(self, time: Duration) -> u64 {
        time.as_secs().saturating_mul(u64::from(self.0.get()))
    }

    /// The rate as a number.
    pub fn get(self) -> u32 {
        self.0.get()
    }

    /// The time from one slot to the next, rounded up.
    fn interval(self) -> Duration {
        Duration::from_micros(u64::from(1_000_000_u32.div_ceil(self.0.get())))
    }
}

impl FromStr for MailsPerSecond {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let rate = text.parse().ok().filter(|it: &NonZeroU32| it.get() <= 10_000);
        rate.map(Self).ok_or(RateError)
    }
}

impl HoldReason {
    /// How long mails are on hold before one is tried again.
    fn duration(self) -> Duration {
        match self {
            Self::Quota => Duration::from_hours(1),
            Self::Configuration => Duration::from_mins(15),
            Self::Outage => Duration::from_mins(1),
        }
    }
}

impl Gate {
    /// Why the gate is closed `now`; `None` if it is open.
    pub fn closed(&self, now: Moment) -> Option<Closed> {
        let held = || self.hold.clone().filter(|it| it.until > now).map(Closed::Held);
        self.pause.clone().map(Closed::Paused).or_else(held)
    }

    /// Reserves the next slot, if it is not after `latest`. The caller must save the gate if the mail is admitted.
    pub fn admit(&mut self, now: Moment, rate: MailsPerSecond, latest: Moment) -> Admission {
        if let Some(closed) = self.closed(now) {
            return Admission::Closed(closed);
        }
        let slot = self.next_slot_at.map_or(now, |it| it.max(now));
        if slot > latest {
            return Admission::TooLate;
        }
        self.next_slot_at = Some(slot.plus(rate.interval()));
        Admission::At(slot)
    }

    /// The provider throttled a mail in its slot: all instances pause for a second.
    pub fn slow_down(&mut self, now: Moment) {
        let earliest = now.plus(SLOW_DOWN);
        self.next_slot_at = Some(self.next_slot_at.map_or(earliest, |it| it.max(earliest)));
    }

    /// Starts a hold. A longer hold stays.
    pub fn hold(&mut self, reason: HoldReason, error: &str, now: Moment) {
        let until = now.plus(reason.duration());
        if self.hold.as_ref().is_none_or(|it| it.until <= until) {
            let since = self.hold.as_ref().filter(|it| it.reason == reason && it.until > now);
            let since = since.map_or(now, |it| it.since);
            self.hold = Some(Hold { reason, since, until, error: error.to_owned() });
        }
    }

    /// Holds all mails until an operator resumes sending.
    pub fn pause(&mut self, reason: String, now: Moment) {
        if self.pause.is_none() {
            self.pause = Some(Pause { since: now, reason });
        }
    }

    /// Opens the gate. The mails sent before `now` never pause it again, even if they bounce later.
    pub fn resume(&mut self, now: Moment) {
        (self.pause, self.hold, self.resumed_at) = (None, None, Some(now));
    }

    /// When an operator last resumed sending.
    pub fn resumed_at(&self) -> Option<Moment> {
        self.resumed_at
    }
}

/// Changes the gate: calls `decide` with the current gate and saves its change; after a conflict with another instance
/// it decides again.
pub async fn change<G: SendGate, T>(gates: &G, decide: impl Fn(&mut Gate) -> T) -> Result<T, SummariesError> {
    for conflicts in 1..=MAX_CONFLICTS {
        let (before, version) = gates.load_gate().await?;
        let mut gate = before.clone();
        let decided = decide(&mut gate);
        if gate == before {
            return Ok(decided);
        }
        match gates.save_gate(&gate, version).await? {
            Saved::Stored(_) => return Ok(decided),
            Saved::Conflict => gates.wait_after(conflicts).await,
        }
    }
    Err(SummariesError::Unavailable("other instances keep changing the gate of mails".into()))
}

impl HoldReason {
    /// Its stable name, as stored and logged.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quota => "quota",
            Self::Configuration => "configuration",
            Self::Outage => "outage",
        }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held(hold) => write!(f, "held until {} ({}): {}", hold.until, hold.reason.name(), hold.error),
            Self::Paused(pause) => write!(f, "paused since {}: {}", pause.since, pause.reason),
        }
    }
}
