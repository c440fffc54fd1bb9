use storage::{Saved, Version};

use crate::{Calls, Settings, Transaction};

/// Why a call of the store failed.
#[derive(Debug, thiserror::Error)]
#[error("the store of the processor fails")]
pub struct StoreError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// The port to the state of the processor. All reads are consistent.
pub trait Store {
    /// The settings; `None` with version 0 if none are stored.
    fn settings(&self) -> impl Future<Output = Result<(Option<Settings>, Version), StoreError>> + Send;

    /// Stores the settings with the next version, if the stored version is still `expected`.
    fn save_settings(
        &self,
        settings: &Settings,
        expected: Version,
    ) -> impl Future<Output = Result<Saved, StoreError>> + Send;

    /// The calls of a key; none with version 0 if none are stored.
    fn calls(&self, key: &str) -> impl Future<Output = Result<(Calls, Version), StoreError>> + Send;

    /// Stores all of `record`, or nothing if its calls or the settings have other versions by now.
    fn record(&self, record: &Record) -> impl Future<Output = Result<Saved, StoreError>> + Send;

    /// All transactions, in any order, also those ahead of the clock.
    fn ledger(&self) -> impl Future<Output = Result<Vec<Transaction>, StoreError>> + Send;
}

/// What a call writes, in one step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The key of the calls.
    pub key: String,
    /// The calls.
    pub calls: Calls,
    /// The version of the calls that were read.
    pub expected: Version,
    /// The version of the settings that were read: nothing is accepted at a time that has passed.
    pub settings: Version,
    /// A transaction to put in the ledger; one with the same id is replaced.
    pub transaction: Option<Transaction>,
}
