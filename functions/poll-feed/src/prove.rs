//! Proving that a feed is complete.

use calendar::Clock;
use feeds::{FeedLog, FeedServer, Gathering, PollQueue, Posting, Progress, Proof, Step};
use imports::{Batches, Files, Import, Imports, PortError, Saved, State};

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

    /// What became of gathered pages. An import that is the duplicate of another stands for that one.
    async fn posting(&self, gathering: Gathering) -> Result<Posting, PortError> {
        let mut import = self.imports.find(gathering.import).await?;
        if let Some(Import { state: State::Duplicate { of }, .. }) = import {
            import = self.imports.find(of).await?;
        }
        let outcomes = match &import {
            Some(import) => self.imports.finished(import.id).await?,
            None => Vec::new(),
        };
        Ok(Posting { gathering, import, outcomes: outcomes.into_iter().map(|(_, outcome)| outcome).collect() })
    }
}
