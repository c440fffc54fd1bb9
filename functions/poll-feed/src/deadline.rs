//! How much of an invocation's time is left.

use std::time::Duration;

use calendar::{Clock, Moment};

/// What a step takes that asks the bank for nothing; with less time left the poll goes on with a new message.
const STEP: Duration = Duration::from_mins(1);
/// What keeping and recording a page takes, once it has come.
const KEEP: Duration = Duration::from_secs(15);

/// When an invocation must have ended.
pub(crate) struct Deadline<'a, C> {
    pub(crate) clock: &'a C,
    pub(crate) until: Moment,
    /// How long one answer of the bank's server may take.
    pub(crate) answer_within: Duration,
}

impl<C> Clone for Deadline<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Deadline<'_, C> {}

impl<C: Clock> Deadline<'_, C> {
    /// Whether the longest step can be begun.
    pub(crate) fn allows_a_step(self) -> bool {
        self.left() >= STEP.max(self.answer())
    }

    /// Whether the bank can be asked once more, and its page be kept.
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
