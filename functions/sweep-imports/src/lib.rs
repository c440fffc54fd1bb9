//! Retries stalled imports and summaries after lost messages and crashes.

mod config;
mod stalled;
mod summaries;

use calendar::{Clock, Moment};
use imports::{Batches, Import, ImportList, Imports, PortError, Saved, SplitFile, UploadQueue};
use lambda_kit::Chain;
use mail::gate::{MailsPerSecond, SendGate};
use mail::outbox::{RequestSummariesError, Summaries, SummariesError, SummaryRequests};

use stalled::Next;

pub use config::Config;

/// The maximum number of imports that one run retries; the next run continues after them.
const MAX_IMPORTS: u32 = 100;

/// Sweeps imports and summaries.
pub struct SweepImports<I, U, S, Q, C> {
    /// The record of imports.
    pub imports: I,
    /// The queue of uploads.
    pub uploads: U,
    /// The record of summary mails.
    pub summaries: S,
    /// The queue of summaries.
    pub requests: Q,
    /// The clock.
    pub clock: C,
    /// The maximum rate over all instances, in mails per second.
    pub rate: MailsPerSecond,
}

/// The counts of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Imports that were retried.
    pub imports: u32,
    /// Imports that made no progress in all retries and have failed.
    pub failed: u32,
    /// Imports with unreadable records.
    pub unreadable: u32,
    /// Summaries that were requested again.
    pub summaries: u32,
}

/// Why a run failed. The next run continues.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepImportsError {
    /// The record of imports or the queue failed.
    #[error("cannot retry an import")]
    Port(#[from] PortError),
    /// The record of summaries failed.
    #[error("cannot find stalled summaries")]
    Summaries(#[from] SummariesError),
    /// The queue of summaries failed.
    #[error("cannot request a summary again")]
    Requests(#[from] RequestSummariesError),
}

impl<I, U, S, Q, C> SweepImports<I, U, S, Q, C>
where
    I: Imports + ImportList + Batches,
    U: UploadQueue,
    S: Summaries + SendGate,
    Q: SummaryRequests,
    C: Clock,
{
    /// One run. A failure of one part does not stop the other.
    pub async fn handle(&self) -> Result<Swept, SweepImportsError> {
        let mut swept = Swept::default();
        let before = stalled::before(self.clock.now(), 0);
        let imports = self.imports(before, &mut swept).await;
        let summaries = self.summaries(before, &mut swept).await;
        tracing::info!(swept.imports, swept.failed, swept.unreadable, swept.summaries, "swept");
        imports.map_err(SweepImportsError::from).and(summaries).map(|()| swept)
    }

    /// Processes all stalled imports, oldest progress first. The list may lag; the record decides.
    async fn imports(&self, before: Moment, swept: &mut Swept) -> Result<(), PortError> {
        let mut after = None;
        loop {
            let page = self.imports.stalled(before, after.as_deref()).await?;
            for found in page.imports {
                let retried = match found {
                    Ok(import) => self.import(&import, swept).await,
                    Err(error) => Err(error),
                };
                match retried {
                    Err(error @ PortError::Broken(..)) => {
                        swept.unreadable = swept.unreadable.saturating_add(1);
                        let error = Chain(&error);
                        tracing::error!(%error, imports_unreadable = 1, "the record of an import cannot be read");
                    }
                    retried => retried?,
                }
                if swept.imports >= MAX_IMPORTS {
                    return Ok(());
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn import(&self, found: &Import, swept: &mut Swept) -> Result<(), PortError> {
        let Some(import) = self.imports.find(found.id).await? else { return Ok(()) };
        let progress = self.imports.last_progress(import.id).await?;
        match stalled::next(&import, progress, self.clock.now()) {
            Next::Wait => {}
            Next::Progressed(import) => {
                self.imports.save(&import).await?;
            }
            Next::Retry(import) => {
                // `split-import` continues from the import's state.
                let version = Some(import.object_version.clone());
                self.uploads.send(&SplitFile { key: import.key.clone(), version }).await?;
                self.imports.save(&import).await?;
                swept.imports = swept.imports.saturating_add(1);
            }
            Next::Fail(import) => {
                if let Saved::Stored(_) = self.imports.save(&import).await? {
                    tracing::error!(import.id = %import.id, imports_failed = 1, "an import has failed: no progress");
                    swept.failed = swept.failed.saturating_add(1);
                }
            }
        }
        Ok(())
    }
}
