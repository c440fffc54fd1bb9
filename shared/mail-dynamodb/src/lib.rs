//! The records of summary mails, their counts, the gate and suppressed addresses in a DynamoDB table.
//!
//! | pk | sk | attributes |
//! | --- | --- | --- |
//! | `IMPORT#<import>` | `ACCT#<account>` | `doc` the record as JSON, `v` version, `state`; `open` and `open_since`, while it is not final, for the index `open` |
//! | `TALLY`, or `TALLY#<time>` after an operator resumed | `<day>#<shard>` | `sent`, `bounced`, `complained` of the mails sent on that day, `v` version |
//! | `GATE` | `GATE` | `doc` the gate as JSON, `v` version |
//! | `SUPPRESSED#<hash>` | `ADDRESS` | `why`, `at`; the hash is that of the address in lower case |

mod gate;
mod suppressions;
mod tallies;

use backoff::Backoff;
use banking::AccountNumber;
use calendar::Moment;
use dynamodb::{
    Client, Condition, Document, DynamoDbError, Item, Key, Query, Table, Transacted, Write, number, sortable, text,
    text_of, version_of,
};
use mail::outbox::{Saved, StateCounts, Summaries, SummariesError, SummaryList, Version};
use mail::{SummaryKey, SummaryMail};

/// The minimum page size of a list.
const PAGE: usize = 100;
/// The prefix of the `sk` of each record.
const ACCOUNT: &str = "ACCT#";
/// The attribute of the version of a record, a tally or the gate.
const VERSION: &str = "v";
const DOCUMENT: Document<SummaryMail> = Document::version(1);
/// The index of the record in a transaction.
const RECORD: usize = 0;

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
            let mut item = item(&SummaryMail::wanted(key, now))?;
            item.insert(VERSION.to_owned(), number(Version::FIRST.0));
            Ok((item, Condition::Absent))
        });
        self.table.put_all(wanted.collect::<Result<_, SummariesError>>()?).await.map_err(failed)
    }

    async fn load(&self, key: &SummaryKey) -> Result<Option<(SummaryMail, Version)>, SummariesError> {
        let Some(item) = self.table.get(&item_key(key)).await.map_err(failed)? else { return Ok(None) };
        Ok(Some((record(&item)?, version_of(&item, VERSION).map_err(failed)?)))
    }

    async fn save(&self, record: &SummaryMail, expected: Version) -> Result<Saved, SummariesError> {
        let write = Write::next(item(record)?, VERSION, expected);
        let mut backoff = Backoff::default();
        loop {
            let mut writes = vec![write.clone()];
            writes.extend(tallies::write(self, record).await?);
            match self.table.transact(writes).await.map_err(failed)? {
                Transacted::Done => return Ok(Saved::Stored(expected.next())),
                // The counts of the day have changed, but not the record.
                Transacted::Failed(parts) if !parts.contains(&RECORD) => {}
                Transacted::Failed(_) => return Ok(Saved::Conflict),
            }
            if !backoff.wait().await {
                return Err(SummariesError::Unavailable("other instances keep counting mails of the same day".into()));
            }
        }
    }

    async fn open_since(&self, before: Moment, limit: usize) -> Result<Vec<SummaryKey>, SummariesError> {
        // Includes records open since exactly `before`: `~` sorts after every digit.
        let query = Query::index("open", "open", "1").below("open_since", format!("{}~", sortable(before)));
        self.table.first(query.only(&["pk", "sk"]), limit).await.map_err(failed)?.iter().map(key_of).collect()
    }

    async fn count_by_state(&self, import: &str) -> Result<StateCounts, SummariesError> {
        let query = Query::partition(partition(import)).only(&["state"]);
        let mut counts = StateCounts::default();
        for item in self.table.all(query).await.map_err(failed)? {
            let state = text_of(&item, "state").map_err(failed)?;
            counts.add(state).ok_or_else(|| broken("an unknown state"))?;
        }
        Ok(counts)
    }
}

impl SummaryList for DynamoDbSummaries {
    async fn of_import(
        &self,
        import: &str,
        state: Option<&str>,
        limit: usize,
    ) -> Result<Vec<SummaryMail>, SummariesError> {
        self.list(Query::partition(partition(import)), state, limit).await
    }

    async fn open(&self, state: Option<&str>, limit: usize) -> Result<Vec<SummaryMail>, SummariesError> {
        self.list(Query::index("open", "open", "1"), state, limit).await
    }
}

impl DynamoDbSummaries {
    /// The first records of a query in this state, at most `limit`.
    async fn list(
        &self,
        mut query: Query,
        state: Option<&str>,
        limit: usize,
    ) -> Result<Vec<SummaryMail>, SummariesError> {
        let mut found = Vec::new();
        loop {
            let (items, next) = self.table.page(&query, limit.max(PAGE)).await.map_err(failed)?;
            let records = items.iter().map(record).collect::<Result<Vec<_>, _>>()?;
            found.extend(records.into_iter().filter(|it| state.is_none_or(|state| it.state.name() == state)));
            found.truncate(limit);
            match next {
                Some(start) if found.len() < limit => query = query.after(start),
                _ => return Ok(found),
            }
        }
    }
}

fn partition(import: &str) -> String {
    format!("IMPORT#{import}")
}

fn item_key(key: &SummaryKey) -> Key {
    Key::new(partition(&key.import), format!("{ACCOUNT}{}", key.account.as_str()))
}

fn key_of(item: &Item) -> Result<SummaryKey, SummariesError> {
    let key = Key::of(item).map_err(failed)?;
    let import = key.pk.strip_prefix("IMPORT#").unwrap_or_default().to_owned();
    let account = key.sk.strip_prefix(ACCOUNT).unwrap_or_default().parse().map_err(broken)?;
    Ok(SummaryKey { import, account })
}

fn item(record: &SummaryMail) -> Result<Item, SummariesError> {
    let document = DOCUMENT.of(record).map_err(failed)?;
    let mut item = item_key(&record.key).with([document, ("state", text(record.state.name()))]);
    if let Some(since) = record.open_since() {
        item.insert("open".to_owned(), text("1"));
        item.insert("open_since".to_owned(), text(sortable(since)));
    }
    Ok(item)
}

fn record(item: &Item) -> Result<SummaryMail, SummariesError> {
    DOCUMENT.read(item).map_err(failed)
}

fn failed(error: DynamoDbError) -> SummariesError {
    if error.is_broken() { broken(error) } else { SummariesError::Unavailable(error.into()) }
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SummariesError {
    SummariesError::Broken(error.into())
}
