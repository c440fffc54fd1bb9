//! Proving that a feed is complete.

use calendar::Clock;
use feeds::{FeedLog, FeedServer, Gathering, PollQueue, Posting, Progress, Proof, Step};
use imports::{BatchOutcome, Batches, Files, Import, Imports, PortError, Saved};

use crate::{PollFeedError, PollFeeds};

impl<S, L, F, I, Q, C> PollFeeds<S, L, F, I, Q, C>
where
    S: FeedServer,
    L: FeedLog,
    F: Files,
    I: Imports + Batches,
    Q: PollQueue,
    C: Clock,
{
    /// Proves what has been taken, once all of it is in the books or known not to be. `None`: not yet.
    pub(crate) async fn prove(&self, progress: &Progress) -> Result<Option<Saved>, PollFeedError> {
        let feed = progress.feed;
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let mut postings = Vec::new();
        for gathering in self.log.gatherings(feed).await.map_err(port)? {
            let posting = self.posting(gathering).await.map_err(port)?;
            if !posting.is_final() && !self.has_waited_long(progress) {
                return Ok(None);
            }
            postings.push(posting);
        }
        let pages = self.log.pages(feed, 0..progress.pages).await.map_err(port)?;
        let proof = Proof::of(feed, progress.poll, &pages, &postings);
        if proof.is_complete() {
            tracing::info!(pages = proof.pages.taken, rows = proof.rows.taken, "{feed} is complete");
        } else {
            // The alarm `FeedGapAlarm` looks for `feed_gaps`.
            tracing::error!(feed_gaps = proof.gaps.len(), first = proof.gaps.first(), "{feed} is not complete");
        }
        self.log.keep_proof(&proof).await.map_err(port)?;
        self.log.advance(&progress.proven(), &Step::Nothing).await.map(Some).map_err(port)
    }

    /// What became of gathered pages. Where they were gathered a second time, after a crash, what the first import of
    /// the same object has posted counts as posted, not as duplicates.
    async fn posting(&self, gathering: Gathering) -> Result<Posting, PortError> {
        let import = self.imports.find(gathering.import).await?;
        let mut outcomes = match &import {
            Some(import) => self.outcomes(import).await?,
            None => Vec::new(),
        };
        if let Some(first) = import.as_ref().and_then(|it| it.repeats) {
            let first = self.imports.find(first).await?.filter(|it| it.key == gathering.key);
            if let Some(first) = first {
                if !first.state.is_final() {
                    return Ok(Posting { gathering, import: Some(first), outcomes });
                }
                count_as_posted(&mut outcomes, self.outcomes(&first).await?);
            }
        }
        Ok(Posting { gathering, import, outcomes })
    }

    async fn outcomes(&self, import: &Import) -> Result<Vec<BatchOutcome>, PortError> {
        Ok(self.imports.finished(import.id).await?.into_iter().map(|(_, outcome)| outcome).collect())
    }
}

/// Turns into postings as many duplicates as `first` has posted of the same rows.
fn count_as_posted(outcomes: &mut Vec<BatchOutcome>, first: Vec<BatchOutcome>) {
    let mut left = first.iter().map(|it| it.posted).fold(0, u64::saturating_add);
    for outcome in outcomes.iter_mut() {
        let known = left.min(outcome.duplicates);
        outcome.duplicates = outcome.duplicates.saturating_sub(known);
        left = left.saturating_sub(known);
    }
    outcomes.extend(first.into_iter().map(|it| BatchOutcome { duplicates: 0, accounts: 0, ..it }));
}
