//! What imports need of the outside.

use std::ops::Range;

use calendar::{Date, Moment};
use money::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{BatchOutcome, Import, ImportId, Upload};

/// Why a port cannot do what it was asked. All of these are worth another try, but for [`PortError::Broken`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// It does not answer, or not now.
    #[error("{0} cannot be reached")]
    Unavailable(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored cannot be read: someone must look.
    #[error("something stored in {0} is broken")]
    Broken(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// The cursor is none that a page gave.
    #[error("the cursor is none that was given out")]
    BadCursor,
}

/// The port to the bucket.
///
/// Anybody may write a key at any time, between any two calls: what was described is read by its version, and what was
/// written is known by the version that the write returned, never by describing the key afterwards.
pub trait Files {
    /// Describes an object; `None` if there is no such version any more. Without a version, the latest.
    fn describe(
        &self,
        key: &str,
        version: Option<&str>,
    ) -> impl Future<Output = Result<Option<Upload>, PortError>> + Send;

    /// Reads bytes `range` of an object (its end may lie behind the object's); `None` if there is no such object.
    fn read(
        &self,
        key: &str,
        version: Option<&str>,
        range: Range<u64>,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, PortError>> + Send;

    /// Writes an object whole and returns the version it has written, which is not the latest one if somebody else has
    /// written the key since. Writing the same again is harmless, but it is another version.
    fn write(
        &self,
        key: &str,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> impl Future<Output = Result<String, PortError>> + Send;

    /// Lists the keys that begin with `prefix` and are greater than `after`, in order. Consistent: it has every object
    /// that was written before the call.
    fn list(&self, prefix: &str, after: &str) -> impl Future<Output = Result<Vec<String>, PortError>> + Send;
}

/// The port that hands out short-lived links to objects.
pub trait Downloads {
    /// A link to `key`, good for a minute, under which it is saved as `file_name`.
    fn link(&self, key: &str, file_name: &str) -> impl Future<Output = Result<String, PortError>> + Send;
}

/// The port to the record of imports. Every write is on condition of the revision that was read.
pub trait Imports {
    /// Records an import if there is none of its id, and returns what is recorded then.
    fn receive(&self, import: &Import) -> impl Future<Output = Result<Import, PortError>> + Send;

    /// An import, consistent.
    fn find(&self, id: ImportId) -> impl Future<Output = Result<Option<Import>, PortError>> + Send;

    /// Writes `import` if its stored revision is still [`Import::revision`], with the next revision.
    fn save(&self, import: &Import) -> impl Future<Output = Result<Saved, PortError>> + Send;

    /// Records that `import` brings `content`, and returns which imports brought it: the first one is `import` itself,
    /// unless another one did. The place of a first import that has failed, was refused or is gone passes to the next one.
    ///
    /// This excludes nobody: another instance may read the same content at the same time, and both post it. One of them
    /// is the first, and a call that is repeated gets the same answer unless the first import has failed meanwhile.
    fn first_with(
        &self,
        content: &str,
        import: &Import,
    ) -> impl Future<Output = Result<ContentHistory, PortError>> + Send;
}

/// The imports that brought one content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContentHistory {
    /// The first one that has not failed.
    pub first: ImportId,
    /// When the earliest one was received, whether or not it failed. Dates without a year are read relative to it.
    pub received_at: Moment,
    /// Those before `first`, which failed, the latest first; at most [`ContentHistory::MAX_FAILED`].
    pub failed: Vec<ImportId>,
}

impl ContentHistory {
    /// The most failed imports that are kept of one content.
    pub const MAX_FAILED: usize = 8;

    /// The history of a content that nobody brought before `import`.
    pub fn of(import: &Import) -> Self {
        Self { first: import.id, received_at: import.received_at, failed: Vec::new() }
    }

    /// The history once the first import has failed and `import` takes its place.
    #[must_use]
    pub fn passed_to(&self, import: ImportId) -> Self {
        let failed = std::iter::once(&self.first).chain(&self.failed).filter(|it| **it != import);
        Self { first: import, received_at: self.received_at, failed: failed.take(Self::MAX_FAILED).copied().collect() }
    }

    /// The import that `import` repeats: the first one or, if `import` is that, the latest one that failed.
    pub fn repeated_by(&self, import: ImportId) -> Option<ImportId> {
        if self.first == import { self.failed.first().copied() } else { Some(self.first) }
    }

    /// The failed imports whose place `import` has taken: what they did not finish is left to `import`.
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

    /// Records that `import` has transfers from `source`, and returns the first import that had: `import` itself, unless
    /// there was another one. A call that is repeated returns the same.
    fn first_from(&self, source: &str, import: ImportId) -> impl Future<Output = Result<ImportId, PortError>> + Send;
}

/// What became of a conditional write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Saved {
    /// Stored; this is its revision now.
    Stored(u64),
    /// Someone else wrote in between; nothing was written.
    Conflict,
}

/// The port to the record of posted batches.
///
/// Several instances post batches of one import at the same time, and may post the same batch. Reads are consistent:
/// what was written before the call is seen; what another instance writes during the call may be.
pub trait Batches {
    /// Records a batch as posted at `now`, if it is not yet, and returns the outcome that is recorded: the first one
    /// stays.
    fn finish(
        &self,
        import: ImportId,
        batch: u32,
        outcome: BatchOutcome,
        now: Moment,
    ) -> impl Future<Output = Result<BatchOutcome, PortError>> + Send;

    /// The batches that are posted, by number.
    fn finished(&self, import: ImportId) -> impl Future<Output = Result<Vec<(u32, BatchOutcome)>, PortError>> + Send;

    /// Whether this batch is posted.
    fn is_finished(&self, import: ImportId, batch: u32) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// When the newest of the posted batches was recorded.
    fn last_progress(&self, import: ImportId) -> impl Future<Output = Result<Option<Moment>, PortError>> + Send;

    /// Marks group `number` of `level` (1 or higher) as complete. Marking it again changes nothing.
    fn complete(&self, import: ImportId, level: u8, number: u32) -> impl Future<Output = Result<(), PortError>> + Send;

    /// How many members of a group are complete: of level 0 the batches `group * GROUP` and those after it, of the
    /// levels above the groups with these numbers ([`crate::GROUP`]).
    fn complete_in(
        &self,
        import: ImportId,
        level: u8,
        group: u32,
    ) -> impl Future<Output = Result<u32, PortError>> + Send;
}

/// The port to lists of imports. Eventually consistent: they only find.
pub trait ImportList {
    /// The imports, the latest received first, at most `limit`, and where to go on. An import that cannot be read is an
    /// error of its own and hides none of the others.
    fn recent(&self, after: Option<&str>, limit: usize) -> impl Future<Output = Result<RecentPage, PortError>> + Send;

    /// Imports that are not final and were last touched before `before`, those touched first coming first, and where
    /// to go on. An import that cannot be read is an error of its own and hides none of the others.
    fn stalled(
        &self,
        before: Moment,
        after: Option<&str>,
    ) -> impl Future<Output = Result<StalledPage, PortError>> + Send;
}

/// A page of the list of imports.
#[derive(Debug, Default)]
pub struct RecentPage {
    /// The imports, or why one of them cannot be read.
    pub imports: Vec<Result<Import, UnreadableImport>>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<String>,
}

/// An import whose record cannot be read, with what its keys say.
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

/// A page of imports that have made no progress for a while.
#[derive(Debug, Default)]
pub struct StalledPage {
    /// The imports, or why one of them cannot be read.
    pub imports: Vec<Result<Import, PortError>>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<String>,
}

/// A request to post one batch: a range of the object that holds the import's entries.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostBatch {
    /// The version of this message.
    pub v: u32,
    /// Whose batch.
    pub import: ImportId,
    /// Its number, from 0.
    pub batch: u32,
    /// How many there are.
    pub of: u32,
    /// Its first byte.
    pub from: u64,
    /// The byte after its last.
    pub to: u64,
    /// Whether its accounts' holders get a summary.
    pub summaries: bool,
    /// Whether the import repeats another one: then only accounts with new entries get a summary.
    #[serde(default)]
    pub repeats: bool,
    /// The failed imports of the same content whose place this import has taken: an account without new entries gets a
    /// summary if none of them requested one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_before: Vec<ImportId>,
    /// The version of the object; requests of earlier releases have none and mean the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The ends of the batches to post after this one, each beginning where the one before ends: they are all of the same
    /// account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<u64>,
    /// How many entries the batches before it have brought to the same account.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub posted_before: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl PostBatch {
    /// The request for the next batch of the same account, once this one has brought `posted` entries.
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

    /// Whether its accounts have everything the import brings them once it is posted, and get a summary.
    pub fn wants_summaries(&self) -> bool {
        self.summaries && self.then.is_empty()
    }
}

/// A request to split an uploaded file: what an S3 event says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SplitFile {
    /// The object's key, decoded.
    pub key: String,
    /// Its version, where the bucket keeps versions.
    pub version: Option<String>,
}

/// The port to the queue of batches.
pub trait BatchQueue {
    /// Asks for batches to be posted, each at least once.
    fn send(&self, requests: &[PostBatch]) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// The port to the queue of uploads.
pub trait UploadQueue {
    /// Asks for a file to be split, at least once.
    fn send(&self, request: &SplitFile) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// The worth of one unit of a currency on a date, as a file of rates says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DatedRate {
    /// Of which day.
    pub date: Date,
    /// The currency.
    pub currency: Currency,
    /// Its worth in USD, above zero.
    pub usd: Decimal,
    /// Its worth in EUR, above zero.
    pub eur: Decimal,
}

/// The port to the exchange rates.
pub trait Rates {
    /// Keeps rates with the import they come from. The same again changes nothing; of two imports with a rate for
    /// the same day, the one received later is the one read.
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
