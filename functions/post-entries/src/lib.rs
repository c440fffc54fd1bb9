//! Posts a batch of entries to the books, account by account, and asks for the summaries of its accounts.

mod config;
mod end;
mod error;

use banking::AccountNumber;
use calendar::Clock;
use futures_util::{StreamExt, TryStreamExt, stream};
use imports::{BatchOutcome, BatchQueue, Batches, Files, Import, Imports, PostBatch, is_complete, read_batch};
use ledger::{Books, PostError, Posted, post};
use mail::outbox::{Summaries, SummaryRequests};

pub use config::Config;
pub use error::PostEntriesError;

/// How many accounts of a batch are posted at once.
const ACCOUNTS_AT_ONCE: usize = 8;
/// The version of [`PostBatch`] this function takes.
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
    /// The clock, to tell what stands still.
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
    /// Posts one batch. A batch holds whole accounts, or the next part of a large one: after the last part, as after a
    /// whole account, everything the import brings is in the books, and the summary may go out.
    #[tracing::instrument(skip_all, fields(batch = request.batch))]
    pub async fn handle(&self, request: PostBatch) -> Result<BatchOutcome, PostEntriesError> {
        if request.v != VERSION {
            return Err(PostEntriesError::UnknownVersion(request.v));
        }
        let key = Import::entries_key(request.import);
        let bytes = self.files.read(&key, None, request.from..request.to).await?.ok_or(PostEntriesError::NoBatch)?;
        let batch = read_batch(&bytes)?;

        let posting = request.import.posting(request.batch);
        let posted = stream::iter(batch)
            .map(async |(account, entries)| match post(&self.books, &account, entries, posting).await {
                Err(PostError::TooManyMonths) => Ok((account, None)),
                posted => posted.map(|it| (account, Some(it))),
            })
            .buffered(ACCOUNTS_AT_ONCE);
        let posted: Vec<(AccountNumber, Option<Posted>)> = posted.try_collect().await?;
        let count = u64::try_from(posted.len()).unwrap_or(u64::MAX);
        let sum = posted.iter().filter_map(|(_, it)| it.as_ref()).fold(Posted::default(), add);
        let from_another_source = sum.from_another_source;
        let outcome = BatchOutcome { from_another_source, ..BatchOutcome::new(&sum.added, sum.duplicates, count) };
        if let Some((full, _)) = posted.iter().find(|(_, it)| it.is_none()) {
            self.fail(request.import, full).await?;
            return Ok(outcome);
        }

        if request.wants_summaries() {
            let import = request.import.to_string();
            let accounts = with_summary(posted, &request);
            self.summaries.want(&import, &accounts, self.clock.now()).await?;
            self.requests.request(&import, &accounts).await?;
        }
        let outcome = self.imports.finish(request.import, request.batch, outcome, self.clock.now()).await?;
        self.go_on(&request, &outcome).await?;
        if is_complete(&self.imports, request.import, request.batch, request.of).await? {
            self.end(request.import).await?;
        }
        tracing::info!(posted = outcome.posted, duplicates = outcome.duplicates, "a batch is in the books");
        Ok(outcome)
    }
}

/// The accounts that get a summary: all of them, but those without new entries where the import repeats another one.
/// The books remember what a posting added, so that its repetition finds the same accounts; of a large account the
/// earlier batches count, too.
fn with_summary(posted: Vec<(AccountNumber, Option<Posted>)>, request: &PostBatch) -> Vec<AccountNumber> {
    let has_new = |it: &Option<Posted>| request.posted_before > 0 || it.as_ref().is_some_and(|it| it.added.entries > 0);
    let wanted = posted.into_iter().filter(|(_, it)| !request.repeats || has_new(it));
    wanted.map(|(account, _)| account).collect()
}

fn add(sum: Posted, posted: &Posted) -> Posted {
    let duplicates = sum.duplicates.saturating_add(posted.duplicates);
    let from_another_source = sum.from_another_source.saturating_add(posted.from_another_source);
    Posted { added: sum.added.and(&posted.added), duplicates, from_another_source }
}
