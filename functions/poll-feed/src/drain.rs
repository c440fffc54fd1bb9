//! Taking pages from a server that keeps the cursor itself.
//!
//! Such a server moves on when it answers, so an answer that is not kept is lost. Each body is kept in the bucket before
//! it is read, and an object of a known key names it until it is recorded: whoever polls next finds it there. An answer
//! that comes while this process ends is lost, and nobody can know; the proof says so.

use calendar::Clock;
use dynamodb::Backoff;
use feeds::cdm::{self, CdmAnswer};
use feeds::{AskError, Feed, FeedFormat, FeedLog, FeedServer, PageRecord, PollQueue, Progress, Step};
use imports::{Batches, Files, Imports, PortError, Saved};

use crate::deadline::Deadline;
use crate::take::hash;
use crate::turn::Stepped;
use crate::{NoPage, PollFeedError, PollFeeds};

/// A body that was kept, and what is on it.
struct Kept {
    key: String,
    answer: CdmAnswer,
    hash: String,
    asked: u32,
    damaged: u32,
}

/// Whether the server gives the next page with each answer. The other feeds come whole with each.
fn has_cursor(feed: Feed) -> bool {
    matches!(feed, Feed::Sepa | Feed::Swift)
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
    /// Takes the next page, or ends the feed where no answer comes.
    pub(crate) async fn drain(&self, progress: &Progress, deadline: Deadline<'_, C>) -> Result<Stepped, PollFeedError> {
        let (feed, number) = (progress.feed, progress.pages);
        let port = |error: PortError| PollFeedError::Port(feed, error);
        if let Some(kept) = self.pending(progress).await.map_err(port)? {
            tracing::warn!(page = number, "page {number} of {feed} was kept and not recorded");
            return self.record_kept(progress, kept).await.map(Stepped::Saved).map_err(port);
        }
        let no_page = |last: NoPage| PollFeedError::NoPage { feed, page: number, last };
        let (mut asked, mut silences, mut damaged) = (0_u32, 0_u32, 0_u32);
        let mut backoff = Backoff::default();
        while deadline.allows_an_answer() {
            asked = asked.saturating_add(1);
            let (body, is_cut) = match self.server.ask(feed, "").await {
                Ok(body) => (body, false),
                Err(AskError::Cut(part)) => (part.0, true),
                Err(AskError::NoAnswer(_)) => (Vec::new(), false),
                Err(error) if error.is_final() => return Err(no_page(error.into())),
                Err(error) => {
                    silences = 0;
                    self.wait(progress, error.into(), &mut backoff).await?;
                    continue;
                }
            };
            if body.is_empty() {
                silences = silences.saturating_add(1);
                if silences >= self.server.end_after_silences() {
                    return self.log.advance(&progress.ended(), &Step::Nothing).await.map(Stepped::Saved).map_err(port);
                }
                continue;
            }
            silences = 0;
            match self.keep_body(progress, body).await.map_err(port)? {
                Ok((key, hash, answer)) => {
                    damaged = damaged.saturating_add(u32::from(is_cut || answer.is_damaged));
                    let kept = Kept { key, answer, hash, asked, damaged };
                    return self.record_kept(progress, kept).await.map(Stepped::Saved).map_err(port);
                }
                Err(error) => {
                    damaged = damaged.saturating_add(1);
                    self.wait(progress, error, &mut backoff).await?;
                }
            }
        }
        Ok(Stepped::OutOfTime(no_page(NoPage::Late)))
    }

    async fn wait(&self, progress: &Progress, last: NoPage, backoff: &mut Backoff) -> Result<(), PollFeedError> {
        let (feed, page) = (progress.feed, progress.pages);
        tracing::warn!(page, error = %lambda_kit::Chain(&last), "no page of {feed}; retrying");
        if backoff.wait().await { Ok(()) } else { Err(PollFeedError::NoPage { feed, page, last }) }
    }

    /// Keeps a body before anything else is done with it, then reads it.
    async fn keep_body(
        &self,
        progress: &Progress,
        body: Vec<u8>,
    ) -> Result<Result<(String, String, CdmAnswer), NoPage>, PortError> {
        let (feed, number, hash) = (progress.feed, progress.pages, hash(&body));
        let key = PageRecord::key(feed, number, &hash);
        self.write(&key, &body, "application/json").await?;
        let answer = match cdm::parse(feed, &body) {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(error.into())),
        };
        if has_cursor(feed) {
            self.point(feed, number, &key).await?;
        }
        Ok(Ok((key, hash, answer)))
    }

    async fn point(&self, feed: Feed, number: u32, key: &str) -> Result<(), PortError> {
        self.write(&PageRecord::pending_key(feed, number), key.as_bytes(), "text/plain").await
    }

    /// Writes an object. What it holds does not come again, so a failure of the bucket is no reason to give it up.
    async fn write(&self, key: &str, bytes: &[u8], content_type: &str) -> Result<(), PortError> {
        let mut backoff = Backoff::default();
        while let Err(error) = self.files.write(key, bytes.to_vec(), content_type).await {
            if !backoff.wait().await {
                return Err(error);
            }
        }
        Ok(())
    }

    /// The body that was kept as the next page, and not recorded: the process that kept it has stopped.
    async fn pending(&self, progress: &Progress) -> Result<Option<Kept>, PortError> {
        let feed = progress.feed;
        if !has_cursor(feed) {
            return Ok(None);
        }
        let pending = PageRecord::pending_key(feed, progress.pages);
        let Some(key) = self.files.read(&pending, None, 0..u64::MAX).await? else { return Ok(None) };
        let key = String::from_utf8_lossy(&key).into_owned();
        let Some(body) = self.files.read(&key, None, 0..u64::MAX).await? else { return Ok(None) };
        let Ok(answer) = cdm::parse(feed, &body) else { return Ok(None) };
        // One without rows is an end that has been reached before: it is not the end now.
        let kept = Kept { key, hash: hash(&body), asked: 1, damaged: u32::from(answer.is_damaged), answer };
        Ok((kept.answer.page.received.rows > 0).then_some(kept))
    }

    /// Records a kept body as the next page. If another poll has recorded one meanwhile, it is the page after that: both
    /// have rows that do not come again.
    async fn record_kept(&self, progress: &Progress, kept: Kept) -> Result<Saved, PortError> {
        let feed = progress.feed;
        let Kept { key, answer, hash, asked, damaged } = kept;
        let is_known = !has_cursor(feed) && self.is_last_page(progress, &hash).await?;
        if answer.page.received.rows == 0 || is_known {
            return self.log.advance(&progress.ended(), &Step::Nothing).await;
        }
        let csv_bytes = u64::try_from(answer.page.csv.len()).unwrap_or(u64::MAX);
        let mut progress = progress.clone();
        loop {
            let record = PageRecord {
                format: FeedFormat::Cdm,
                damaged,
                number: progress.pages,
                cursor: progress.cursor.clone(),
                next: progress.cursor.clone(),
                key: key.clone(),
                declared: answer.page.declared.clone(),
                unreadable_sums: Vec::new(),
                received: answer.page.received.clone(),
                asked,
                repeated: 0,
            };
            let taken = progress.taken(&record, csv_bytes, has_cursor(feed));
            let saved = self.log.advance(&taken, &Step::Page(record)).await?;
            if saved != Saved::Conflict || !has_cursor(feed) {
                return Ok(saved);
            }
            let Some(now) = self.log.progress(feed).await? else { return Ok(saved) };
            if now.pages != progress.pages {
                self.point(feed, now.pages, &key).await?;
            }
            progress = now;
        }
    }

    /// Whether the last page that was taken has the same bytes.
    async fn is_last_page(&self, progress: &Progress, hash: &str) -> Result<bool, PortError> {
        let last = progress.pages.saturating_sub(1);
        let pages = self.log.pages(progress.feed, last..progress.pages).await?;
        Ok(pages.last().is_some_and(|it| it.key.ends_with(&format!("-{hash}.json"))))
    }
}
