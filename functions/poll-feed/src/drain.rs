//! Fetches pages from a server that keeps the cursor itself.
//!
//! Such a server moves its cursor with each response, so a response that is not stored is lost. Each body is stored in
//! the bucket before it is parsed. Page records contain its key: before a feed ends, stored answers without a page are
//! recorded, each exactly once. A response that arrives while this process ends is lost without a trace; the proof
//! mentions this limit.

use std::collections::BTreeSet;
use std::ops::Range;

use backoff::Backoff;
use calendar::Clock;
use feeds::cdm::{self, CdmAnswer};
use feeds::{CutAnswer, Feed, FeedClient, FeedFormat, FeedLog, FetchError, PageRecord, PollQueue, Progress, Step};
use imports::{Batches, Files, Imports, PortError, Saved};

use crate::deadline::Deadline;
use crate::take::hash;
use crate::turn::Stepped;
use crate::{NoPage, PollFeedError, PollFeeds};

/// A stored body and its content.
struct StoredAnswer {
    key: String,
    answer: CdmAnswer,
    requests: u32,
}

impl StoredAnswer {
    fn new(feed: Feed, key: String, body: &[u8], requests: u32) -> Self {
        Self { key, answer: cdm::parse(feed, body), requests }
    }

    fn has_rows(&self) -> bool {
        self.answer.page.received.rows > 0
    }

    fn is_damaged(&self) -> bool {
        self.answer.damage.is_some() || PageRecord::is_cut(&self.key)
    }
}

/// Whether the server returns the next page with each response. Each response of the other feeds is complete.
fn has_cursor(feed: Feed) -> bool {
    matches!(feed, Feed::Sepa | Feed::Swift)
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
    /// Fetches the next page, or ends the feed if no response comes.
    pub(crate) async fn drain(&self, progress: &Progress, deadline: Deadline<'_, C>) -> Result<Stepped, PollFeedError> {
        let (feed, mut progress) = (progress.feed, progress.clone());
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let (mut requests, mut silences, mut backoff) = (0_u32, 0_u32, Backoff::default());
        while deadline.allows_an_answer() {
            requests = requests.saturating_add(1);
            let (body, is_cut) = match self.server.fetch_page(feed, "").await {
                Ok(body) => (body, false),
                Err(FetchError::Cut(part)) => (part.0, true),
                Err(FetchError::NoAnswer(_)) => (Vec::new(), false),
                Err(error) if error.is_final() => return Err(no_page(&progress, error.into())),
                Err(error) => {
                    silences = 0;
                    wait(&progress, error.into(), &mut backoff).await?;
                    continue;
                }
            };
            if body.is_empty() {
                silences = silences.saturating_add(1);
                if silences >= self.server.end_after_silences() {
                    return self.end(&progress).await.map(Stepped::Saved).map_err(port);
                }
                continue;
            }
            silences = 0;
            let kept = self.keep_answer(&progress, body, is_cut, requests).await.map_err(port)?;
            if kept.has_rows() || !kept.is_damaged() {
                return self.take_kept(&progress, &kept).await.map(Stepped::Saved).map_err(port);
            }
            // It is completely unreadable. The damage is recorded now, because there may be no further page.
            if has_cursor(feed) {
                let now = self.record(&progress, &kept).await.map_err(port)?;
                if (now.poll, now.turn, now.at_end) != (progress.poll, progress.turn, progress.at_end) {
                    return Ok(Stepped::Saved(Saved::Stored(now.version)));
                }
                (progress, requests) = (now, 0);
            }
            let cut = || FetchError::Cut(CutAnswer(Vec::new())).into();
            let last = kept.answer.damage.map_or_else(cut, NoPage::from);
            wait(&progress, last, &mut backoff).await?;
        }
        Ok(Stepped::OutOfTime(no_page(&progress, NoPage::Late)))
    }

    /// Stores a body before anything else, then parses it. The server does not repeat it, so this retries failures of
    /// the bucket.
    async fn keep_answer(
        &self,
        progress: &Progress,
        body: Vec<u8>,
        is_cut: bool,
        requests: u32,
    ) -> Result<StoredAnswer, PortError> {
        let key = PageRecord::answer_key(progress.feed, progress.pages, &hash(&body), is_cut);
        let mut backoff = Backoff::default();
        while let Err(error) = self.files.write(&key, body.clone(), "application/json").await {
            if !backoff.wait().await {
                return Err(error);
            }
        }
        Ok(StoredAnswer::new(progress.feed, key, &body, requests))
    }

    /// Records a stored answer as the next page. An answer without rows is the feed's end, and so is an unchanged
    /// table.
    async fn take_kept(&self, progress: &Progress, kept: &StoredAnswer) -> Result<Saved, PortError> {
        let is_known = !has_cursor(progress.feed) && self.is_last_page(progress, &kept.key).await?;
        if !kept.has_rows() || is_known {
            return self.end(progress).await;
        }
        let now = self.record(progress, kept).await?;
        Ok(Saved::Stored(now.version))
    }

    /// Ends the feed, or records stored but unrecorded answers.
    async fn end(&self, progress: &Progress) -> Result<Saved, PortError> {
        let mut now = progress.clone();
        for kept in self.unrecorded(progress).await? {
            // Another poll may have recorded it after the listing.
            if !self.is_on(&kept.key, progress.feed, progress.pages..now.pages).await? {
                tracing::warn!(page = now.pages, "an answer of {} was stored but not recorded", progress.feed);
                now = self.record(&now, &kept).await?;
            }
        }
        if now != *progress {
            return Ok(Saved::Stored(now.version));
        }
        self.log.advance(&progress.ended(), &Step::Nothing).await
    }

    /// The stored but unrecorded answers: their process has stopped, or is about to record them.
    async fn unrecorded(&self, progress: &Progress) -> Result<Vec<StoredAnswer>, PortError> {
        let (feed, from) = (progress.feed, progress.answers.from);
        if !has_cursor(feed) {
            return Ok(Vec::new());
        }
        let keys = self.files.list(&PageRecord::answers_prefix(feed), &PageRecord::before_answers(feed, from)).await?;
        let pages = self.log.pages(feed, from.min(progress.pages)..progress.pages).await?;
        let recorded: BTreeSet<String> = pages.into_iter().map(|it| it.key).collect();
        let mut unrecorded = Vec::new();
        for key in keys.into_iter().filter(|it| !recorded.contains(it)) {
            let Some(body) = self.files.read(&key, None, 0..u64::MAX).await? else { continue };
            unrecorded.push(StoredAnswer::new(feed, key, &body, 1));
        }
        // An answer without rows and damage was an end.
        unrecorded.retain(|it| it.has_rows() || it.is_damaged());
        Ok(unrecorded)
    }

    /// Records a stored answer as the next page, once, and returns the new progress. If another poll has recorded other
    /// answers meanwhile, it becomes the page after those: the server repeats none of their rows.
    async fn record(&self, progress: &Progress, kept: &StoredAnswer) -> Result<Progress, PortError> {
        let feed = progress.feed;
        let page = &kept.answer.page;
        let csv_bytes = u64::try_from(page.csv.len()).unwrap_or(u64::MAX);
        let mut progress = progress.clone();
        loop {
            let record = PageRecord {
                format: FeedFormat::Cdm,
                damaged: u32::from(kept.is_damaged()),
                number: progress.pages,
                cursor: progress.cursor.clone(),
                next: progress.cursor.clone(),
                key: kept.key.clone(),
                declared: page.declared.clone(),
                unreadable_sums: Vec::new(),
                received: page.received.clone(),
                requests: kept.requests,
                repeated: 0,
                replaced: None,
            };
            let taken = progress.taken(&record, csv_bytes, has_cursor(feed));
            if let Saved::Stored(version) = self.log.advance(&taken, &Step::Page(record)).await? {
                return Ok(Progress { version, ..taken });
            }
            let Some(now) = self.log.progress(feed).await? else { return Ok(progress) };
            // The next poll fetches the table again.
            if !has_cursor(feed) || self.is_on(&kept.key, feed, progress.pages..now.pages).await? {
                return Ok(now);
            }
            progress = now;
        }
    }

    /// Whether one of these pages has the answer with this key.
    async fn is_on(&self, key: &str, feed: Feed, pages: Range<u32>) -> Result<bool, PortError> {
        Ok(!pages.is_empty() && self.log.pages(feed, pages).await?.iter().any(|it| it.key == key))
    }

    /// Whether the last fetched page has the same bytes.
    async fn is_last_page(&self, progress: &Progress, key: &str) -> Result<bool, PortError> {
        let hash = |key: &str| key.rsplit_once('/').and_then(|(_, name)| Some(name.split_once('-')?.1.to_owned()));
        let last = progress.pages.saturating_sub(1);
        let pages = self.log.pages(progress.feed, last..progress.pages).await?;
        Ok(pages.last().is_some_and(|it| hash(&it.key) == hash(key)))
    }
}

fn no_page(progress: &Progress, last: NoPage) -> PollFeedError {
    PollFeedError::NoPage { feed: progress.feed, page: progress.pages, last }
}

async fn wait(progress: &Progress, last: NoPage, backoff: &mut Backoff) -> Result<(), PollFeedError> {
    let (feed, page) = (progress.feed, progress.pages);
    tracing::warn!(page, error = %lambda_kit::Chain(&last), "no page of {feed}; retrying");
    if backoff.wait().await { Ok(()) } else { Err(no_page(progress, last)) }
}
