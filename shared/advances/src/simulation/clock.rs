use std::sync::{Arc, Mutex};
use std::time::Duration;

use calendar::{Clock, Moment};

use crate::testing::lock;

/// Random decisions; the clones share one sequence.
#[derive(Clone)]
pub(crate) struct Chance(Arc<Mutex<fastrand::Rng>>);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))))
    }

    /// Whether something with this probability, in thousandths, happens.
    pub(crate) fn happens(&self, permille: u32) -> bool {
        permille > 0 && lock(&self.0).u32(0..1000) < permille
    }

    /// A number below `end`; 0 if there is none.
    pub(crate) fn below(&self, end: usize) -> usize {
        if end == 0 { 0 } else { lock(&self.0).usize(0..end) }
    }

    /// A number in the range.
    pub(crate) fn number(&self, range: std::ops::RangeInclusive<u32>) -> u32 {
        lock(&self.0).u32(range)
    }

    /// A time up to this many minutes.
    pub(crate) fn minutes(&self, range: std::ops::RangeInclusive<u32>) -> Duration {
        Duration::from_secs(u64::from(self.number(range)).saturating_mul(60))
    }
}

/// The time of the simulation; the clones are the same.
#[derive(Clone)]
pub(crate) struct Time(Arc<Mutex<Moment>>);

impl Time {
    pub(crate) fn new(now: Moment) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    pub(crate) fn set(&self, now: Moment) {
        *lock(&self.0) = now;
    }

    pub(crate) fn pass(&self, time: Duration) {
        let mut now = lock(&self.0);
        *now = now.plus(time);
    }
}

impl Clock for Time {
    fn now(&self) -> Moment {
        *lock(&self.0)
    }
}

/// The clock of one worker: wrong by up to six hours.
pub(crate) struct WorkerClock {
    pub(crate) time: Time,
    /// Ahead by this, after `behind`.
    pub(crate) ahead: Duration,
    pub(crate) behind: Duration,
}

impl Clock for WorkerClock {
    fn now(&self) -> Moment {
        self.time.now().minus(self.behind).plus(self.ahead)
    }
}
