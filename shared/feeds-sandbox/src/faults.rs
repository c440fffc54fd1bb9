//! Decides when to fail, from a seed and the number of the request, so that a run can be reproduced.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use datamaker::Noise;
use serde::Serialize;

use crate::Chances;

/// Random streams.
const FAULT: u64 = 101;
const PAGE: u64 = 102;
const ROW: u64 = 103;

/// How a feed fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Faults {
    /// The seed of the random streams.
    pub seed: u64,
    /// How often.
    pub chances: Chances,
    /// Delay of a hanging response.
    pub hang: Duration,
    /// Delay of a slow response.
    pub slow: Duration,
    /// The transport of its responses.
    pub transport: Transport,
}

/// The transport of responses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// A direct connection, which the server can close early.
    Connection,
    /// A gateway that accepts only complete responses: a cut becomes a truncation.
    Gateway,
}

/// A failure of one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    Crash,
    Cut,
    Truncate,
    Hang,
    Slow,
    RepeatPage,
}

/// The counts of requests and failures of a feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Served {
    /// Requests with a valid cursor.
    pub requests: u64,
    /// Responses with status 500.
    pub crash: u64,
    /// Connections closed early.
    pub cut: u64,
    /// Truncated responses.
    pub truncate: u64,
    /// Responses that hung.
    pub hang: u64,
    /// Late responses.
    pub slow: u64,
    /// Earlier pages served.
    pub repeat_pages: u64,
    /// Rows that occurred twice on their page.
    pub repeat_rows: u64,
}

/// The failures of a running feed.
pub(crate) struct Failing {
    faults: Faults,
    served: Mutex<Served>,
}

/// A request, by its number.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    seed: u64,
    number: u64,
    repeat_rows: u64,
    /// Its failure.
    pub(crate) fault: Option<Fault>,
}

impl Failing {
    pub(crate) fn new(faults: Faults) -> Self {
        Self { faults, served: Mutex::default() }
    }

    pub(crate) fn faults(&self) -> Faults {
        self.faults
    }

    pub(crate) fn served(&self) -> Served {
        *self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the delay of the fault.
    pub(crate) async fn wait(&self, fault: Option<Fault>) {
        match fault {
            Some(Fault::Hang) => tokio::time::sleep(self.faults.hang).await,
            Some(Fault::Slow) => tokio::time::sleep(self.faults.slow).await,
            _ => {}
        }
    }

    /// Counts a request and draws its failure.
    pub(crate) fn next_request(&self) -> Request {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let Faults { seed, chances, .. } = self.faults;
        let number = served.requests;
        served.requests = number.saturating_add(1);
        let mut drawn = Noise::new(seed, FAULT, number).below(1000);
        let all = [
            (Fault::Crash, chances.crash),
            (Fault::Cut, chances.cut),
            (Fault::Truncate, chances.truncate),
            (Fault::Hang, chances.hang),
            (Fault::Slow, chances.slow),
            (Fault::RepeatPage, chances.repeat_pages),
        ];
        let fault = all.into_iter().find(|(_, chance)| match drawn.checked_sub(chance.value()) {
            Some(rest) => {
                drawn = rest;
                false
            }
            None => true,
        });
        Request { seed, number, repeat_rows: chances.repeat_rows.value(), fault: fault.map(|(fault, _)| fault) }
    }

    /// Counts the actual failure: the first page has no earlier one.
    pub(crate) fn count(&self, fault: Option<Fault>, rows_repeated: u64) {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        served.repeat_rows = served.repeat_rows.saturating_add(rows_repeated);
        let count = match fault {
            None => return,
            Some(Fault::Crash) => &mut served.crash,
            Some(Fault::Cut) => &mut served.cut,
            Some(Fault::Truncate) => &mut served.truncate,
            Some(Fault::Hang) => &mut served.hang,
            Some(Fault::Slow) => &mut served.slow,
            Some(Fault::RepeatPage) => &mut served.repeat_pages,
        };
        *count = count.saturating_add(1);
    }
}

impl Request {
    /// One of the pages before.
    pub(crate) fn earlier_page(self, before: &[u64]) -> Option<u64> {
        Noise::new(self.seed, PAGE, self.number).one_of(before).copied()
    }

    /// Whether a row occurs twice on its page.
    pub(crate) fn repeats(self, row: u64) -> bool {
        // Requests in the upper bits, rows in the lower ones: they do not overlap.
        let number = self.number.rotate_right(24) ^ row;
        self.repeat_rows > 0 && Noise::new(self.seed, ROW, number).below(1000) < self.repeat_rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(seed: u64, chances: &str) -> Failing {
        let chances = chances.parse().unwrap();
        Failing::new(Faults {
            seed,
            chances,
            hang: Duration::ZERO,
            slow: Duration::ZERO,
            transport: Transport::Connection,
        })
    }

    fn drawn(seed: u64, chances: &str) -> Vec<Option<Fault>> {
        let failing = failing(seed, chances);
        (0..10_000).map(|_| failing.next_request().fault).collect()
    }

    #[test]
    fn failures_occur_at_the_configured_rates() {
        let all = drawn(1, "crash=5%,cut=1%,truncate=2%,hang=3%,slow=4%,repeat-pages=10%");
        let expected = [
            (Some(Fault::Crash), 500),
            (Some(Fault::Cut), 100),
            (Some(Fault::Truncate), 200),
            (Some(Fault::Hang), 300),
            (Some(Fault::Slow), 400),
            (Some(Fault::RepeatPage), 1000),
            (None, 7500),
        ];
        for (fault, times) in expected {
            let found = all.iter().filter(|it| **it == fault).count();
            assert!(found.abs_diff(times) < 100, "{fault:?}: {found} of about {times}");
        }
    }

    #[test]
    fn a_seed_draws_the_same_again() {
        let chances = "crash=50%";
        assert_eq!(drawn(1, chances), drawn(1, chances));
        assert_ne!(drawn(1, chances), drawn(2, chances));
        assert!(drawn(1, "").iter().all(Option::is_none));
        assert!(drawn(1, "hang=100%").iter().all(|it| *it == Some(Fault::Hang)));
    }
}
