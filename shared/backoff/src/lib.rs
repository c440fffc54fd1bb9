//! Waits between the attempts of one operation.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(25);
const LONGEST: Duration = Duration::from_secs(2);

/// Exponential back-off with full jitter between the attempts of one operation.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    tries: u32,
}

impl Backoff {
    /// The maximum number of attempts. All waits together are below 12 seconds, 6 on average.
    pub const MAX_TRIES: u32 = 12;

    /// Waits before the next attempt; returns `false` immediately if none is left.
    pub async fn wait(&mut self) -> bool {
        self.tries = self.tries.saturating_add(1);
        if self.tries >= Self::MAX_TRIES {
            return false;
        }
        Self::pause(self.tries, LONGEST).await;
        true
    }

    /// Waits before retry number `tries` (from 1), for callers that count the attempts: full jitter over a time that
    /// doubles with each retry, up to `longest`.
    pub async fn pause(tries: u32, longest: Duration) {
        tokio::time::sleep(jittered(doubled(tries).min(longest), random())).await;
    }
}

fn doubled(tries: u32) -> Duration {
    FIRST.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)))
}

fn jittered(longest: Duration, random: u64) -> Duration {
    let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX).max(1);
    Duration::from_micros(random.checked_rem(micros).unwrap_or(0))
}

/// Random enough for jitter and for names in tests; it must not affect stored data.
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_double_up_to_two_seconds() {
        let longest = |tries| doubled(tries).min(LONGEST).as_millis();
        assert_eq!([1, 2, 3, 7, 8, 11, 99].map(longest), [25, 50, 100, 1600, 2000, 2000, 2000]);
        assert!(jittered(FIRST, u64::MAX) < FIRST);
        assert_ne!(random(), random());
    }
}
