//! The record of feeds in a DynamoDB table. All data is JSON in `doc`.
//!
//! | pk | sk | attributes |
//! | --- | --- | --- |
//! | `FEED#<feed>` | `PROGRESS` | `doc` its progress, `revision` its version |
//! | `FEED#<feed>` | `PAGE#<number>` | `doc` a fetched page |
//! | `FEED#<feed>` | `IMPORT#<number>` | `doc` a batch of pages |
//! | `FEED#<feed>` | `PROOF#<poll>` | `doc` the proof of a poll |
//! | `FEED#<feed>` | `ERROR` | `doc` the last error of a poll's message |
//! | `FEED#<feed>` | `CLOSED` | `doc` the part that is proven without a gap |

use std::ops::Range;

use dynamodb::{Client, Condition, Document, DynamoDbError, Key, Query, Table, Write, sortable, version_of};
use feeds::{Closed, Feed, FeedLog, PageBatch, PageRecord, PollError, Progress, Proof, Step};
use imports::{PortError, Saved};
use serde::Serialize;
use serde::de::DeserializeOwned;

const PROGRESS: Document<Progress> = Document::version(1);
const PAGE: Document<PageRecord> = Document::version(1);
const PAGE_BATCH: Document<PageBatch> = Document::version(1);
const PROOF: Document<Proof> = Document::version(1);
const CLOSED_PART: Document<Closed> = Document::version(1);
const POLL_ERROR: Document<PollError> = Document::version(1);

/// The attribute of the version of a feed's progress.
const VERSION: &str = "revision";
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
    async fn documents<T: Serialize + DeserializeOwned>(
        &self,
        kind: &Document<T>,
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
        self.table.first(query, limit).await.map_err(failed)?.iter().map(|it| kind.read(it).map_err(failed)).collect()
    }

    /// Returns the document with this key.
    async fn document<T: Serialize + DeserializeOwned>(
        &self,
        kind: &Document<T>,
        key: &Key,
    ) -> Result<Option<T>, PortError> {
        let item = self.table.get(key).await.map_err(failed)?;
        item.map(|it| kind.read(&it)).transpose().map_err(failed)
    }
}

impl FeedLog for DynamoDbFeedLog {
    async fn progress(&self, feed: Feed) -> Result<Option<Progress>, PortError> {
        let Some(item) = self.table.get(&key(feed, "PROGRESS")).await.map_err(failed)? else { return Ok(None) };
        let version = version_of(&item, VERSION).map_err(failed)?;
        Ok(Some(Progress { version, ..PROGRESS.read(&item).map_err(failed)? }))
    }

    async fn advance(&self, progress: &Progress, step: &Step) -> Result<Saved, PortError> {
        let feed = progress.feed;
        let put = |sk: String, document| Write::Put(key(feed, sk).with([document]), Condition::Any);
        let item = key(feed, "PROGRESS").with([PROGRESS.of(progress).map_err(failed)?]);
        let mut writes = vec![Write::next(item, VERSION, progress.version)];
        match step {
            Step::Page(page) => writes.push(put(numbered(PAGES, page.number), PAGE.of(page).map_err(failed)?)),
            Step::Gathered(it) => writes.push(put(numbered(IMPORTS, it.number), PAGE_BATCH.of(it).map_err(failed)?)),
            Step::Proven { proof, closed } => writes.extend([
                put(format!("PROOF#{}", sortable(proof.poll)), PROOF.of(proof).map_err(failed)?),
                put(CLOSED.to_owned(), CLOSED_PART.of(closed).map_err(failed)?),
            ]),
            Step::Nothing => {}
        }
        Ok(self.table.transact(writes).await.map_err(failed)?.saved(progress.version))
    }

    async fn pages(&self, feed: Feed, numbers: Range<u32>) -> Result<Vec<PageRecord>, PortError> {
        self.documents(&PAGE, feed, PAGES, &numbers).await
    }

    async fn page_batches(&self, feed: Feed, numbers: Range<u32>) -> Result<Vec<PageBatch>, PortError> {
        self.documents(&PAGE_BATCH, feed, IMPORTS, &numbers).await
    }

    async fn closed(&self, feed: Feed) -> Result<Closed, PortError> {
        Ok(self.document(&CLOSED_PART, &key(feed, CLOSED)).await?.unwrap_or_default())
    }

    async fn note_error(&self, feed: Feed, error: &PollError) -> Result<(), PortError> {
        let item = key(feed, ERROR).with([POLL_ERROR.of(error).map_err(failed)?]);
        self.table.put(item, Condition::Any).await.map(drop).map_err(failed)
    }

    async fn last_error(&self, feed: Feed) -> Result<Option<PollError>, PortError> {
        self.document(&POLL_ERROR, &key(feed, ERROR)).await
    }

    async fn proof(&self, feed: Feed) -> Result<Option<Proof>, PortError> {
        let query = Query::partition(partition(feed)).begins_with("PROOF#").backwards();
        self.table.first(query, 1).await.map_err(failed)?.first().map(|it| PROOF.read(it)).transpose().map_err(failed)
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

fn failed(error: DynamoDbError) -> PortError {
    let kind = if error.is_broken() { PortError::Broken } else { PortError::Unavailable };
    kind("the record of feeds", error.into())
}
