//! Another call, or a setting of the clock, between what a call reads and what it writes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Mutex;
use std::time::Duration;

use advances_sandbox::testing::{FakeStore, order};
use advances_sandbox::{Calls, Faults, Processor, Record, Reply, Settings, Store, StoreError, Transaction};
use calendar::{Clock, Moment};
use storage::{Saved, Version};

#[derive(Clone, Copy)]
struct Machine;

impl Clock for Machine {
    fn now(&self) -> Moment {
        at("2026-01-05T10:00:00Z")
    }
}

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

enum Other {
    Performs(Option<&'static str>),
    SetsClock(&'static str),
}

/// Before the first write something else happens.
struct Interrupted {
    store: FakeStore,
    other: Mutex<Option<Other>>,
    reply: Mutex<Option<Reply>>,
}

impl Store for Interrupted {
    async fn settings(&self) -> Result<(Option<Settings>, Version), StoreError> {
        self.store.settings().await
    }

    async fn save_settings(&self, settings: &Settings, expected: Version) -> Result<Saved, StoreError> {
        self.store.save_settings(settings, expected).await
    }

    async fn calls(&self, key: &str) -> Result<(Calls, Version), StoreError> {
        self.store.calls(key).await
    }

    async fn record(&self, record: &Record) -> Result<Saved, StoreError> {
        let other = self.other.lock().unwrap().take();
        match other {
            Some(Other::Performs(reference)) => {
                let processor = of(self.store.clone(), reference.is_some());
                let reply = processor.perform(&order(reference)).await.unwrap();
                *self.reply.lock().unwrap() = Some(reply);
            }
            Some(Other::SetsClock(time)) => of(self.store.clone(), true).set_clock(at(time)).await.unwrap(),
            None => {}
        }
        self.store.record(record).await
    }

    async fn ledger(&self) -> Result<Vec<Transaction>, StoreError> {
        self.store.ledger().await
    }
}

fn of<S>(store: S, references: bool) -> Processor<S, Machine> {
    let dedupe = if references { Duration::from_hours(72) } else { Duration::ZERO };
    Processor { store, clock: Machine, dedupe, faults: Faults::default() }
}

fn interrupted(other: Other, references: bool) -> Processor<Interrupted, Machine> {
    let (other, reply) = (Mutex::new(Some(other)), Mutex::new(None));
    of(Interrupted { store: FakeStore::default(), other, reply }, references)
}

#[tokio::test]
async fn two_calls_of_a_reference_at_once_are_one_transaction() {
    let processor = interrupted(Other::Performs(Some("R-1")), true);
    let reply = processor.perform(&order(Some("R-1"))).await.unwrap();
    assert_eq!(Some(reply), processor.store.reply.lock().unwrap().take());
    assert_eq!(processor.ledger().await.unwrap().1.len(), 1);
}

#[tokio::test]
async fn two_calls_without_references_at_once_are_two_transactions() {
    let processor = interrupted(Other::Performs(None), false);
    let reply = processor.perform(&order(None)).await.unwrap();
    assert_ne!(Some(reply), processor.store.reply.lock().unwrap().take());
    assert_eq!(processor.ledger().await.unwrap().1.len(), 2);
}

#[tokio::test]
async fn nothing_is_accepted_at_a_time_that_has_passed() {
    let processor = interrupted(Other::SetsClock("2026-01-09T10:00:00Z"), true);
    processor.perform(&order(Some("R-1"))).await.unwrap();
    let (_, ledger) = processor.ledger().await.unwrap();
    assert_eq!(ledger.iter().map(|it| it.accepted_at).collect::<Vec<_>>(), [at("2026-01-09T10:00:00Z")]);
}
