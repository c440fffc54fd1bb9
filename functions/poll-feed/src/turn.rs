//! The steps of one message of a poll.

use calendar::{Clock, Moment};
use feeds::{Feed, FeedClient, FeedFormat, FeedLog, Next, PollFeed, PollQueue, Progress, Step};
use imports::{Batches, Files, Imports, PortError, Saved};

use crate::deadline::Deadline;
use crate::{PollFeedError, PollFeeds, Polled};

/// The result of a step.
pub(crate) enum Stepped {
    /// It is recorded, unless another instance has recorded a step meanwhile.
    Saved(Saved),
    /// Others must finish first.
    Waits,
    /// There was too little time because the bank returned no page: the reason.
    OutOfTime(PollFeedError),
}

impl<S, L, F, I, Q, C> PollFeeds<S, L, F, I, Q, C>
where
    S: FeedClient,
    L: FeedLog,
    F: Files,
    I: Imports + Batches,
    Q: PollQueue,
    C: Clock,
{
    /// Runs one step after the other, each determined by the recorded progress.
    pub(crate) async fn poll(
        &self,
        feed: Feed,
        poll: Moment,
        request: PollFeed,
        deadline: Deadline<'_, C>,
    ) -> Result<Polled, PollFeedError> {
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let mut steps = 0_u32;
        loop {
            let Some(progress) = self.log.progress(feed).await.map_err(port)? else {
                self.log.advance(&Progress::new(feed, poll), &Step::Nothing).await.map_err(port)?;
                continue;
            };
            let begun = if request.retry { progress.retried(poll) } else { progress.begun(poll) };
            if let Some(begun) = begun {
                self.log.advance(&begun, &Step::Nothing).await.map_err(port)?;
                continue;
            }
            if (poll, request.turn) < (progress.poll, progress.turn) {
                return Ok(Polled::Late);
            }
            if request.turn > progress.turn {
                self.log.advance(&progress.turned(request.turn), &Step::Nothing).await.map_err(port)?;
                continue;
            }
            if progress.next() == Next::Rest {
                return Ok(Polled::Done);
            }
            if !deadline.allows_a_step() {
                return Ok(Polled::Continues);
            }
            match self.step(&progress, deadline).await? {
                Stepped::Saved(Saved::Stored(_)) => steps = steps.saturating_add(1),
                Stepped::Saved(Saved::Conflict) => return Ok(Polled::InProgress),
                Stepped::Waits => return Ok(Polled::Waits),
                // The whole time was not enough for this step: another message would fail, too.
                Stepped::OutOfTime(error) if steps == 0 => return Err(error),
                Stepped::OutOfTime(_) => return Ok(Polled::Continues),
            }
        }
    }

    async fn step(&self, progress: &Progress, deadline: Deadline<'_, C>) -> Result<Stepped, PollFeedError> {
        let saved = match progress.next() {
            Next::Fetch if self.server.format() == FeedFormat::Cdm => return self.drain(progress, deadline).await,
            Next::Fetch => return self.take(progress, deadline).await,
            Next::Prove => return self.prove(progress).await,
            Next::Gather(_) | Next::GatherAgain(_) if !self.companies_are_in(progress).await? => {
                return Ok(Stepped::Waits);
            }
            Next::Gather(pages) => self.gather(progress, pages).await?,
            Next::GatherAgain(number) => self.gather_again(progress, number).await?,
            Next::Review(from) => self.review(progress, from, deadline).await?,
            Next::Rest => Saved::Stored(progress.version),
        };
        Ok(Stepped::Saved(saved))
    }
}
