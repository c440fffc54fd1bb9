//! Polls the feeds of a bank: fetches each feed page by page from its last cursor to its end, then proves it complete.

mod config;
mod deadline;
mod drain;
mod error;
mod fetch;
mod gather;
mod note;
mod prove;
mod review;
mod take;
mod turn;

use std::time::Duration;

use calendar::{Clock, Moment};
use feeds::{Feed, FeedClient, FeedLog, PollFeed, PollQueue, Step};
use imports::{Batches, Files, Imports, PortError};

use crate::deadline::Deadline;

pub use config::{Config, ConfigError};
pub use error::{NoPage, PollFeedError};

/// The first delay in seconds before a dependency is checked again; it doubles each time.
const FIRST_DELAY_SECONDS: u32 = 3;
/// The maximum delay of a queue.
const LONGEST_DELAY_SECONDS: u32 = 900;
/// The maximum time to wait for companies and imports, from the begin of the poll.
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
    /// The clock, for waiting times and the remaining time.
    pub clock: C,
    /// The time-out of one response of the bank's server.
    pub answer_within: Duration,
}

/// The result of a message of a poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Polled {
    /// A poll of each feed was requested.
    FannedOut,
    /// The poll has ended: the feed is proven or has a gap.
    Done,
    /// The time is used up; another message continues.
    Continues,
    /// The poll waits for others; another message checks again.
    Waits,
    /// Another poll of the feed is running and continues.
    InProgress,
    /// Stopped: a later poll, or a later message of this poll, is running.
    Late,
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
    /// Runs a poll until `until`, the end of the invocation. A poll without an id gets the time of its message.
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
            Polled::Continues => Some((0, 0)),
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

    /// The delay after `waits` waiting messages: it doubles each time but does not exceed the end of the waiting time.
    fn delay_seconds(&self, poll: Moment, waits: u32) -> u32 {
        let doubled = FIRST_DELAY_SECONDS.saturating_mul(2_u32.saturating_pow(waits));
        let left = LONGEST_WAIT.saturating_sub(self.waited(poll)).as_secs().saturating_add(1);
        doubled.min(LONGEST_DELAY_SECONDS).min(u32::try_from(left).unwrap_or(u32::MAX))
    }

    /// The time since `poll` began.
    fn waited(&self, poll: Moment) -> Duration {
        let micros = self.clock.now().micros().saturating_sub(poll.micros());
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// Whether the maximum waiting time for companies and imports is over.
    pub(crate) fn has_waited_long(&self, poll: Moment) -> bool {
        self.waited(poll) > LONGEST_WAIT
    }

    /// Continues with another message. It is sent before this turn ends, so that no turn is lost; afterwards a second
    /// delivery of this message is stale, so that messages do not multiply.
    async fn pass_on(&self, feed: Feed, next: PollFeed, after_seconds: u32) -> Result<(), PortError> {
        self.polls.send(next, after_seconds).await?;
        let progress = self.log.progress(feed).await?;
        // A newer poll counts its own turns.
        if let Some(progress) = progress.filter(|it| Some(it.poll) == next.poll && it.turn < next.turn) {
            self.log.advance(&progress.turned(next.turn), &Step::Nothing).await?;
        }
        Ok(())
    }
}
