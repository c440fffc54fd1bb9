//! Fakes of the ports, and the contract each adapter has to keep. For tests.
//!
//! The fakes keep the contracts in memory and never wait, so [`ready`] runs them without a runtime.

mod contracts;
mod fakes;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub use contracts::{mailer_contract, summaries_contract, summary_requests_contract};
pub use fakes::{Answer, FakeMailer, FakeSummaries, FakeSummaryRequests};

/// The result of a future that is ready at once, as all of the fakes' are.
///
/// # Panics
/// If the future has to wait.
#[allow(clippy::panic, reason = "for tests")]
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the fakes never wait"),
    }
}
