//! Looking again at what earlier polls have left open: pages that are not as they declare, and, in a retry, imports
//! that were refused or have failed.

use calendar::Clock;
use feeds::{Closed, FeedLog, FeedServer, PageRecord, PollQueue, Progress, ReplacedPage, Step};
use imports::{Batches, Files, Imports, PortError, Saved};

use crate::ask::{self, Answer, Asked, Wanted};
use crate::deadline::Deadline;
use crate::{PollFeedError, PollFeeds};

/// How many pages are looked at in one step.
const AT_ONCE: u32 = 100;

impl<S, L, F, I, Q, C> PollFeeds<S, L, F, I, Q, C>
where
    S: FeedServer,
    L: FeedLog,
    F: Files,
    I: Imports + Batches,
    Q: PollQueue,
    C: Clock,
{
    /// Asks again for the first page, from number `from` on, that is not as it declares; then, in a retry, notes which
    /// gatherings to import again. What is closed has neither.
    pub(crate) async fn review(
        &self,
        progress: &Progress,
        from: u32,
        deadline: Deadline<'_, C>,
    ) -> Result<Saved, PollFeedError> {
        let feed = progress.feed;
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let closed = self.log.closed(feed).await.map_err(port)?;
        // A page that this poll has taken has just been asked for as often as it may be.
        let end = if progress.retry { progress.pages } else { progress.pages_before };
        let from = from.max(closed.pages).min(end);
        let to = end.min(from.saturating_add(AT_ONCE));
        let pages = self.log.pages(feed, from..to).await.map_err(port)?;
        // A server that keeps the cursor itself cannot be asked for a page again: it would give the next one.
        let can_ask = self.server.format().declares();
        if let Some(page) = pages.iter().find(|it| can_ask && !it.is_as_declared()) {
            return self.ask_again(progress, page, &closed, deadline).await;
        }
        if to < end {
            return self.log.advance(&progress.reviewed_to(to), &Step::Nothing).await.map_err(port);
        }
        let mut again = Vec::new();
        if progress.retry {
            let numbers = closed.imports.min(progress.imports)..progress.imports;
            for gathering in self.log.gatherings(feed, numbers).await.map_err(port)? {
                let (posting, _) = self.posting(gathering).await.map_err(port)?;
                again.extend(posting.is_lost().then_some(posting.gathering.number));
            }
        }
        self.log.advance(&progress.reviewed(again), &Step::Nothing).await.map_err(port)
    }

    /// Asks for `page` once more. If it is as it declares now, and leads to the same page as before, it replaces what was
    /// taken, and its gathering is imported again; otherwise its gap stays, and the next poll asks again.
    async fn ask_again(
        &self,
        progress: &Progress,
        page: &PageRecord,
        closed: &Closed,
        deadline: Deadline<'_, C>,
    ) -> Result<Saved, PollFeedError> {
        let (feed, number, cursor) = (progress.feed, page.number, page.cursor.as_str());
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let wanted = Wanted { feed, number, cursor, most_mismatches: 1 };
        let answer = match ask::page(&self.server, wanted, deadline).await {
            Ok(Asked::Page(answer)) => Some(*answer),
            Ok(Asked::OutOfTime(_)) | Err(PollFeedError::NoPage { .. }) => None,
            Err(error) => return Err(error),
        };
        let is_last = number.saturating_add(1) == progress.pages;
        let is_corrected = |it: &Answer| {
            let leads_on = it.page.next == page.next || (is_last && it.page.next != page.cursor);
            it.page.is_as_declared() && leads_on
        };
        let gatherings = self.log.gatherings(feed, closed.imports.min(progress.imports)..progress.imports).await;
        let gathering = gatherings.map_err(port)?.into_iter().find(|it| it.pages().contains(&number));
        let Some((answer, gathering)) = answer.filter(is_corrected).zip(gathering) else {
            tracing::warn!(page = number, "a page of {feed} is still not as it declares");
            let skipped = progress.reviewed_to(number.saturating_add(1));
            return self.log.advance(&skipped, &Step::Nothing).await.map_err(port);
        };
        let withdrawn = match self.kept(feed, page).await {
            Ok(before) => before.rows_not_on(&answer.page),
            Err(PollFeedError::LostPage { .. }) => page.received.rows,
            Err(error) => return Err(error),
        };
        if withdrawn > 0 {
            tracing::warn!(page = number, rows = withdrawn, "the bank has withdrawn rows of {feed} that were taken");
        }
        let replaced = ReplacedPage { key: page.key.clone(), received: page.received.clone(), withdrawn };
        let kept = self.keep(feed, number, answer).await?;
        let (asked, repeated) = (page.asked.saturating_add(kept.asked), page.repeated.saturating_add(kept.repeated));
        let corrected = PageRecord { asked, repeated, replaced: Some(replaced), ..kept };
        let replaced = progress.replaced(&corrected, gathering.number);
        self.log.advance(&replaced, &Step::Page(corrected)).await.map_err(port)
    }
}
