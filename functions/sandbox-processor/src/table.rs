//! The state of the processor in a DynamoDB table.
//!
//! | pk | sk | attributes |
//! | --- | --- | --- |
//! | `SETTINGS` | `SETTINGS` | `doc` clock and faults, `version` |
//! | `CALLS#<key>` | `CALLS` | `doc` the calls of a reference, `version` |
//! | `LEDGER` | `<transaction>` | `doc` the transaction |

use advances_sandbox::{Calls, Record, Settings, Store, StoreError, Transaction};
use dynamodb::{Client, Condition, Document, DynamoDbError, Key, Query, Table, Write, version_of};
use storage::{Saved, Version};

const SETTINGS: Document<Settings> = Document::version(1);
const CALLS: Document<Calls> = Document::version(1);
const TRANSACTION: Document<Transaction> = Document::version(1);
const LEDGER: &str = "LEDGER";
const VERSION: &str = "version";

/// The state of the processor in a table.
#[derive(Clone, Debug)]
pub struct DynamoDbStore {
    table: Table,
}

impl DynamoDbStore {
    /// The state in the table of this name.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(client, table) }
    }
}

impl Store for DynamoDbStore {
    async fn settings(&self) -> Result<(Option<Settings>, Version), StoreError> {
        let Some(item) = self.table.get(&settings_key()).await.map_err(failed)? else {
            return Ok((None, Version::default()));
        };
        let settings = SETTINGS.read(&item).map_err(failed)?;
        Ok((Some(settings), version_of(&item, VERSION).map_err(failed)?))
    }

    async fn save_settings(&self, settings: &Settings, expected: Version) -> Result<Saved, StoreError> {
        let item = settings_key().with([SETTINGS.of(settings).map_err(failed)?]);
        self.table.save(item, VERSION, expected).await.map_err(failed)
    }

    async fn calls(&self, key: &str) -> Result<(Calls, Version), StoreError> {
        let Some(item) = self.table.get(&calls_key(key)).await.map_err(failed)? else { return Ok(Default::default()) };
        let calls = CALLS.read(&item).map_err(failed)?;
        Ok((calls, version_of(&item, VERSION).map_err(failed)?))
    }

    async fn record(&self, record: &Record) -> Result<Saved, StoreError> {
        let calls = calls_key(&record.key).with([CALLS.of(&record.calls).map_err(failed)?]);
        let mut writes = vec![
            Write::next(calls, VERSION, record.expected),
            Write::Check(settings_key(), Condition::version(VERSION, record.settings)),
        ];
        if let Some(transaction) = &record.transaction {
            let key = Key::new(LEDGER, transaction.transaction.as_str());
            writes.push(Write::Put(key.with([TRANSACTION.of(transaction).map_err(failed)?]), Condition::Any));
        }
        Ok(self.table.transact(writes).await.map_err(failed)?.saved(record.expected))
    }

    async fn ledger(&self) -> Result<Vec<Transaction>, StoreError> {
        let items = self.table.all(Query::partition(LEDGER)).await.map_err(failed)?;
        items.iter().map(|it| TRANSACTION.read(it).map_err(failed)).collect()
    }
}

fn settings_key() -> Key {
    Key::new("SETTINGS", "SETTINGS")
}

fn calls_key(key: &str) -> Key {
    Key::new(format!("CALLS#{key}"), "CALLS")
}

fn failed(error: DynamoDbError) -> StoreError {
    StoreError(error.into())
}
