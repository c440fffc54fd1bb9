//! Gathering pages into an import.

use std::ops::Range;

use calendar::Clock;
use feeds::{Feed, FeedLog, FeedServer, Gathered, Gathering, Page, PageRecord, PollQueue, Progress, Step};
use imports::{Batches, Files, Imports, PortError, Saved};

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
    /// Writes the file of `pages` where imports are taken from, and records which import it is. Done again after a
    /// crash it writes the same bytes, and the import of those answers that it is a duplicate of the first.
    pub(crate) async fn gather(&self, progress: &Progress, pages: Range<u32>) -> Result<Saved, PollFeedError> {
        let feed = progress.feed;
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let io = |error| PollFeedError::Gather(feed, error);
        let mut file = Gathered::new(feed).map_err(io)?;
        for record in self.log.pages(feed, pages.clone()).await.map_err(port)? {
            file.add(&self.kept(feed, &record).await?).map_err(io)?;
        }
        let key = Gathering::key(feed, &pages);
        self.files.write(&key, file.finish().map_err(io)?, "application/gzip").await.map_err(port)?;
        let upload = self.files.describe(&key, None).await.map_err(port)?;
        let import = upload.ok_or(PollFeedError::LostPage { feed, page: pages.start })?.id();
        let gathering = Gathering { number: progress.imports, from: pages.start, to: pages.end, key, import };
        self.log.advance(&progress.gathered(), &Step::Gathered(gathering)).await.map_err(port)
    }

    async fn kept(&self, feed: Feed, record: &PageRecord) -> Result<Page, PollFeedError> {
        let lost = PollFeedError::LostPage { feed, page: record.number };
        let body = self.files.read(&record.key, None, 0..u64::MAX).await;
        let body = body.map_err(|error| PollFeedError::Port(feed, error))?;
        let page = body.and_then(|body| record.format.parse(feed, &body).ok());
        page.filter(|it| it.received == record.received).ok_or(lost)
    }
}
