//! Taking a page, and what must be there before its rows are imported.

use std::time::Duration;

use calendar::Clock;
use feeds::{Feed, FeedFormat, FeedLog, FeedServer, Next, PageRecord, PollQueue, Progress, Step};
use imports::{Batches, Files, Imports, PortError, Saved};
use sha2::{Digest, Sha256};

use crate::{PollFeedError, PollFeeds, ask};

/// How long companies and imports are waited for.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

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
    pub(crate) async fn take(&self, progress: &Progress) -> Result<Saved, PollFeedError> {
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
        let hash = hash(&answer.body);
        let record = PageRecord {
            number,
            format: FeedFormat::Millrace,
            damaged: 0,
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
    pub(crate) async fn companies_are_in(&self, progress: &Progress) -> Result<bool, PollFeedError> {
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

    pub(crate) fn has_waited_long(&self, progress: &Progress) -> bool {
        let waited_micros = self.clock.now().micros().saturating_sub(progress.poll.micros());
        u128::try_from(waited_micros).is_ok_and(|it| it > LONGEST_WAIT.as_micros())
    }
}
