//! Taking a page, and what must be there before its rows are imported.

use calendar::Clock;
use feeds::{Feed, FeedFormat, FeedLog, FeedServer, Next, PageRecord, PollQueue, Progress, Step};
use imports::{Batches, Files, Imports, PortError};
use sha2::{Digest, Sha256};

use crate::ask::{self, Answer, Asked, Wanted};
use crate::deadline::Deadline;
use crate::turn::Stepped;
use crate::{PollFeedError, PollFeeds};

/// How often a page that is not as it declares is asked for, before it is taken as it is.
const MOST_MISMATCHES: u32 = 4;

/// What tells the bodies of a page apart.
pub(crate) fn hash(body: &[u8]) -> String {
    Sha256::digest(body).iter().take(8).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
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
    /// Takes the page at the cursor: keeps it as it came, then records it and moves on, in one step.
    pub(crate) async fn take(&self, progress: &Progress, deadline: Deadline<'_, C>) -> Result<Stepped, PollFeedError> {
        let (feed, number, cursor) = (progress.feed, progress.pages, progress.cursor.as_str());
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let wanted = Wanted { feed, number, cursor, most_mismatches: MOST_MISMATCHES };
        let answer = match ask::page(&self.server, wanted, deadline).await? {
            Asked::Page(answer) => *answer,
            Asked::OutOfTime(last) => {
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

    /// Keeps a page as it came. Its key is of its bytes, so whoever keeps a page at the same time keeps the same there.
    pub(crate) async fn keep(&self, feed: Feed, number: u32, answer: Answer) -> Result<PageRecord, PollFeedError> {
        let hash = hash(&answer.body);
        let Answer { page, body, asked, repeated } = answer;
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
            asked,
            repeated,
            replaced: None,
        })
    }

    /// Whether the companies of the same poll, to whose accounts transfers are posted, are in the register. A later poll
    /// of theirs may begin in between; it only adds to the register.
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
