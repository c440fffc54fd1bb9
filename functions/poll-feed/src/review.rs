//! Reviews open problems of earlier polls: pages that differ from their declared counts and, in a retry, imports that
//! were refused or have failed.

use calendar::Clock;
use feeds::{Closed, FeedClient, FeedLog, PageRecord, PollQueue, Progress, ReplacedPage, Step};
use imports::{Batches, Files, Imports, PortError, Saved};

use crate::deadline::Deadline;
use crate::fetch::{self, Answer, Fetched, Wanted};
use crate::{PollFeedError, PollFeeds};

/// The number of pages that one step reviews.
const AT_ONCE: u32 = 100;

impl<S, L, F, I, Q, C> PollFeeds<S, L, F, I, Q, C>
where
    S: FeedClient,
    L: FeedLog,
    F: Files,
    I: Imports + Batches,
    Q: PollQueue,
    C: Clock,
{
    /// Fetches again the first page from number `from` that differs from its declared counts; then, in a retry, records
    /// which page batches to import again. The closed part has neither.
    pub(crate) async fn review(
        &self,
        progress: &Progress,
        from: u32,
        deadline: Deadline<'_, C>,
    ) -> Result<Saved, PollFeedError> {
        let feed = progress.feed;
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let closed = self.log.closed(feed).await.map_err(port)?;
        // This poll has already used all retries for its own pages.
        let end = if progress.retry { progress.pages } else { progress.pages_before };
        let from = from.max(closed.pages).min(end);
        let to = end.min(from.saturating_add(AT_ONCE));
        let pages = self.log.pages(feed, from..to).await.map_err(port)?;
        // A server that keeps the cursor itself cannot repeat a page: it would return the next one.
        let can_fetch_again = self.server.format().declares();
        if let Some(page) = pages.iter().find(|it| can_fetch_again && !it.is_as_declared()) {
            return self.fetch_again(progress, page, &closed, deadline).await;
        }
        if to < end {
            return self.log.advance(&progress.reviewed_to(to), &Step::Nothing).await.map_err(port);
        }
        let mut again = Vec::new();
        if progress.retry {
            let numbers = closed.imports.min(progress.imports)..progress.imports;
            for page_batch in self.log.page_batches(feed, numbers).await.map_err(port)? {
                let (posting, _) = self.posting(page_batch).await.map_err(port)?;
                again.extend(posting.is_lost().then_some(posting.page_batch.number));
            }
        }
        self.log.advance(&progress.reviewed(again), &Step::Nothing).await.map_err(port)
    }

    /// Fetches `page` again. If it now matches its declared counts and has the same next page, it replaces the stored
    /// page, and its batch is imported again; otherwise the gap stays, and the next poll retries.
    async fn fetch_again(
        &self,
        progress: &Progress,
        page: &PageRecord,
        closed: &Closed,
        deadline: Deadline<'_, C>,
    ) -> Result<Saved, PollFeedError> {
        let (feed, number, cursor) = (progress.feed, page.number, page.cursor.as_str());
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let wanted = Wanted { feed, number, cursor, max_mismatches: 1 };
        let answer = match fetch::page(&self.server, wanted, deadline).await {
            Ok(Fetched::Page(answer)) => Some(*answer),
            Ok(Fetched::OutOfTime(_)) | Err(PollFeedError::NoPage { .. }) => None,
            Err(error) => return Err(error),
        };
        let is_last = number.saturating_add(1) == progress.pages;
        let is_corrected = |it: &Answer| {
            let leads_on = it.page.next == page.next || (is_last && it.page.next != page.cursor);
            it.page.is_as_declared() && leads_on
        };
        let page_batches = self.log.page_batches(feed, closed.imports.min(progress.imports)..progress.imports).await;
        let page_batch = page_batches.map_err(port)?.into_iter().find(|it| it.pages().contains(&number));
        let Some((answer, page_batch)) = answer.filter(is_corrected).zip(page_batch) else {
            tracing::warn!(page = number, "a page of {feed} still differs from its declared counts");
            let skipped = progress.reviewed_to(number.saturating_add(1));
            return self.log.advance(&skipped, &Step::Nothing).await.map_err(port);
        };
        let withdrawn = match self.kept(feed, page).await {
            Ok(before) => before.rows_not_on(&answer.page),
            Err(PollFeedError::LostPage { .. }) => page.received.rows,
            Err(error) => return Err(error),
        };
        if withdrawn > 0 {
            tracing::warn!(page = number, rows = withdrawn, "the bank has withdrawn fetched rows of {feed}");
        }
        let replaced = ReplacedPage { key: page.key.clone(), received: page.received.clone(), withdrawn };
        let kept = self.keep(feed, number, answer).await?;
        let (requests, repeated) =
            (page.requests.saturating_add(kept.requests), page.repeated.saturating_add(kept.repeated));
        let corrected = PageRecord { requests, repeated, replaced: Some(replaced), ..kept };
        let replaced = progress.replaced(&corrected, page_batch.number);
        self.log.advance(&replaced, &Step::Page(corrected)).await.map_err(port)
    }
}
