//! Fakes of the ports, and the contract tests of the adapters.
//!
//! The fakes implement the contracts in memory and only yield, so [`ready`] runs them without a runtime.

mod contracts;
mod fakes;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub use contracts::{
    counts_contract, gate_contract, mailer_contract, summaries_contract, summary_requests_contract,
    suppressions_contract,
};
pub use fakes::{Answer, FakeMailer, FakeSummaries, FakeSummaryRequests, FakeUnsubscribeKeys};

/// Runs a future that only yields, as those of all fakes do.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}
