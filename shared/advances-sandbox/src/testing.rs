//! A store in memory, and the contract of the port.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use money::Currency;
use storage::{Saved, Version};

use crate::{Calls, Direction, Faults, Order, Outcome, Record, Settings, Store, StoreError, Transaction};

/// A store in memory; its clones are the same store.
#[derive(Clone, Default, Debug)]
pub struct FakeStore(Arc<Mutex<State>>);

#[derive(Default, Debug)]
struct State {
    settings: Option<(Settings, Version)>,
    calls: BTreeMap<String, (Calls, Version)>,
    ledger: BTreeMap<String, Transaction>,
}

impl FakeStore {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn settings_version(&self) -> Version {
        self.settings.as_ref().map_or_else(Version::default, |it| it.1)
    }
}

impl Store for FakeStore {
    async fn settings(&self) -> Result<(Option<Settings>, Version), StoreError> {
        let state = self.state();
        Ok((state.settings.as_ref().map(|it| it.0.clone()), state.settings_version()))
    }

    async fn save_settings(&self, settings: &Settings, expected: Version) -> Result<Saved, StoreError> {
        let mut state = self.state();
        if state.settings_version() != expected {
            return Ok(Saved::Conflict);
        }
        state.settings = Some((settings.clone(), expected.next()));
        Ok(Saved::Stored(expected.next()))
    }

    async fn calls(&self, key: &str) -> Result<(Calls, Version), StoreError> {
        Ok(self.state().calls.get(key).cloned().unwrap_or_default())
    }

    async fn record(&self, record: &Record) -> Result<Saved, StoreError> {
        let mut state = self.state();
        let stored = state.calls.get(&record.key).map_or_else(Version::default, |it| it.1);
        if stored != record.expected || state.settings_version() != record.settings {
            return Ok(Saved::Conflict);
        }
        state.calls.insert(record.key.clone(), (record.calls.clone(), stored.next()));
        if let Some(transaction) = &record.transaction {
            state.ledger.insert(transaction.transaction.clone(), transaction.clone());
        }
        Ok(Saved::Stored(stored.next()))
    }

    async fn ledger(&self) -> Result<Vec<Transaction>, StoreError> {
        Ok(self.state().ledger.values().cloned().collect())
    }
}

/// An order of 8.33 EUR, to collect from the account 1000001.
#[allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "the numbers are valid")]
pub fn order(reference: Option<&str>) -> Order {
    Order {
        reference: reference.map(str::to_owned),
        source: "1000001".parse().unwrap(),
        destination: "9000009".parse().unwrap(),
        amount: "8.33".to_owned(),
        currency: Currency::EUR,
        direction: Direction::Debit,
    }
}

/// Tests the contract of [`Store`] on an empty store; panics if it is violated.
#[allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a contract test fails by panicking")]
pub async fn store_contract(store: &impl Store) {
    assert_eq!(store.settings().await.unwrap(), (None, Version(0)));
    assert_eq!(store.calls("R-1").await.unwrap(), (Calls::default(), Version(0)));
    assert!(store.ledger().await.unwrap().is_empty());

    let transaction = |reference: &str, at: &str| Transaction {
        transaction: format!("tx-{reference}"),
        order: order(Some(reference)),
        accepted_at: at.parse().unwrap(),
        reported_on: "2026-01-07".parse().unwrap(),
        outcome: Outcome::Fail { reason: "insufficient funds".to_owned() },
    };
    let record = |reference: &str, count: u32, settings: u64| Record {
        key: reference.to_owned(),
        calls: Calls { count, ..Calls::default() },
        expected: Version(u64::from(count.saturating_sub(1))),
        settings: Version(settings),
        transaction: Some(transaction(reference, "2026-01-05T10:00:00Z")),
    };
    assert_eq!(store.record(&record("R-1", 1, 0)).await.unwrap(), Saved::Stored(Version(1)), "without settings");
    assert_eq!(store.record(&record("R-1", 1, 0)).await.unwrap(), Saved::Conflict, "it is there already");

    let settings = |now: &str| Settings { now: Some(now.parse().unwrap()), faults: Faults::default() };
    let first = settings("2026-01-05T10:00:00Z");
    assert_eq!(store.save_settings(&first, Version(0)).await.unwrap(), Saved::Stored(Version(1)));
    assert_eq!(store.save_settings(&settings("2026-02-05T10:00:00Z"), Version(0)).await.unwrap(), Saved::Conflict);
    assert_eq!(store.settings().await.unwrap(), (Some(first.clone()), Version(1)));

    assert_eq!(store.record(&record("R-2", 1, 0)).await.unwrap(), Saved::Conflict, "the clock was set meanwhile");
    assert_eq!(store.calls("R-2").await.unwrap(), (Calls::default(), Version(0)), "and nothing is written");
    assert_eq!(store.record(&record("R-2", 1, 1)).await.unwrap(), Saved::Stored(Version(1)));
    let again = Record { transaction: Some(transaction("R-1", "2026-01-05T11:00:00Z")), ..record("R-1", 2, 1) };
    assert_eq!(store.record(&again).await.unwrap(), Saved::Stored(Version(2)));
    assert_eq!(
        store.record(&Record { transaction: None, ..record("R-1", 3, 1) }).await.unwrap(),
        Saved::Stored(Version(3))
    );
    assert_eq!(store.calls("R-1").await.unwrap(), (Calls { count: 3, ..Calls::default() }, Version(3)));
    let mut ledger = store.ledger().await.unwrap();
    ledger.sort_by(|a, b| a.transaction.cmp(&b.transaction));
    assert_eq!(ledger, [transaction("R-1", "2026-01-05T11:00:00Z"), transaction("R-2", "2026-01-05T10:00:00Z")]);
}
