use std::collections::VecDeque;

use calendar::Moment;
use serde::{Deserialize, Serialize};
use storage::Version;

/// How many of the last calls the gate remembers.
pub const REMEMBERED_CALLS: usize = 50;
/// More unknown calls than this among the remembered ones stop all calls: 5 %.
const MAX_UNKNOWN_PERCENT: usize = 5;

/// The control that every call to the processor passes: the stop switch and the results of the last calls (`GATE`).
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Gate {
    /// The version of the stored item; 0: not stored.
    #[serde(skip)]
    pub version: Version,
    /// Why no call is made.
    pub stopped: Option<Stop>,
    /// The last calls, oldest first: whether each was unknown.
    pub unknown: VecDeque<bool>,
}

/// Why no call is made, until an operator resumes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// When it was stopped.
    pub at: Moment,
    /// The operator, or the rule.
    pub by: Box<str>,
    /// Why.
    pub reason: Box<str>,
}

impl Gate {
    /// It stopped; unchanged if it is stopped already.
    pub fn stop(&self, at: Moment, by: &str, reason: &str) -> Self {
        let stop = self.stopped.clone().unwrap_or_else(|| Stop { at, by: by.into(), reason: reason.into() });
        Self { stopped: Some(stop), ..self.clone() }
    }

    /// It open again; the calls so far no longer count.
    pub fn resume(&self) -> Self {
        Self { version: self.version, stopped: None, unknown: VecDeque::new() }
    }

    /// It after a call; stopped if too many of the last calls are unknown.
    pub fn after_call(&self, is_unknown: bool, at: Moment) -> Self {
        let mut next = self.clone();
        next.unknown.push_back(is_unknown);
        let excess = next.unknown.len().saturating_sub(REMEMBERED_CALLS);
        next.unknown.drain(..excess);
        let count = next.unknown.iter().filter(|it| **it).count();
        if count.saturating_mul(100) > REMEMBERED_CALLS.saturating_mul(MAX_UNKNOWN_PERCENT) {
            let reason = format!("{count} of the last {} calls have no answer", next.unknown.len());
            return next.stop(at, "unknown calls", &reason);
        }
        next
    }
}
