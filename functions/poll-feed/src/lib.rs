//! Takes the feeds of a bank in: page by page, from where each stood, until its end; then proves it complete.

mod ask;
mod config;
mod error;
mod gather;
mod prove;

use std::time::{Duration, Instant};

use aws_lambda_events::sqs::SqsMessage;
use calendar::{Clock, Moment};
use feeds::{Feed, FeedLog, FeedServer, Next, PageRecord, PollFeed, PollQueue, Progress, Step};
use imports::{Batches, Files, Imports, PortError, Saved};
use lambda_kit::batch;
use sha2::{Digest, Sha256};

pub use config::Config;
pub use error::{NoPage, PollFeedError};

/// What one step may take; with less time left the poll goes on with a new message.
const STEP: Duration = Duration::from_secs(60);
/// How soon something that is waited for is looked at again.
const WAIT_SECONDS: u32 = 3;
/// How long companies and imports are waited for.
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
    /// Handles a message of the queue. A poll without a name is named by when its message was sent.
    pub async fn handle_message(&self, message: &SqsMessage, until: Instant) -> Result<Polled, PollFeedError> {
        let sent_ms: Option<i64> = message.attributes.get("SentTimestamp").and_then(|it| it.parse().ok());
        let sent_at = sent_ms.and_then(|it| Moment::instant(it.saturating_mul(1000)).ok());
        self.handle(batch::read(message)?, sent_at.unwrap_or_else(|| self.clock.now()), until).await
    }

    /// Takes a poll as far as it goes before `until`.
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
        if let Some(progress) = self.log.progress(feed).await?.filter(|it| it.turn < next.turn) {
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
            if next != Next::Rest && Instant::now() + STEP > until {
                return Ok(Polled::GoesOn);
            }
            let step = match next {
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

    /// Takes the page at the cursor: keeps it as it came, then records it and moves on, in one step.
    async fn take(&self, progress: &Progress) -> Result<Saved, PollFeedError> {
        let (feed, number) = (progress.feed, progress.pages);
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let answer = ask::page(&self.server, progress).await?;
        let page = answer.page;
        if page.received.rows == 0 && page.declared.rows == 0 && !page.more {
            return self.log.advance(&progress.ended(), &Step::Nothing).await.map_err(port);
        }
        if page.next == progress.cursor {
            return Err(PollFeedError::Circle { feed, page: number });
        }
        let hash = Sha256::digest(&answer.body);
        let hash: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let record = PageRecord {
            number,
            cursor: page.cursor,
            next: page.next,
            key: PageRecord::key(feed, number, &hash),
            declared: page.declared,
            received: page.received,
            asked: answer.asked,
            repeated: answer.repeated,
        };
        self.files.write(&record.key, answer.body, "application/json").await.map_err(port)?;
        let csv_bytes = u64::try_from(page.csv.len()).unwrap_or(u64::MAX);
        let taken = progress.taken(&record, csv_bytes, page.more);
        self.log.advance(&taken, &Step::Page(record)).await.map_err(port)
    }

    /// Whether the companies of the same poll, to whose accounts transfers are posted, are in the register.
    async fn companies_are_in(&self, progress: &Progress) -> Result<bool, PollFeedError> {
        let feed = progress.feed;
        if !matches!(feed, Feed::Sepa | Feed::Swift) {
            return Ok(true);
        }
        let companies = self.log.progress(Feed::CompanyInfo).await.map_err(|it| PollFeedError::Port(feed, it))?;
        let are_in = companies.is_some_and(|it| it.poll >= progress.poll && it.next() == Next::Rest);
        if !are_in && self.has_waited_long(progress) {
            return Err(PollFeedError::NoCompanies(feed));
        }
        Ok(are_in)
    }

    fn has_waited_long(&self, progress: &Progress) -> bool {
        let waited_micros = self.clock.now().micros().saturating_sub(progress.poll.micros());
        u128::try_from(waited_micros).is_ok_and(|it| it > LONGEST_WAIT.as_micros())
    }
}

/// When an invocation ends, of which the runtime tells the milliseconds since 1970.
pub fn deadline(deadline_ms: u64) -> Instant {
    let now_ms = u64::try_from(lambda_kit::SystemClock.now().micros().div_euclid(1000)).unwrap_or(0);
    let now = Instant::now();
    now.checked_add(Duration::from_millis(deadline_ms.saturating_sub(now_ms))).unwrap_or(now)
}
