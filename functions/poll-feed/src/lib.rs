//! Takes the feeds of a bank in: page by page, from where each stood, until its end; then proves it complete.

mod ask;
mod config;
mod deadline;
mod drain;
mod error;
mod gather;
mod note;
mod prove;
mod review;
mod take;
mod turn;

use std::time::Duration;

use calendar::{Clock, Moment};
use feeds::{Feed, FeedLog, FeedServer, PollFeed, PollQueue, Step};
use imports::{Batches, Files, Imports, PortError};

use crate::deadline::Deadline;

pub use config::{Config, ConfigError};
pub use error::{NoPage, PollFeedError};

/// After how many seconds something that is waited for is looked at again, the first time; it doubles each time.
const FIRST_DELAY_SECONDS: u32 = 3;
/// The longest that a queue holds a message back.
const LONGEST_DELAY_SECONDS: u32 = 900;
/// How long companies and imports are waited for, from the begin of the poll.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

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
    /// The clock, to tell what is waited for too long and how much time is left.
    pub clock: C,
    /// How long one answer of the bank's server may take.
    pub answer_within: Duration,
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
    /// Takes a poll as far as it goes before `until`, when the invocation must have ended. One without a name is named by
    /// when its message was sent.
    #[tracing::instrument(skip_all, fields(feed = request.feed.map_or("all", Feed::name)))]
    pub async fn handle(&self, request: PollFeed, sent_at: Moment, until: Moment) -> Result<Polled, PollFeedError> {
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
        let deadline = Deadline { clock: &self.clock, until, answer_within: self.answer_within };
        let polled = match self.poll(feed, poll, request, deadline).await {
            Ok(polled) => polled,
            Err(error) => {
                self.note(feed, &error).await;
                return Err(error);
            }
        };
        let again = match polled {
            Polled::GoesOn => Some((0, 0)),
            Polled::Waits => Some((self.delay_seconds(poll, request.waits), request.waits.saturating_add(1))),
            _ => None,
        };
        if let Some((seconds, waits)) = again {
            let next = PollFeed { poll: Some(poll), turn: request.turn.saturating_add(1), waits, ..request };
            self.pass_on(feed, next, seconds).await.map_err(|it| PollFeedError::Port(feed, it))?;
        }
        tracing::info!(?polled, "{feed} was polled");
        Ok(polled)
    }

    /// How long to wait when `waits` messages have waited already: twice as long each time, but not beyond the moment
    /// after which the poll waits no longer.
    fn delay_seconds(&self, poll: Moment, waits: u32) -> u32 {
        let doubled = FIRST_DELAY_SECONDS.saturating_mul(2_u32.saturating_pow(waits));
        let left = LONGEST_WAIT.saturating_sub(self.waited(poll)).as_secs().saturating_add(1);
        doubled.min(LONGEST_DELAY_SECONDS).min(u32::try_from(left).unwrap_or(u32::MAX))
    }

    /// How long ago `poll` began.
    fn waited(&self, poll: Moment) -> Duration {
        let micros = self.clock.now().micros().saturating_sub(poll.micros());
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// Whether companies and imports are waited for no longer.
    pub(crate) fn has_waited_long(&self, poll: Moment) -> bool {
        self.waited(poll) > LONGEST_WAIT
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
}
