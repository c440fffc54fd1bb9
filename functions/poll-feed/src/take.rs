//! Fetches a page and checks the dependencies of its import.

use calendar::Clock;
use feeds::{Feed, FeedClient, FeedFormat, FeedLog, Next, PageRecord, PollQueue, Progress, Step};
use imports::{Batches, Files, Imports, PortError};
use sha2::{Digest, Sha256};

use crate::deadline::Deadline;
use crate::fetch::{self, Answer, Fetched, Wanted};
use crate::turn::Stepped;
use crate::{PollFeedError, PollFeeds};

/// The maximum number of requests for a page that differs from its declared counts, before it is accepted.
const MAX_MISMATCHES: u32 = 4;

/// The hash that distinguishes bodies of a page.
pub(crate) fn hash(body: &[u8]) -> String {
    let mut hash = hex::encode(Sha256::digest(body));
    hash.truncate(16);
    hash
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
    /// Fetches the page at the cursor: stores it unchanged, then records it and moves the cursor in one step.
    pub(crate) async fn take(&self, progress: &Progress, deadline: Deadline<'_, C>) -> Result<Stepped, PollFeedError> {
        let (feed, number, cursor) = (progress.feed, progress.pages, progress.cursor.as_str());
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let wanted = Wanted { feed, number, cursor, max_mismatches: MAX_MISMATCHES };
        let answer = match fetch::page(&self.server, wanted, deadline).await? {
            Fetched::Page(answer) => *answer,
            Fetched::OutOfTime(last) => {
                return Ok(Stepped::OutOfTime(PollFeedError::NoPage { feed, page: number, last }));
            }
        };
        let page = &answer.page;
        if page.received.rows == 0 && page.declared.rows == 0 && !page.more {
            return self.log.advance(&progress.ended(), &Step::Nothing).await.map(Stepped::Saved).map_err(port);
        }
        if page.next == progress.cursor {
            return Err(PollFeedError::Circle { feed, page: number });
        }
        let (csv_bytes, more) = (u64::try_from(page.csv.len()).unwrap_or(u64::MAX), page.more);
        let record = self.keep(feed, number, answer).await?;
        let taken = progress.taken(&record, csv_bytes, more);
        self.log.advance(&taken, &Step::Page(record)).await.map(Stepped::Saved).map_err(port)
    }

    /// Stores a page unchanged. Its key contains the hash of the bytes, so concurrent writers of a key write the same
    /// bytes.
    pub(crate) async fn keep(&self, feed: Feed, number: u32, answer: Answer) -> Result<PageRecord, PollFeedError> {
        let hash = hash(&answer.body);
        let Answer { page, body, requests, repeated } = answer;
        let key = PageRecord::key(feed, number, &hash);
        let written = self.files.write(&key, body, "application/json").await;
        written.map_err(|error| PollFeedError::Port(feed, error))?;
        Ok(PageRecord {
            number,
            format: FeedFormat::Millrace,
            damaged: 0,
            cursor: page.cursor,
            next: page.next,
            key,
            declared: page.declared,
            unreadable_sums: page.unreadable_sums,
            received: page.received,
            requests,
            repeated,
            replaced: None,
        })
    }

    /// Whether the companies of the same poll, with the accounts of the transfers, are in the register. A later poll of
    /// companies may begin meanwhile; it only adds to the register.
    pub(crate) async fn companies_are_in(&self, progress: &Progress) -> Result<bool, PollFeedError> {
        let feed = progress.feed;
        if !matches!(feed, Feed::Sepa | Feed::Swift) {
            return Ok(true);
        }
        let companies = self.log.progress(Feed::CompanyInfo).await.map_err(|it| PollFeedError::Port(feed, it))?;
        let are_in = companies.is_some_and(|it| it.poll >= progress.poll && it.next() == Next::Rest);
        if !are_in && self.has_waited_long(progress.poll) {
            return Err(PollFeedError::NoCompanies(feed));
        }
        Ok(are_in)
    }
}
