//! Continues an import after a batch: with the next part of a large account, or with its end.

use calendar::Clock;
use imports::{BatchOutcome, BatchQueue, Batches, Files, ImportId, Imports, PostBatch, Updated, update};
use ledger::Books;
use mail::outbox::{Summaries, SummaryRequests};

use crate::{PostEntries, PostEntriesError};

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
    /// Requests the next batch of the same account, unless an earlier delivery of this one has done so and it is
    /// posted.
    pub(crate) async fn request_next(
        &self,
        request: &PostBatch,
        outcome: &BatchOutcome,
    ) -> Result<(), PostEntriesError> {
        let Some(next) = request.next(outcome.posted) else { return Ok(()) };
        if !self.imports.is_finished(next.import, next.batch).await? {
            self.batches.send(&[next]).await?;
        }
        Ok(())
    }

    /// Ends the import: all its batches are posted.
    pub(crate) async fn end(&self, id: ImportId) -> Result<(), PostEntriesError> {
        match update(&self.imports, id, |import| import.posted(self.clock.now())).await? {
            Updated::Stored | Updated::Unchanged => Ok(()),
            Updated::Busy => Err(PostEntriesError::Busy),
        }
    }
}
