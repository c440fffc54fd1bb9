use std::time::{SystemTime, UNIX_EPOCH};

use calendar::{Clock, Date, Moment, Timer};

/// The clock of the machine. For leases and stalled work, never for business time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the clock; everyone else takes a `Clock`")]
    fn now(&self) -> Moment {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        Moment::instant(micros).unwrap_or(Moment::day(Date::MIN))
    }
}

impl Timer for SystemClock {
    async fn wait_until(&self, at: Moment) {
        tokio::time::sleep(at.since(self.now())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs() {
        let earlier = SystemClock.now();
        assert!(earlier.is_instant() && SystemClock.now() >= earlier);
        assert!(earlier > "2026-01-01T00:00:00Z".parse().unwrap());
    }
}
