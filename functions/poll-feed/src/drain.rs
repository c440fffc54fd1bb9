//! Taking pages from a server that keeps the cursor itself.
//!
//! Such a server moves on when it answers, so an answer that is not kept is lost. Each body is kept in the bucket before
//! it is read. Its key says whether a page has it: before a feed ends, the answers that were kept and have no page are
//! recorded, and each answer is recorded once. An answer that comes while this process ends is lost, and nobody can
//! know; the proof says so.

use std::collections::BTreeSet;
use std::ops::Range;

use calendar::Clock;
use dynamodb::Backoff;
use feeds::cdm::{self, CdmAnswer};
use feeds::{AskError, CutAnswer, Feed, FeedFormat, FeedLog, FeedServer, PageRecord, PollQueue, Progress, Step};
use imports::{Batches, Files, Imports, PortError, Saved};

use crate::deadline::Deadline;
use crate::take::hash;
use crate::turn::Stepped;
use crate::{NoPage, PollFeedError, PollFeeds};

/// A body that was kept, and what is on it.
struct Kept {
    key: String,
    answer: CdmAnswer,
    asked: u32,
}

impl Kept {
    fn new(feed: Feed, key: String, body: &[u8], asked: u32) -> Self {
        Self { key, answer: cdm::parse(feed, body), asked }
    }

    fn has_rows(&self) -> bool {
        self.answer.page.received.rows > 0
    }

    fn is_damaged(&self) -> bool {
        self.answer.damage.is_some() || PageRecord::is_cut(&self.key)
    }
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
        let (feed, mut progress) = (progress.feed, progress.clone());
        let port = |error: PortError| PollFeedError::Port(feed, error);
        let (mut asked, mut silences, mut backoff) = (0_u32, 0_u32, Backoff::default());
        while deadline.allows_an_answer() {
            asked = asked.saturating_add(1);
            let (body, is_cut) = match self.server.ask(feed, "").await {
                Ok(body) => (body, false),
                Err(AskError::Cut(part)) => (part.0, true),
                Err(AskError::NoAnswer(_)) => (Vec::new(), false),
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
            let kept = self.keep_answer(&progress, body, is_cut, asked).await.map_err(port)?;
            if kept.has_rows() || !kept.is_damaged() {
                return self.take_kept(&progress, &kept).await.map(Stepped::Saved).map_err(port);
            }
            // Nothing of it can be read. The damage is recorded now, for no page may follow.
            if has_cursor(feed) {
                let now = self.record(&progress, &kept).await.map_err(port)?;
                if (now.poll, now.turn, now.at_end) != (progress.poll, progress.turn, progress.at_end) {
                    return Ok(Stepped::Saved(Saved::Stored(now.revision)));
                }
                (progress, asked) = (now, 0);
            }
            let cut = || AskError::Cut(CutAnswer(Vec::new())).into();
            let last = kept.answer.damage.map_or_else(cut, NoPage::from);
            wait(&progress, last, &mut backoff).await?;
        }
        Ok(Stepped::OutOfTime(no_page(&progress, NoPage::Late)))
    }

    /// Keeps a body before anything else is done with it, then reads it. It does not come again, so a failure of the
    /// bucket is no reason to give it up.
    async fn keep_answer(
        &self,
        progress: &Progress,
        body: Vec<u8>,
        is_cut: bool,
        asked: u32,
    ) -> Result<Kept, PortError> {
        let key = PageRecord::answer_key(progress.feed, progress.pages, &hash(&body), is_cut);
        let mut backoff = Backoff::default();
        while let Err(error) = self.files.write(&key, body.clone(), "application/json").await {
            if !backoff.wait().await {
                return Err(error);
            }
        }
        Ok(Kept::new(progress.feed, key, &body, asked))
    }

    /// Records a kept answer as the next page. One without rows is the feed's end; so is a table that is known.
    async fn take_kept(&self, progress: &Progress, kept: &Kept) -> Result<Saved, PortError> {
        let is_known = !has_cursor(progress.feed) && self.is_last_page(progress, &kept.key).await?;
        if !kept.has_rows() || is_known {
            return self.end(progress).await;
        }
        let now = self.record(progress, kept).await?;
        Ok(Saved::Stored(now.revision))
    }

    /// Ends the feed; or, if answers were kept and not recorded, records those instead.
    async fn end(&self, progress: &Progress) -> Result<Saved, PortError> {
        let mut now = progress.clone();
        for kept in self.unrecorded(progress).await? {
            // Another poll may have recorded it after it was listed.
            if !self.is_on(&kept.key, progress.feed, progress.pages..now.pages).await? {
                tracing::warn!(page = now.pages, "an answer of {} was kept and not recorded", progress.feed);
                now = self.record(&now, &kept).await?;
            }
        }
        if now != *progress {
            return Ok(Saved::Stored(now.revision));
        }
        self.log.advance(&progress.ended(), &Step::Nothing).await
    }

    /// The answers that were kept and not recorded: the process that kept them has stopped, or is about to record them.
    async fn unrecorded(&self, progress: &Progress) -> Result<Vec<Kept>, PortError> {
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
            unrecorded.push(Kept::new(feed, key, &body, 1));
        }
        // One without rows and without damage was an end.
        unrecorded.retain(|it| it.has_rows() || it.is_damaged());
        Ok(unrecorded)
    }

    /// Records a kept answer as the next page, once, and returns the progress after that. If another poll has recorded
    /// other answers meanwhile, it becomes the page after those: all of them have rows that do not come again.
    async fn record(&self, progress: &Progress, kept: &Kept) -> Result<Progress, PortError> {
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
                asked: kept.asked,
                repeated: 0,
                replaced: None,
            };
            let taken = progress.taken(&record, csv_bytes, has_cursor(feed));
            if let Saved::Stored(revision) = self.log.advance(&taken, &Step::Page(record)).await? {
                return Ok(Progress { revision, ..taken });
            }
            let Some(now) = self.log.progress(feed).await? else { return Ok(progress) };
            // A table comes again with the next poll.
            if !has_cursor(feed) || self.is_on(&kept.key, feed, progress.pages..now.pages).await? {
                return Ok(now);
            }
            progress = now;
        }
    }

    /// Whether one of these pages has the answer of this key.
    async fn is_on(&self, key: &str, feed: Feed, pages: Range<u32>) -> Result<bool, PortError> {
        Ok(!pages.is_empty() && self.log.pages(feed, pages).await?.iter().any(|it| it.key == key))
    }

    /// Whether the last page that was taken has the same bytes.
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
