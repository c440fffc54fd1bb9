use std::time::Duration;

use calendar::{Clock, Date, Moment};
use storage::{Saved, Version};

use crate::perform::{Call, decide};
use crate::{
    Calls, Chances, ChancesError, Faults, Order, Record, Reply, Report, Settings, Store, StoreError, Transaction,
    report,
};

/// How often a call is decided again because another one was faster.
const MAX_TRIES: u32 = 12;
/// The calls under this key only count the orders without a reference.
const COUNTER: &str = "#";

/// The processor, over its store.
#[derive(Clone, Debug)]
pub struct Processor<S, C> {
    /// Its state.
    pub store: S,
    /// The clock of the machine.
    pub clock: C,
    /// How long it recognises a repeated reference; zero: it knows no references.
    pub dedupe: Duration,
    /// How it fails until other faults are put.
    pub faults: Faults,
}

/// Why the processor cannot do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PerformError {
    /// Its store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its rates cannot be read.
    #[error("the faults cannot be read")]
    Faults(#[from] ChancesError),
    /// Others keep changing the same state.
    #[error("other calls keep changing the same state")]
    Busy,
    /// Its clock cannot be set back.
    #[error("the clock is at {0} and cannot be set back")]
    Past(Moment),
}

/// What is known of a reference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReferenceStatus {
    /// The transaction that was accepted last.
    Accepted(String),
    /// Nothing was accepted until this moment.
    NotKnown(Moment),
}

/// The settings and the time of one request.
struct Present {
    settings: Settings,
    version: Version,
    chances: Chances,
    now: Moment,
}

impl<S: Store, C: Clock> Processor<S, C> {
    /// Whether it recognises references.
    pub fn recognises_references(&self) -> bool {
        !self.dedupe.is_zero()
    }

    /// Performs an order without errors ([`Order::errors`]).
    pub async fn perform(&self, order: &Order) -> Result<Reply, PerformError> {
        let key = match &order.reference {
            Some(reference) => reference.clone(),
            None => self.next_key().await?,
        };
        for _ in 0..MAX_TRIES {
            let present = self.present().await?;
            let (calls, expected) = self.store.calls(&key).await?;
            let Present { settings, version, chances, now } = &present;
            let call = Call { faults: &settings.faults, chances, key: &key, order, dedupe: self.dedupe, now: *now };
            let decision = decide(&call, &calls);
            let record = Record {
                key: key.clone(),
                calls: decision.calls,
                expected,
                settings: *version,
                transaction: decision.transaction,
            };
            if self.store.record(&record).await? != Saved::Conflict {
                return Ok(decision.reply);
            }
        }
        Err(PerformError::Busy)
    }

    /// A key that no other call has.
    async fn next_key(&self) -> Result<String, PerformError> {
        for _ in 0..MAX_TRIES {
            let (_, settings) = self.store.settings().await?;
            let (counted, expected) = self.store.calls(COUNTER).await?;
            let calls = Calls { count: counted.count.saturating_add(1), ..counted };
            let key = format!("{COUNTER}{}", calls.count);
            let record = Record { key: COUNTER.to_owned(), calls, expected, settings, transaction: None };
            if self.store.record(&record).await? != Saved::Conflict {
                return Ok(key);
            }
        }
        Err(PerformError::Busy)
    }

    /// What is known of a reference.
    pub async fn status(&self, reference: &str) -> Result<ReferenceStatus, PerformError> {
        // The time first: what is accepted meanwhile is not before it.
        let now = self.present().await?.now;
        let (calls, _) = self.store.calls(reference).await?;
        let accepted = calls.executions.into_iter().rev().find(|it| it.accepted_at <= now);
        Ok(accepted.map_or(ReferenceStatus::NotKnown(now), |it| ReferenceStatus::Accepted(it.transaction)))
    }

    /// The report of a day, if it is available.
    pub async fn report(&self, day: Date) -> Result<Option<Report>, PerformError> {
        let Present { settings, chances, now, .. } = self.present().await?;
        let ledger = self.store.ledger().await?;
        Ok(report(&settings.faults, &chances, &ledger, day, now))
    }

    /// The time, and all transactions that are accepted, in the order of their ids.
    pub async fn ledger(&self) -> Result<(Moment, Vec<Transaction>), PerformError> {
        let now = self.present().await?.now;
        let mut ledger = self.store.ledger().await?;
        ledger.retain(|it| it.accepted_at <= now);
        ledger.sort_by(|a, b| a.transaction.cmp(&b.transaction));
        Ok((now, ledger))
    }

    /// The time.
    pub async fn now(&self) -> Result<Moment, PerformError> {
        Ok(self.present().await?.now)
    }

    /// Sets the clock; from then on only this moves it, and never back: a final report would not be final.
    pub async fn set_clock(&self, at: Moment) -> Result<(), PerformError> {
        self.change(|settings| match settings.now {
            Some(now) if at < now => Err(PerformError::Past(now)),
            _ => Ok(Settings { now: Some(at), ..settings }),
        })
        .await
    }

    /// How it fails.
    pub async fn faults(&self) -> Result<Faults, PerformError> {
        Ok(self.present().await?.settings.faults)
    }

    /// Replaces the faults. Transactions that were accepted before keep their outcomes.
    pub async fn set_faults(&self, faults: Faults) -> Result<(), PerformError> {
        faults.rates()?;
        self.change(|settings| Ok(Settings { faults: faults.clone(), ..settings })).await
    }

    async fn change(&self, to: impl Fn(Settings) -> Result<Settings, PerformError>) -> Result<(), PerformError> {
        for _ in 0..MAX_TRIES {
            let (settings, version) = self.settings().await?;
            if self.store.save_settings(&to(settings)?, version).await? != Saved::Conflict {
                return Ok(());
            }
        }
        Err(PerformError::Busy)
    }

    async fn settings(&self) -> Result<(Settings, Version), PerformError> {
        let (stored, version) = self.store.settings().await?;
        Ok((stored.unwrap_or_else(|| Settings { now: None, faults: self.faults.clone() }), version))
    }

    async fn present(&self) -> Result<Present, PerformError> {
        let (settings, version) = self.settings().await?;
        let (chances, now) = (settings.faults.rates()?, settings.now.unwrap_or_else(|| self.clock.now()));
        Ok(Present { settings, version, chances, now })
    }
}
