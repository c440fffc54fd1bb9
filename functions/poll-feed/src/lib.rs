//! Takes the feeds of a bank in: page by page, from where each stood, until its end; then proves it complete.

mod ask;
mod config;
mod drain;
mod error;
mod gather;
mod prove;
mod take;

use std::time::{Duration, Instant};

use calendar::{Clock, Moment};
use feeds::{Feed, FeedFormat, FeedLog, FeedServer, Next, PollFeed, PollQueue, Progress, Step};
use imports::{Batches, Files, Imports, PortError, Saved};

pub use config::{Config, ConfigError};
pub use error::{NoPage, PollFeedError};

/// What one step may take; with less time left the poll goes on with a new message.
const STEP: Duration = Duration::from_mins(1);
/// How soon something that is waited for is looked at again.
const WAIT_SECONDS: u32 = 3;

/// Polls feeds.
pub struct PollFeeds<S, L, F, I, Q, C> {
    /// The bank's server.
    pub server: S,
    /// The record of feeds.
    pub log: L,
    /// The bucket of pages and imports.
    pub files: F,
    /// The record of imports.
    pub imports: I,
    /// The queue of polls.
    pub polls: Q,
    /// The clock, to tell what is waited for too long.
    pub clock: C,
}

/// How far a message has brought its poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Polled {
    /// Each feed has been asked for.
    FannedOut,
    /// To its end: the feed is proven, or has a gap.
    Done,
    /// As far as the time went; another message goes on.
    GoesOn,
    /// To where others must finish first; another message looks again.
    Waits,
    /// Another poll of the feed is at work, and goes on.
    AtWork,
    /// No further: a later poll, or a later message of this one, is at work.
    Late,
}

impl<S, L, F, I, Q, C> PollFeeds<S, L, F, I, Q, C>
where
    S: FeedServer,
    L: FeedLog,
    F: Files,
    I: Imports + Batches,
    Q: PollQueue,
    C: Clock,
{
    /// Takes a poll as far as it goes before `until`. One without a name is named by when its message was sent.
    #[tracing::instrument(skip_all, fields(feed = request.feed.map_or("all", Feed::name)))]
    pub async fn handle(&self, request: PollFeed, sent_at: Moment, until: Instant) -> Result<Polled, PollFeedError> {
        if request.v != PollFeed::VERSION {
            return Err(PollFeedError::UnknownVersion(request.v));
        }
        let poll = request.poll.unwrap_or(sent_at);
        let Some(feed) = request.feed else {
            for feed in Feed::ALL {
                let each = PollFeed { feed: Some(feed), poll: Some(poll), ..request };
                self.polls.send(each, 0).await.map_err(PollFeedError::FanOut)?;
            }
            return Ok(Polled::FannedOut);
        };
        let polled = self.poll(feed, poll, request.turn, until).await?;
        let again = match polled {
            Polled::GoesOn => Some(0),
            Polled::Waits => Some(WAIT_SECONDS),
            _ => None,
        };
        if let Some(seconds) = again {
            let next = PollFeed { poll: Some(poll), turn: request.turn.saturating_add(1), ..request };
            self.pass_on(feed, next, seconds).await.map_err(|it| PollFeedError::Port(feed, it))?;
        }
        tracing::info!(?polled, "{feed} was polled");
        Ok(polled)
    }

    /// Lets another message go on. It is sent before this one's turn ends, so that none is missing; once it has ended,
    /// a second delivery of this one is late, so that they do not become more and more.
    async fn pass_on(&self, feed: Feed, next: PollFeed, after_seconds: u32) -> Result<(), PortError> {
        self.polls.send(next, after_seconds).await?;
        let progress = self.log.progress(feed).await?;
        // A poll that has begun meanwhile counts its own turns.
        if let Some(progress) = progress.filter(|it| Some(it.poll) == next.poll && it.turn < next.turn) {
            self.log.advance(&progress.turned(next.turn), &Step::Nothing).await?;
        }
        Ok(())
    }

    async fn poll(&self, feed: Feed, poll: Moment, turn: u32, until: Instant) -> Result<Polled, PollFeedError> {
        let port = |error: PortError| PollFeedError::Port(feed, error);
        loop {
            let Some(progress) = self.log.progress(feed).await.map_err(port)? else {
                self.log.advance(&Progress::new(feed, poll), &Step::Nothing).await.map_err(port)?;
                continue;
            };
            if let Some(begun) = progress.begun(poll) {
                self.log.advance(&begun, &Step::Nothing).await.map_err(port)?;
                continue;
            }
            if (poll, turn) < (progress.poll, progress.turn) {
                return Ok(Polled::Late);
            }
            if turn > progress.turn {
                self.log.advance(&progress.turned(turn), &Step::Nothing).await.map_err(port)?;
                continue;
            }
            let next = progress.next();
            if next != Next::Rest && until.saturating_duration_since(Instant::now()) < STEP {
                return Ok(Polled::GoesOn);
            }
            let step = match next {
                Next::Ask if self.server.format() == FeedFormat::Cdm => match self.drain(&progress, until).await? {
                    Some(saved) => saved,
                    None => return Ok(Polled::GoesOn),
                },
                Next::Ask => self.take(&progress).await?,
                Next::Gather(_) if !self.companies_are_in(&progress).await? => return Ok(Polled::Waits),
                Next::Gather(pages) => self.gather(&progress, pages).await?,
                Next::Prove => match self.prove(&progress).await? {
                    Some(saved) => saved,
                    None => return Ok(Polled::Waits),
                },
                Next::Rest => return Ok(Polled::Done),
            };
            if step == Saved::Conflict {
                return Ok(Polled::AtWork);
            }
        }
    }
}
