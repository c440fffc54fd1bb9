//! Gathers pages into an import.

use std::ops::Range;

use calendar::Clock;
use feeds::{Feed, FeedClient, FeedLog, Gathered, Page, PageBatch, PageRecord, PollQueue, Progress, Step};
use imports::{Batches, Files, ImportId, Imports, PortError, Saved};

use crate::{PollFeedError, PollFeeds};

impl<S, L, F, I, Q, C> PollFeeds<S, L, F, I, Q, C>
where
    S: FeedClient,
    L: FeedLog,
    F: Files,
    I: Imports + Batches,
    Q: PollQueue,
    C: Clock,
{
    /// Gathers `pages` into an import and records its id.
    pub(crate) async fn gather(&self, progress: &Progress, pages: Range<u32>) -> Result<Saved, PollFeedError> {
        let feed = progress.feed;
        let key = PageBatch::key(feed, &pages, 0);
        let import = self.import(feed, &pages, &key).await?;
        let (number, Range { start: from, end: to }) = (progress.imports, pages);
        let page_batch = PageBatch { number, from, to, key, import, attempt: 0, earlier: Vec::new() };
        let advanced = self.log.advance(&progress.gathered(), &Step::Gathered(page_batch)).await;
        advanced.map_err(|error| PollFeedError::Port(feed, error))
    }

    /// Gathers the pages of batch `number` into another import, which replaces the earlier one. Entries that the
    /// earlier import has posted are duplicates.
    pub(crate) async fn gather_again(&self, progress: &Progress, number: u32) -> Result<Saved, PollFeedError> {
        let feed = progress.feed;
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let page_batches = self.log.page_batches(feed, number..number.saturating_add(1)).await.map_err(port)?;
        let gathered_again = progress.gathered_again(number);
        let Some(page_batch) = page_batches.first() else {
            return self.log.advance(&gathered_again, &Step::Nothing).await.map_err(port);
        };
        let pages = page_batch.pages();
        let key = PageBatch::key(feed, &pages, page_batch.attempt.saturating_add(1));
        let import = self.import(feed, &pages, &key).await?;
        let page_batch = page_batch.again(key, import);
        self.log.advance(&gathered_again, &Step::Gathered(page_batch)).await.map_err(port)
    }

    /// Writes the file of `pages` to the folder of imports. If another delivery or poll has already written the same
    /// bytes, they are not written again, because each version is a separate import. If two instances write the
    /// file concurrently, S3 stores two versions. Only one instance records its import; the other import posts nothing
    /// new.
    async fn import(&self, feed: Feed, pages: &Range<u32>, key: &str) -> Result<ImportId, PollFeedError> {
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let io = |error| PollFeedError::Gather(feed, error);
        let mut file = Gathered::new(feed).map_err(io)?;
        for record in self.log.pages(feed, pages.clone()).await.map_err(port)? {
            file.add(&self.kept(feed, &record).await?).map_err(io)?;
        }
        let bytes = file.finish().map_err(io)?;
        if let Some(upload) = self.files.describe(key, None).await.map_err(port)?
            && usize::try_from(upload.size_bytes).is_ok_and(|it| it == bytes.len())
            && self.files.read(key, Some(&upload.version), 0..u64::MAX).await.map_err(port)?.as_ref() == Some(&bytes)
        {
            return Ok(upload.id());
        }
        let version = self.files.write(key, bytes, "application/gzip").await.map_err(port)?;
        Ok(ImportId::of(key, &version))
    }

    /// Reads a page from the bucket. It must have the rows and sums of its record.
    pub(crate) async fn kept(&self, feed: Feed, record: &PageRecord) -> Result<Page, PollFeedError> {
        let lost = PollFeedError::LostPage { feed, page: record.number };
        let body = self.files.read(&record.key, None, 0..u64::MAX).await;
        let body = body.map_err(|error| PollFeedError::Port(feed, error))?;
        let page = body.and_then(|body| record.format.parse(feed, &body).ok());
        page.filter(|it| it.received == record.received).ok_or(lost)
    }
}
