//! Takes up imports and summaries that stand still: whatever a lost message or a crash left behind goes on.

mod config;

use calendar::{Clock, Moment};
use imports::{Import, ImportList, Imports, PortError, SplitFile, State, UploadQueue};
use mail::outbox::{RequestSummariesError, Summaries, SummariesError, SummaryRequests};

pub use config::Config;

/// What stood still this long is taken up, in minutes: longer than any function runs.
const STANDING_MINUTES: i64 = 15;
/// How often an import is taken up before it has failed.
const MOST_TIMES: u32 = 5;
/// How many summaries one run takes up.
const MOST_SUMMARIES: usize = 1000;

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
    /// The clock: what stands still is told by it.
    pub clock: C,
}

/// What a run did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Imports that were taken up.
    pub imports: u32,
    /// Imports that were taken up too often and have failed.
    pub failed: u32,
    /// Summaries that were asked for again.
    pub summaries: u32,
}

/// Why a run did not end. The next one does what it left.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepImportsError {
    /// The record of imports or the queue failed.
    #[error("cannot take up an import")]
    Port(#[from] PortError),
    /// The record of summaries failed.
    #[error("cannot find summaries that stand still")]
    Summaries(#[from] SummariesError),
    /// The queue of summaries failed.
    #[error("cannot ask for a summary again")]
    Requests(#[from] RequestSummariesError),
}

impl<I, U, S, Q, C> SweepImports<I, U, S, Q, C>
where
    I: Imports + ImportList,
    U: UploadQueue,
    S: Summaries,
    Q: SummaryRequests,
    C: Clock,
{
    /// One run.
    pub async fn handle(&self) -> Result<Swept, SweepImportsError> {
        let mut swept = Swept::default();
        let before = self.before();
        for found in self.imports.standing(before).await? {
            // The list only finds; the record decides.
            let Some(import) = self.imports.find(found.id).await? else { continue };
            if !import.state.is_final() && import.touched_at < before {
                self.take_up(import, &mut swept).await?;
            }
        }
        for summary in self.summaries.open_since(before, MOST_SUMMARIES).await? {
            self.requests.request(&summary.key.import, &[summary.key.account]).await?;
            swept.summaries = swept.summaries.saturating_add(1);
        }
        tracing::info!(swept.imports, swept.failed, swept.summaries, "swept");
        Ok(swept)
    }

    /// Sends the upload to `split-import` again, which goes on wherever the import stands.
    async fn take_up(&self, import: Import, swept: &mut Swept) -> Result<(), SweepImportsError> {
        let touched_at = self.clock.now();
        if import.taken_up >= MOST_TIMES {
            let reason = format!("it stood still {MOST_TIMES} times; see the log, then upload the file again");
            let failed = Import { state: State::Failed { reason }, touched_at, ..import };
            self.imports.save(&failed).await?;
            swept.failed = swept.failed.saturating_add(1);
            return Ok(());
        }
        let version = Some(import.object_version.clone());
        self.uploads.send(&SplitFile { key: import.key.clone(), version }).await?;
        let taken_up = import.taken_up.saturating_add(1);
        self.imports.save(&Import { taken_up, touched_at, ..import }).await?;
        swept.imports = swept.imports.saturating_add(1);
        Ok(())
    }

    fn before(&self) -> Moment {
        let now = self.clock.now();
        Moment::instant(now.micros().saturating_sub(STANDING_MINUTES.saturating_mul(60_000_000))).unwrap_or(now)
    }
}
