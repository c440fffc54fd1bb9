//! Proves that a feed is complete.

use std::collections::BTreeSet;

use calendar::Clock;
use feeds::{FeedClient, FeedLog, PageBatch, PollQueue, Posting, Progress, Proof, Step};
use imports::{BatchOutcome, Batches, Files, Import, ImportId, Imports, PortError, State};

use crate::turn::Stepped;
use crate::{PollFeedError, PollFeeds};

impl<S, L, F, I, Q, C> PollFeeds<S, L, F, I, Q, C>
where
    S: FeedClient,
    L: FeedLog,
    F: Files,
    I: Imports + Batches,
    Q: PollQueue,
    C: Clock,
{
    /// Proves the fetched pages after all their imports are final. It does not read the closed part again.
    pub(crate) async fn prove(&self, progress: &Progress) -> Result<Stepped, PollFeedError> {
        let feed = progress.feed;
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let closed = self.log.closed(feed).await.map_err(port)?;
        let mut postings = Vec::new();
        let numbers = closed.imports.min(progress.imports)..progress.imports;
        for page_batch in self.log.page_batches(feed, numbers).await.map_err(port)? {
            let (posting, is_final) = self.posting(page_batch).await.map_err(port)?;
            if !is_final && !self.has_waited_long(progress.poll) {
                return Ok(Stepped::Waits);
            }
            postings.push(posting);
        }
        let numbers = closed.pages.min(progress.pages)..progress.pages;
        let pages = self.log.pages(feed, numbers).await.map_err(port)?;
        let (proof, closed) = Proof::since(&closed, feed, progress.poll, &pages, &postings);
        if proof.is_complete() {
            // The alarms of feeds that were not proven look for `feeds_proven` and `feed`.
            let feed = feed.name();
            tracing::info!(
                feeds_proven = 1,
                feed,
                pages = proof.pages.taken,
                rows = proof.rows.taken,
                "{feed} is complete"
            );
        } else {
            // The alarm `FeedGapsAlarm` looks for `feed_gaps`.
            tracing::error!(feed_gaps = proof.gaps.len(), first = proof.gaps.first(), "{feed} is not complete");
        }
        let proven = Step::Proven { proof: Box::new(proof), closed: Box::new(closed) };
        self.log.advance(&progress.proven(self.clock.now()), &proven).await.map(Stepped::Saved).map_err(port)
    }

    /// Loads the import of a page batch and its outcomes, and whether it is final. The valid import is the recorded
    /// one; if that was refused, has failed or is missing, it is the latest upload of the same key. If somebody uploads
    /// it again meanwhile, the next proof uses that.
    pub(crate) async fn posting(&self, page_batch: PageBatch) -> Result<(Posting, bool), PortError> {
        let mut import = self.imports.find(page_batch.import).await?;
        let mut before = page_batch.earlier.clone();
        if is_lost(import.as_ref())
            && let Some(upload) = self.files.describe(&page_batch.key, None).await?
            && upload.id() != page_batch.import
            && let Some(latest) = self.imports.find(upload.id()).await?
        {
            import = Some(latest);
            before.push(page_batch.import);
        }
        // If two instances gathered concurrently, the unrecorded import may have been the first.
        before.extend(import.as_ref().and_then(|it| it.repeats));
        let mut is_final = import.as_ref().is_some_and(|it| it.state.is_final());
        let mut counted: BTreeSet<ImportId> = import.iter().map(|it| it.id).collect();
        let outcomes = self.outcomes(import.as_ref()).await?;
        let mut earlier = Vec::new();
        for id in before {
            let import = self.imports.find(id).await?.filter(|it| is_of(it, &page_batch));
            if import.as_ref().is_some_and(|it| counted.insert(it.id)) {
                is_final &= import.as_ref().is_some_and(|it| it.state.is_final());
                earlier.extend(self.outcomes(import.as_ref()).await?);
            }
        }
        Ok((Posting { page_batch, import, outcomes, earlier }, is_final))
    }

    async fn outcomes(&self, import: Option<&Import>) -> Result<Vec<BatchOutcome>, PortError> {
        let Some(import) = import else { return Ok(Vec::new()) };
        Ok(self.imports.finished(import.id).await?.into_iter().map(|(_, outcome)| outcome).collect())
    }
}

/// Whether an import is of these pages. An import of other pages may have had the same content before.
fn is_of(import: &Import, page_batch: &PageBatch) -> bool {
    import.key == page_batch.key || page_batch.earlier.contains(&import.id)
}

fn is_lost(import: Option<&Import>) -> bool {
    import.is_none_or(|it| matches!(it.state, State::Refused { .. } | State::Failed { .. }))
}
