//! How an import goes on after a batch: to the next part of a large account, to its end, or not at all.

use banking::AccountNumber;
use calendar::Clock;
use imports::{BatchOutcome, BatchQueue, Batches, Files, Import, ImportId, Imports, PostBatch, Saved, State};
use ledger::Books;
use mail::outbox::{Summaries, SummaryRequests};

use crate::{PostEntries, PostEntriesError};

/// How often a write that met another is tried again before its message is.
const MOST_CONFLICTS: u32 = 8;

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
    /// Fails the import, which repeating does not help: the books of `account` have no room. The batch stays open, so
    /// that no other one ends the import as done.
    pub(crate) async fn fail(&self, id: ImportId, account: &AccountNumber) -> Result<(), PostEntriesError> {
        let account = account.as_str();
        let reason = format!(
            "nothing was posted to account {account}: its entries are in too many months and currencies for its \
             totals; look for wrong dates, and upload the corrected file"
        );
        for _ in 0..MOST_CONFLICTS {
            let Some(import) = self.imports.find(id).await? else { return Ok(()) };
            if matches!(import.state, State::Done | State::Failed { .. }) {
                return Ok(());
            }
            let state = State::Failed { reason: reason.clone() };
            let failed = Import { state, touched_at: self.clock.now(), ..import };
            if let Saved::Stored(_) = self.imports.save(&failed).await? {
                // The alarm `ImportsFailedAlarm` looks for `imports_failed`.
                tracing::error!(
                    imports_failed = 1,
                    "an import has failed: an account has too many months and currencies"
                );
                return Ok(());
            }
        }
        Err(PostEntriesError::Busy)
    }

    /// Requests the next batch of the same account, unless an earlier delivery of this one has done so and it is posted.
    pub(crate) async fn go_on(&self, request: &PostBatch, outcome: &BatchOutcome) -> Result<(), PostEntriesError> {
        let Some(next) = request.next(outcome.posted) else { return Ok(()) };
        if !self.imports.is_finished(next.import, next.batch).await? {
            self.batches.send(&[next]).await?;
        }
        Ok(())
    }

    /// Ends the import: all its batches are posted.
    pub(crate) async fn end(&self, id: ImportId) -> Result<(), PostEntriesError> {
        for _ in 0..MOST_CONFLICTS {
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
