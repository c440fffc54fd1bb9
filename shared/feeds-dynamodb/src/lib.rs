//! The record of feeds in a DynamoDB table. All data is JSON in `doc`.
//!
//! | pk | sk | attributes |
//! | --- | --- | --- |
//! | `FEED#<feed>` | `PROGRESS` | `doc` its progress, `version` |
//! | `FEED#<feed>` | `PAGE#<number>` | `doc` a fetched page |
//! | `FEED#<feed>` | `IMPORT#<number>` | `doc` a batch of pages |
//! | `FEED#<feed>` | `PROOF#<poll>` | `doc` the proof of a poll |
//! | `FEED#<feed>` | `ERROR` | `doc` the last error of a poll's message |
//! | `FEED#<feed>` | `CLOSED` | `doc` the part that is proven without a gap |

use std::ops::Range;

use dynamodb::{Client, Condition, DynamoDbError, Item, Key, Query, Table, Transacted, Write, number, number_of};
use dynamodb::{sortable, text, text_of};
use feeds::{Closed, Feed, FeedLog, PageBatch, PageRecord, PollError, Progress, Proof, Step};
use imports::{PortError, Saved};
use serde::Serialize;
use serde::de::DeserializeOwned;

const PAGES: &str = "PAGE#";
const IMPORTS: &str = "IMPORT#";
const CLOSED: &str = "CLOSED";
const ERROR: &str = "ERROR";

/// The record of feeds in a table.
#[derive(Clone, Debug)]
pub struct DynamoDbFeedLog {
    table: Table,
}

impl DynamoDbFeedLog {
    /// The record in the table of this name.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(client, table) }
    }

    /// Returns the documents of these numbers and reads no other item. Items of one kind are numbered without gaps, so
    /// there are at most as many items as numbers.
    async fn docs<T: DeserializeOwned>(
        &self,
        feed: Feed,
        prefix: &str,
        numbers: &Range<u32>,
    ) -> Result<Vec<T>, PortError> {
        let query = Query::partition(partition(feed)).begins_with(prefix);
        let query = match numbers.start.checked_sub(1) {
            Some(before) => query.after(key(feed, numbered(prefix, before)).item()),
            None => query,
        };
        let limit = usize::try_from(numbers.end.saturating_sub(numbers.start)).unwrap_or(usize::MAX);
        self.table.first(query, limit).await.map_err(failed)?.iter().map(doc_of).collect()
    }
}

impl FeedLog for DynamoDbFeedLog {
    async fn progress(&self, feed: Feed) -> Result<Option<Progress>, PortError> {
        let Some(item) = self.table.get(&key(feed, "PROGRESS")).await.map_err(failed)? else { return Ok(None) };
        Ok(Some(Progress { version: number_of(&item, "revision").map_err(failed)?, ..doc_of(&item)? }))
    }

    async fn advance(&self, progress: &Progress, step: &Step) -> Result<Saved, PortError> {
        let version = progress.version.saturating_add(1);
        let mut item = item(&key(progress.feed, "PROGRESS"), progress)?;
        item.insert("revision".to_owned(), number(version));
        let feed = progress.feed;
        let parts = match step {
            Step::Page(page) => vec![item_of(feed, numbered(PAGES, page.number), page)?],
            Step::Gathered(it) => vec![item_of(feed, numbered(IMPORTS, it.number), it)?],
            Step::Proven { proof, closed } => vec![
                item_of(feed, format!("PROOF#{}", sortable(proof.poll)), proof)?,
                item_of(feed, CLOSED.to_owned(), closed)?,
            ],
            Step::Nothing => Vec::new(),
        };
        let progress = Write::Put(item, Condition::version("revision", progress.version));
        let parts = parts.into_iter().map(|item| Write::Put(item, Condition::Any));
        match self.table.transact(std::iter::once(progress).chain(parts).collect()).await.map_err(failed)? {
            Transacted::Done => Ok(Saved::Stored(version)),
            Transacted::Failed(_) => Ok(Saved::Conflict),
        }
    }

    async fn pages(&self, feed: Feed, numbers: Range<u32>) -> Result<Vec<PageRecord>, PortError> {
        self.docs(feed, PAGES, &numbers).await
    }

    async fn page_batches(&self, feed: Feed, numbers: Range<u32>) -> Result<Vec<PageBatch>, PortError> {
        self.docs(feed, IMPORTS, &numbers).await
    }

    async fn closed(&self, feed: Feed) -> Result<Closed, PortError> {
        let item = self.table.get(&key(feed, CLOSED)).await.map_err(failed)?;
        item.as_ref().map(doc_of).transpose().map(Option::unwrap_or_default)
    }

    async fn note_error(&self, feed: Feed, error: &PollError) -> Result<(), PortError> {
        let item = item_of(feed, ERROR.to_owned(), error)?;
        self.table.put_if(item, Condition::Any).await.map(drop).map_err(failed)
    }

    async fn last_error(&self, feed: Feed) -> Result<Option<PollError>, PortError> {
        self.table.get(&key(feed, ERROR)).await.map_err(failed)?.as_ref().map(doc_of).transpose()
    }

    async fn proof(&self, feed: Feed) -> Result<Option<Proof>, PortError> {
        let query = Query::partition(partition(feed)).begins_with("PROOF#").backwards();
        self.table.first(query, 1).await.map_err(failed)?.first().map(doc_of).transpose()
    }
}

fn numbered(prefix: &str, number: u32) -> String {
    format!("{prefix}{number:08}")
}

fn partition(feed: Feed) -> String {
    format!("FEED#{feed}")
}

fn key(feed: Feed, sk: impl Into<String>) -> Key {
    Key::new(partition(feed), sk)
}

fn item_of(feed: Feed, sk: String, doc: &impl Serialize) -> Result<Item, PortError> {
    item(&key(feed, sk), doc)
}

fn item(key: &Key, doc: &impl Serialize) -> Result<Item, PortError> {
    Ok(key.with([("doc", text(serde_json::to_string(doc).map_err(broken)?))]))
}

fn doc_of<T: DeserializeOwned>(item: &Item) -> Result<T, PortError> {
    serde_json::from_str(text_of(item, "doc").map_err(failed)?).map_err(broken)
}

fn failed(error: DynamoDbError) -> PortError {
    if error.is_broken() { broken(error) } else { PortError::Unavailable("the record of feeds", error.into()) }
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PortError {
    PortError::Broken("the record of feeds", error.into())
}
