//! The remaining time of an invocation.

use std::time::Duration;

use calendar::{Clock, Moment};

/// The duration of a step without a request to the bank; with less time left, the poll continues with a new message.
const STEP: Duration = Duration::from_mins(1);
/// The duration of storing and recording a page.
const KEEP: Duration = Duration::from_secs(15);

/// The end of an invocation.
pub(crate) struct Deadline<'a, C> {
    pub(crate) clock: &'a C,
    pub(crate) until: Moment,
    /// The time-out of one response of the bank's server.
    pub(crate) answer_within: Duration,
}

impl<C> Clone for Deadline<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Deadline<'_, C> {}

impl<C: Clock> Deadline<'_, C> {
    /// Whether there is time for the longest step.
    pub(crate) fn allows_a_step(self) -> bool {
        self.left() >= STEP.max(self.answer())
    }

    /// Whether there is time to fetch and store another page.
    pub(crate) fn allows_an_answer(self) -> bool {
        self.left() >= self.answer()
    }

    fn answer(self) -> Duration {
        self.answer_within.saturating_add(KEEP)
    }

    fn left(self) -> Duration {
        let micros = self.until.micros().saturating_sub(self.clock.now().micros());
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}
