//! Posts a batch of entries to the books, account by account, and requests the summaries of its accounts.

mod accounts;
mod config;
mod end;
mod error;

use calendar::Clock;
use futures_util::{StreamExt, TryStreamExt, stream};
use imports::{BatchOutcome, BatchQueue, Batches, Files, Import, Imports, PostBatch, is_complete, read_batch};
use ledger::Books;
use mail::outbox::{Summaries, SummaryRequests};

use accounts::PostedAccount;

pub use config::Config;
pub use error::PostEntriesError;

/// The number of accounts of a batch that are posted concurrently.
const ACCOUNTS_AT_ONCE: usize = 8;
/// The supported version of [`PostBatch`].
const VERSION: u32 = 1;

/// Posts batches.
pub struct PostEntries<F, I, B, T, S, Q, C> {
    /// The bucket that holds the batches.
    pub files: F,
    /// The record of imports and batches.
    pub imports: I,
    /// The books.
    pub books: B,
    /// The record of summary mails.
    pub summaries: S,
    /// The queue of batches.
    pub batches: T,
    /// The queue of summaries.
    pub requests: Q,
    /// The clock, to detect stalled work.
    pub clock: C,
}

impl<F, I, B, T, S, Q, C> PostEntries<F, I, B, T, S, Q, C>
where
    F: Files,
    I: Imports + Batches,
    B: Books,
    T: BatchQueue,
    S: Summaries,
    Q: SummaryRequests,
    C: Clock,
{
    /// Posts one batch. A batch contains complete accounts, or the next part of a large account: after the last part
    /// all entries of the account are in the books, and the summary can be sent.
    #[tracing::instrument(skip_all, fields(batch = request.batch))]
    pub async fn handle(&self, request: PostBatch) -> Result<BatchOutcome, PostEntriesError> {
        if request.v != VERSION {
            return Err(PostEntriesError::UnknownVersion(request.v));
        }
        let batch = read_batch(&self.bytes(&request).await?)?;

        let posting = request.import.posting(request.batch);
        let posted = stream::iter(batch)
            .map(|(account, entries)| accounts::post_account(&self.books, account, entries, posting))
            .buffered(ACCOUNTS_AT_ONCE);
        let posted: Vec<PostedAccount> = posted.try_collect().await?;
        let outcome = accounts::outcome(&posted);

        if request.wants_summaries() {
            let import = request.import.to_string();
            let accounts = self.with_summary(posted, &request).await?;
            self.summaries.want(&import, &accounts, self.clock.now()).await?;
            self.requests.request(&import, &accounts).await?;
        }
        let outcome = self.imports.finish(request.import, request.batch, outcome, self.clock.now()).await?;
        self.request_next(&request, &outcome).await?;
        if is_complete(&self.imports, request.import, request.batch, request.of).await? {
            self.end(request.import).await?;
        }
        tracing::info!(posted = outcome.posted, duplicates = outcome.duplicates, "a batch is in the books");
        Ok(outcome)
    }

    /// All bytes of a batch, from the version of the object that the request names: another split of the same import
    /// may have written other batches since.
    async fn bytes(&self, request: &PostBatch) -> Result<Vec<u8>, PostEntriesError> {
        let (key, range) = (Import::entries_key(request.import), request.from..request.to);
        let length = range.end.saturating_sub(range.start);
        let bytes = self.files.read(&key, request.version.as_deref(), range).await?;
        let bytes = bytes.ok_or(PostEntriesError::NoBatch)?;
        if u64::try_from(bytes.len()).is_ok_and(|it| it == length) {
            Ok(bytes)
        } else {
            Err(PostEntriesError::ShortBatch)
        }
    }
}
