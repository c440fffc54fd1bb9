//! Continues an import after a batch: with the next part of a large account, or with its end.

use calendar::Clock;
use imports::{BatchOutcome, BatchQueue, Batches, Files, Import, ImportId, Imports, PostBatch, Saved, State};
use ledger::Books;
use mail::outbox::{Summaries, SummaryRequests};

use crate::{PostEntries, PostEntriesError};

/// The maximum number of retries of a conflicting write; then SQS retries the message.
const MAX_CONFLICTS: u32 = 8;

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
        for _ in 0..MAX_CONFLICTS {
            let Some(import) = self.imports.find(id).await? else { return Ok(()) };
            if !matches!(import.state, State::Posting | State::Failed { .. }) {
                return Ok(());
            }
            let done = Import { state: State::Done, touched_at: self.clock.now(), ..import };
            if let Saved::Stored(_) = self.imports.save(&done).await? {
                return Ok(());
            }
        }
        Err(PostEntriesError::Busy)
    }
}
