//! The records of summary mails in a table of DynamoDB.
//!
//! | pk | sk | attributes |
//! | --- | --- | --- |
//! | `IMPORT#<import>` | `ACCT#<account>` | `doc` the record as JSON, `v` version, `state`; `open` and `open_since`, while it is not final, for the index `open` |

use banking::AccountNumber;
use calendar::Moment;
use dynamodb::{
    Client, Condition, DynamoDbError, Item, Key, Put, Query, Table, Transacted, Write, number, number_of, sortable,
    text, text_of,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use mail::outbox::{Saved, StateCounts, Summaries, SummariesError, Version};
use mail::{SummaryKey, SummaryMail};

/// How many puts are under way at once.
const AT_ONCE: usize = 8;

/// The records of summaries in a table.
#[derive(Clone, Debug)]
pub struct DynamoDbSummaries {
    table: Table,
}

impl DynamoDbSummaries {
    /// The records in the table of this name.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(client, table) }
    }
}

impl Summaries for DynamoDbSummaries {
    async fn want(&self, import: &str, accounts: &[AccountNumber], now: Moment) -> Result<u64, SummariesError> {
        let wanted = accounts.iter().map(|account| {
            let key = SummaryKey { account: account.clone(), import: import.to_owned() };
            item(&SummaryMail::wanted(key, now), Version::FIRST)
        });
        let items = wanted.collect::<Result<Vec<_>, _>>()?;
        let puts = stream::iter(items).map(|item| Box::pin(self.table.put_if_absent(item))).buffer_unordered(AT_ONCE);
        let new = puts.try_fold(0_u64, async |sum, put| Ok(sum.saturating_add(u64::from(put == Put::Stored))));
        new.await.map_err(failed)
    }

    async fn load(&self, key: &SummaryKey) -> Result<Option<(SummaryMail, Version)>, SummariesError> {
        let Some(item) = self.table.get(&item_key(key)).await.map_err(failed)? else { return Ok(None) };
        Ok(Some((record(&item)?, Version(number_of(&item, "v").map_err(failed)?))))
    }

    async fn save(&self, record: &SummaryMail, expected: Version) -> Result<Saved, SummariesError> {
        let write = Write::Put(item(record, expected.next())?, Condition::Is("v", number(expected.0)));
        match self.table.transact(vec![write]).await.map_err(failed)? {
            Transacted::Done => Ok(Saved::Stored(expected.next())),
            Transacted::Failed(_) => Ok(Saved::Conflict),
        }
    }

    async fn open_since(&self, before: Moment, limit: usize) -> Result<Vec<SummaryMail>, SummariesError> {
        // Records open since `before` itself count too: `~` is above every digit.
        let query = Query::index("open", "open", "1").below("open_since", format!("{}~", sortable(before)));
        self.table.first(query, limit).await.map_err(failed)?.iter().map(record).collect()
    }

    async fn count_by_state(&self, import: &str) -> Result<StateCounts, SummariesError> {
        let query = Query::partition(partition(import)).only(&["state"]);
        let mut counts = StateCounts::default();
        for item in self.table.all(query).await.map_err(failed)? {
            let state = text_of(&item, "state").map_err(failed)?;
            counts.add(state).ok_or_else(|| broken("a state that does not exist"))?;
        }
        Ok(counts)
    }
}

fn partition(import: &str) -> String {
    format!("IMPORT#{import}")
}

fn item_key(key: &SummaryKey) -> Key {
    Key::new(partition(&key.import), format!("ACCT#{}", key.account.as_str()))
}

fn item(record: &SummaryMail, version: Version) -> Result<Item, SummariesError> {
    let doc = serde_json::to_string(record).map_err(broken)?;
    let mut item = item_key(&record.key).with([
        ("doc", text(doc)),
        ("v", number(version.0)),
        ("state", text(record.state.name())),
    ]);
    if let Some(since) = record.open_since() {
        item.insert("open".to_owned(), text("1"));
        item.insert("open_since".to_owned(), text(sortable(since)));
    }
    Ok(item)
}

fn record(item: &Item) -> Result<SummaryMail, SummariesError> {
    serde_json::from_str(text_of(item, "doc").map_err(failed)?).map_err(broken)
}

fn failed(error: DynamoDbError) -> SummariesError {
    if error.is_broken() { broken(error) } else { SummariesError::Unavailable(error.into()) }
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SummariesError {
    SummariesError::Broken(error.into())
}
