//! Fakes of the ports of advances, and the contracts that they share with their adapters.

#[cfg(feature = "testing")]
mod contracts;
mod processor;
mod stores;

use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(feature = "testing")]
pub use contracts::{advances_contract, breaks_contract, gate_contract, runs_contract};
pub use processor::{FakePaymentQueue, FakeProcessor, FakeReports};
pub use stores::{FakeAdvances, FakeBreaks, FakeGate, FakeRuns};

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
