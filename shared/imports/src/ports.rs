//! The ports of imports.

use std::ops::Range;

use calendar::{Date, Moment};
use money::Currency;
use serde::{Deserialize, Serialize};
pub use storage::{Saved, Version};

use crate::{BatchOutcome, DatedRate, Import, ImportId, Upload};

/// Why a port call failed. All of these can be retried, except [`PortError::Broken`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// It is unavailable.
    #[error("{0} cannot be reached")]
    Unavailable(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// Stored data is corrupt: an operator must investigate.
    #[error("stored data in {0} is corrupt")]
    Broken(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// The cursor does not come from a page.
    #[error("the cursor is not one that a page returned")]
    BadCursor,
}

/// The port to the bucket.
///
/// Other writers may write a key at any time between two calls. So callers read a described object by its version, and
/// identify a written object by the version that the write returned.
pub trait Files {
    /// Describes an object; `None` if the version no longer exists. Without a version, the latest.
    fn describe(
        &self,
        key: &str,
        version: Option<&str>,
    ) -> impl Future<Output = Result<Option<Upload>, PortError>> + Send;

    /// Reads bytes `range` of an object (its end may exceed the object's end); `None` if there is no such object.
    fn read(
        &self,
        key: &str,
        version: Option<&str>,
        range: Range<u64>,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, PortError>> + Send;

    /// Writes a whole object and returns its version, which is not the latest one if somebody else has written the key
    /// since. Writing the same content again is harmless but creates another version.
    fn write(
        &self,
        key: &str,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> impl Future<Output = Result<String, PortError>> + Send;

    /// Lists the keys that begin with `prefix` and are greater than `after`, in order. Consistent: includes every
    /// object that was written before the call.
    fn list(&self, prefix: &str, after: &str) -> impl Future<Output = Result<Vec<String>, PortError>> + Send;
}

/// The port that creates short-lived links to objects.
pub trait Downloads {
    /// A link to `key`, valid for a minute, that downloads it as `file_name`.
    fn link(&self, key: &str, file_name: &str) -> impl Future<Output = Result<String, PortError>> + Send;
}

/// The port to the record of imports. Every write is conditional on the version that was read.
pub trait Imports {
    /// Records an import unless its id exists, and returns the recorded one.
    fn receive(&self, import: &Import) -> impl Future<Output = Result<Import, PortError>> + Send;

    /// An import, consistent.
    fn find(&self, id: ImportId) -> impl Future<Output = Result<Option<Import>, PortError>> + Send;

    /// Writes `import` with the next version, if the stored version is still [`Import::version`].
    fn save(&self, import: &Import) -> impl Future<Output = Result<Saved, PortError>> + Send;

    /// Records that `import` has `content`, and returns the imports of this content: the first one is `import` itself,
    /// unless there is an earlier one. If the first import has failed, was refused or is gone, the next one replaces
    /// it.
    ///
    /// This is not a lock: another instance may read the same content at the same time, and both post it. One of them
    /// is the first, and a repeated call returns the same answer unless the first import has failed meanwhile.
    fn first_with(
        &self,
        content: &str,
        import: &Import,
    ) -> impl Future<Output = Result<ContentHistory, PortError>> + Send;
}

/// The imports of one content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContentHistory {
    /// The first import that has not failed.
    pub first: ImportId,
    /// When the earliest import was received, failed or not. Dates without a year are relative to it.
    pub received_at: Moment,
    /// The failed imports before `first`, latest first; at most [`ContentHistory::MAX_FAILED`].
    pub failed: Vec<ImportId>,
}

impl ContentHistory {
    /// The maximum number of failed imports in the history of one content.
    pub const MAX_FAILED: usize = 8;

    /// The history of a content without earlier imports than `import`.
    pub fn of(import: &Import) -> Self {
        Self { first: import.id, received_at: import.received_at, failed: Vec::new() }
    }

    /// The history after the first import has failed and `import` replaces it.
    #[must_use]
    pub fn passed_to(&self, import: ImportId) -> Self {
        let failed = std::iter::once(&self.first).chain(&self.failed).filter(|it| **it != import);
        Self { first: import, received_at: self.received_at, failed: failed.take(Self::MAX_FAILED).copied().collect() }
    }

    /// The import that `import` repeats: the first one or, if that is `import` itself, the latest failed one.
    pub fn repeated_by(&self, import: ImportId) -> Option<ImportId> {
        if self.first == import { self.failed.first().copied() } else { Some(self.first) }
    }

    /// The failed imports that `import` replaces: `import` finishes their work.
    pub fn failed_before(&self, import: ImportId) -> &[ImportId] {
        if self.first == import { &self.failed } else { &[] }
    }
}

/// The port to the sources of transfers that operators have declared.
pub trait Sources {
    /// Declares a source at `now`. Declaring it again changes nothing.
    fn declare(&self, source: &str, now: Moment) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The declared sources by name, consistent.
    fn declared(&self) -> impl Future<Output = Result<Vec<String>, PortError>> + Send;

    /// Records that `import` has transfers from `source`, and returns the first import from this source: `import`
    /// itself, unless there is an earlier one. A repeated call returns the same.
    fn first_from(&self, source: &str, import: ImportId) -> impl Future<Output = Result<ImportId, PortError>> + Send;
}

/// The port to the record of posted batches.
///
/// Several instances post batches of one import at the same time, and may post the same batch. Reads are consistent:
/// they include all writes before the call, and maybe those during the call.
pub trait Batches {
    /// Records a batch as posted at `now`, unless it already is, and returns the recorded outcome, which is the first
    /// one.
    fn finish(
        &self,
        import: ImportId,
        batch: u32,
        outcome: BatchOutcome,
        now: Moment,
    ) -> impl Future<Output = Result<BatchOutcome, PortError>> + Send;

    /// The posted batches, by number.
    fn finished(&self, import: ImportId) -> impl Future<Output = Result<Vec<(u32, BatchOutcome)>, PortError>> + Send;

    /// Whether this batch is posted.
    fn is_finished(&self, import: ImportId, batch: u32) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// When the last batch was recorded as posted.
    fn last_progress(&self, import: ImportId) -> impl Future<Output = Result<Option<Moment>, PortError>> + Send;

    /// Marks group `number` of `level` (1 or higher) as complete. Marking it again changes nothing.
    fn complete(&self, import: ImportId, level: u8, number: u32) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The number of complete members of a group: at level 0 the batches from `group * GROUP`, at higher levels the
    /// groups with these numbers ([`crate::GROUP`]).
    fn complete_in(
        &self,
        import: ImportId,
        level: u8,
        group: u32,
    ) -> impl Future<Output = Result<u32, PortError>> + Send;
}

/// The port to lists of imports, which are eventually consistent.
pub trait ImportList {
    /// Lists at most `limit` imports, latest received first, and the cursor of the next page. An unreadable import is a
    /// separate error and does not hide the others.
    fn recent(&self, after: Option<&str>, limit: usize) -> impl Future<Output = Result<RecentPage, PortError>> + Send;

    /// Lists imports that are not final and were last touched before `before`, oldest first, and the cursor of the next
    /// page. An unreadable import is a separate error and does not hide the others.
    fn stalled(
        &self,
        before: Moment,
        after: Option<&str>,
    ) -> impl Future<Output = Result<StalledPage, PortError>> + Send;
}

/// A page of the list of imports.
#[derive(Debug, Default)]
pub struct RecentPage {
    /// The imports, or the error of an unreadable one.
    pub imports: Vec<Result<Import, UnreadableImport>>,
    /// The cursor of the next page; `None` after the last one.
    pub next: Option<String>,
}

/// An import with an unreadable record, identified by its keys.
#[derive(Debug, thiserror::Error)]
#[error("the record of import {id} cannot be read")]
pub struct UnreadableImport {
    /// Its id.
    pub id: ImportId,
    /// When its file was uploaded.
    pub received_at: Moment,
    /// Why it cannot be read.
    pub source: PortError,
}

/// A page of stalled imports.
#[derive(Debug, Default)]
pub struct StalledPage {
    /// The imports, or the error of an unreadable one.
    pub imports: Vec<Result<Import, PortError>>,
    /// The cursor of the next page; `None` after the last one.
    pub next: Option<String>,
}

/// A request to post one batch: a range of the object that holds the import's entries.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostBatch {
    /// The version of this message.
    pub v: u32,
    /// The import of the batch.
    pub import: ImportId,
    /// Its number, from 0.
    pub batch: u32,
    /// The number of batches.
    pub of: u32,
    /// Its first byte.
    pub from: u64,
    /// The byte after its last.
    pub to: u64,
    /// Whether the holders of its accounts get a summary.
    pub summaries: bool,
    /// Whether the import repeats another one: then only accounts with new entries get a summary.
    #[serde(default)]
    pub repeats: bool,
    /// The failed imports of the same content that this import replaces: an account without new entries gets a summary
    /// if none of them requested one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_before: Vec<ImportId>,
    /// The version of the object; `None` (the latest version) in requests of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The ends of the following batches of the same account; each begins at the end of the one before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<u64>,
    /// The number of entries that earlier batches have added to the same account.
    #[serde(default)]
    pub posted_before: u64,
}

impl PostBatch {
    /// The request for the next batch of the same account, after this one has added `posted` entries.
    pub fn next(&self, posted: u64) -> Option<Self> {
        let (to, then) = self.then.split_first()?;
        Some(Self {
            batch: self.batch.checked_add(1)?,
            from: self.to,
            to: *to,
            then: then.to_vec(),
            posted_before: self.posted_before.saturating_add(posted),
            ..self.clone()
        })
    }

    /// Whether this is the last batch of its accounts, so that their summaries can be sent.
    pub fn wants_summaries(&self) -> bool {
        self.summaries && self.then.is_empty()
    }
}

/// A request to split an uploaded file, from an S3 event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SplitFile {
    /// The object's key, decoded.
    pub key: String,
    /// Its version, if the bucket has versioning.
    pub version: Option<String>,
}

/// The port to the queue of batches.
pub trait BatchQueue {
    /// Requests the posting of batches, each at least once.
    fn send(&self, requests: &[PostBatch]) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// The port to the queue of uploads.
pub trait UploadQueue {
    /// Requests the split of a file, at least once.
    fn send(&self, request: &SplitFile) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// The port to the exchange rates.
pub trait Rates {
    /// Stores rates with their import. Storing the same rates again changes nothing; of two imports with a rate for the
    /// same day, the later one wins.
    fn keep(&self, import: &Import, rates: &[DatedRate]) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The rates of `currencies` from `from` to `to`, both inclusive, and of each currency the latest one before
    /// `from`; by currency, then date. `to` is not before `from`.
    fn table(
        &self,
        currencies: &[Currency],
        from: Date,
        to: Date,
    ) -> impl Future<Output = Result<Vec<DatedRate>, PortError>> + Send;
}
