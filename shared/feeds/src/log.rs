use std::collections::BTreeSet;
use std::ops::Range;

use calendar::Moment;
use imports::{ImportId, Version};
use serde::{Deserialize, Serialize};

use crate::{Counted, Feed, FeedFormat, UnreadableSum};

/// The number of bytes of rows that trigger an import; the end of a feed gathers the remaining pages.
pub const MAX_WAITING_BYTES: u64 = 128 * 1024 * 1024;

/// The minimum time between two moves of an [`AnswerWindow`]: an hour.
const WINDOW_MICROS: i64 = 3_600_000_000;
/// The suffix of the key of a truncated answer, before `.json`.
const CUT: &str = "-cut";

/// The progress of a feed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// The feed.
    pub feed: Feed,
    /// When the current or the last poll was requested.
    pub poll: Moment,
    /// The number of the current message of the poll: each message that continues another one has the next number.
    pub turn: u32,
    /// The cursor of the next page.
    pub cursor: String,
    /// The number of fetched pages.
    pub pages: u32,
    /// Whether the poll has reached the feed's end.
    pub at_end: bool,
    /// The number of pages, from the first, that were gathered into imports.
    pub gathered: u32,
    /// The bytes of rows on pages that were not gathered yet.
    pub waiting_bytes: u64,
    /// The number of imports.
    pub imports: u32,
    /// The number of fetched pages at the start of the poll.
    pub pages_before: u32,
    /// Without cursors: which stored answers may be unrecorded.
    pub answers: AnswerWindow,
    /// Whether the poll is a retry: it continues where the last one ended, and also imports again what was not
    /// imported.
    pub retry: bool,
    /// The poll has reviewed the pages before this one.
    pub reviewed_to: u32,
    /// The last poll with a finished review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<Moment>,
    /// The numbers of the page batches to import again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<u32>,
    /// The last poll that has been proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<Moment>,
    /// When that poll was proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven_at: Option<Moment>,
    /// The version of the record for conditional writes; managed by the storage.
    #[serde(skip)]
    pub version: Version,
}

/// The first page from which to search for stored but unrecorded answers. A process may store an answer after a later
/// poll has ended, so the window moves after an hour: longer than any process runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AnswerWindow {
    /// All answers for earlier pages are recorded.
    pub from: u32,
    /// The start of the window after its next move.
    then_from: u32,
    /// The last poll that moved it.
    moved: Option<Moment>,
}

impl AnswerWindow {
    /// The window after `poll`, which began with `pages` pages, has reached the feed's end.
    fn ended(self, poll: Moment, pages_before: u32) -> Self {
        let since = |it: Moment| poll.micros().saturating_sub(it.micros());
        if self.moved.is_some_and(|it| since(it) < WINDOW_MICROS) {
            return self;
        }
        Self { from: self.then_from, then_from: pages_before, moved: Some(poll) }
    }
}

/// The next step of a poll.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Fetch the page at the cursor.
    Fetch,
    /// Gather these pages into an import.
    Gather(Range<u32>),
    /// Fetch again pages of earlier polls that differ from their declared counts, starting at this number.
    Review(u32),
    /// Gather the pages of this batch again, into another import.
    GatherAgain(u32),
    /// Prove the feed.
    Prove,
    /// Nothing: the poll has ended.
    Rest,
}

/// A fetched page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PageRecord {
    /// Its number, from 0.
    pub number: u32,
    /// Its format.
    pub format: FeedFormat,
    /// Without cursors: 1 if the answer is truncated or unreadable. The page of an unreadable answer has no rows.
    pub damaged: u32,
    /// The cursor of the request.
    pub cursor: String,
    /// The cursor of the next page.
    pub next: String,
    /// The object with the unchanged response.
    pub key: String,
    /// The declared rows and sums.
    pub declared: Counted,
    /// The declared sums that cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable_sums: Vec<UnreadableSum>,
    /// What is.
    pub received: Counted,
    /// The number of requests until it arrived.
    #[serde(rename = "asked")]
    pub requests: u32,
    /// The number of responses with another page.
    pub repeated: u32,
    /// The page before the bank corrected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<ReplacedPage>,
}

/// A page that was fetched, and maybe posted, before the bank corrected it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReplacedPage {
    /// The object with its content.
    pub key: String,
    /// Its rows and sums.
    pub received: Counted,
    /// The number of its rows that are missing on the corrected page.
    pub withdrawn: u64,
}

/// Pages that are imported together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PageBatch {
    /// Its number, from 0.
    pub number: u32,
    /// The first page.
    pub from: u32,
    /// The page after the last one.
    pub to: u32,
    /// The imported object.
    pub key: String,
    /// Its import.
    pub import: ImportId,
    /// How many times the pages were gathered again.
    pub attempt: u32,
    /// The earlier imports of these pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<ImportId>,
}

impl Progress {
    /// The progress of a new feed at the begin of `poll`.
    pub fn new(feed: Feed, poll: Moment) -> Self {
        Self {
            feed,
            poll,
            turn: 0,
            cursor: String::new(),
            pages: 0,
            at_end: false,
            gathered: 0,
            waiting_bytes: 0,
            imports: 0,
            pages_before: 0,
            answers: AnswerWindow::default(),
            retry: false,
            reviewed_to: 0,
            reviewed: None,
            again: Vec::new(),
            proven: None,
            proven_at: None,
            version: Version::default(),
        }
    }

    /// The next step.
    pub fn next(&self) -> Next {
        let waits = self.gathered < self.pages;
        if waits && (self.at_end || self.waiting_bytes >= MAX_WAITING_BYTES) {
            Next::Gather(self.gathered..self.pages)
        } else if !self.at_end {
            Next::Fetch
        } else if self.reviewed != Some(self.poll) {
            Next::Review(self.reviewed_to)
        } else if let Some(page_batch) = self.again.first() {
            Next::GatherAgain(*page_batch)
        } else if self.proven != Some(self.poll) {
            Next::Prove
        } else {
            Next::Rest
        }
    }

    /// The progress at the begin of `poll`, which continues where the last poll ended. `None` if `poll` is the current
    /// or an earlier one.
    pub fn begun(&self, poll: Moment) -> Option<Self> {
        let begun = || Self {
            poll,
            turn: 0,
            at_end: false,
            pages_before: self.pages,
            retry: false,
            reviewed_to: 0,
            ..self.clone()
        };
        (poll > self.poll).then(begun)
    }

    /// The same for a retry: a feed at its end stays at its end.
    pub fn retried(&self, poll: Moment) -> Option<Self> {
        self.begun(poll).map(|it| Self { at_end: self.at_end, retry: true, ..it })
    }

    /// The progress when message `turn` of the poll starts.
    pub fn turned(&self, turn: u32) -> Self {
        Self { turn, ..self.clone() }
    }

    /// The progress after `page` was fetched, with `csv_bytes` of rows; `more` tells whether the feed continues.
    pub fn taken(&self, page: &PageRecord, csv_bytes: u64, more: bool) -> Self {
        Self {
            cursor: page.next.clone(),
            pages: self.pages.saturating_add(1),
            waiting_bytes: self.waiting_bytes.saturating_add(csv_bytes),
            at_end: !more,
            ..self.clone()
        }
    }

    /// The progress at the feed's end.
    pub fn ended(&self) -> Self {
        Self { at_end: true, answers: self.answers.ended(self.poll, self.pages_before), ..self.clone() }
    }

    /// The progress after all fetched pages were gathered.
    pub fn gathered(&self) -> Self {
        Self { gathered: self.pages, waiting_bytes: 0, imports: self.imports.saturating_add(1), ..self.clone() }
    }

    /// The progress after the pages before `to` were reviewed.
    pub fn reviewed_to(&self, to: u32) -> Self {
        Self { reviewed_to: to, ..self.clone() }
    }

    /// The progress after `page`, which is part of page batch `number`, was replaced.
    pub fn replaced(&self, page: &PageRecord, number: u32) -> Self {
        let to = page.number.saturating_add(1);
        // No page follows the last one yet, so its end may have moved.
        let cursor = if to == self.pages { page.next.clone() } else { self.cursor.clone() };
        Self { cursor, ..self.reviewed_to(to).gathers_again([number]) }
    }

    /// The progress after the review, with the page batches to import again.
    pub fn reviewed(&self, again: impl IntoIterator<Item = u32>) -> Self {
        Self { reviewed: Some(self.poll), ..self.gathers_again(again) }
    }

    fn gathers_again(&self, numbers: impl IntoIterator<Item = u32>) -> Self {
        let again: BTreeSet<u32> = self.again.iter().copied().chain(numbers).collect();
        Self { again: again.into_iter().collect(), ..self.clone() }
    }

    /// The progress after the pages of batch `number` were gathered again.
    pub fn gathered_again(&self, number: u32) -> Self {
        let again = self.again.iter().copied().filter(|it| *it != number);
        Self { again: again.collect(), ..self.clone() }
    }

    /// The progress after the poll is proven at `now`.
    pub fn proven(&self, now: Moment) -> Self {
        Self { proven: Some(self.poll), proven_at: Some(now), ..self.clone() }
    }
}

impl PageRecord {
    /// The key of the object with an answer of a server without cursors. `number` is the number of the next page at
    /// that time; the answer is recorded as that page or a later one. `is_cut`: the connection ended early.
    pub fn answer_key(feed: Feed, number: u32, hash: &str, is_cut: bool) -> String {
        let cut = if is_cut { CUT } else { "" };
        format!("{}{number:08}-{hash}{cut}.json", Self::answers_prefix(feed))
    }

    /// The common prefix of the keys of all answers of `feed`.
    pub fn answers_prefix(feed: Feed) -> String {
        format!("feeds/{feed}/answers/")
    }

    /// The greatest possible key before the keys of answers for page `number` or later.
    pub fn before_answers(feed: Feed, number: u32) -> String {
        format!("{}{number:08}", Self::answers_prefix(feed))
    }

    /// Whether the answer with this key is truncated.
    pub fn is_cut(key: &str) -> bool {
        key.ends_with(&format!("{CUT}.json"))
    }

    /// Whether the page matches its declared rows and readable sums, or declares nothing.
    pub fn is_as_declared(&self) -> bool {
        let is_as_declared = self.received.is_as_declared(&self.declared) && self.unreadable_sums.is_empty();
        is_as_declared || !self.format.declares()
    }

    /// The number of rows that the bank has withdrawn after they were fetched.
    pub fn withdrawn(&self) -> u64 {
        self.replaced.as_ref().map_or(0, |it| it.withdrawn)
    }

    /// The key of the object with page `number` of `feed`; it contains the `hash` of the bytes, because two concurrent
    /// polls may receive different ones.
    pub fn key(feed: Feed, number: u32, hash: &str) -> String {
        format!("feeds/{feed}/{number:08}-{hash}.json")
    }
}

impl PageBatch {
    /// The key under which pages of `feed` are imported, the first time (`attempt` 0) or again.
    pub fn key(feed: Feed, pages: &Range<u32>, attempt: u32) -> String {
        let again = if attempt == 0 { String::new() } else { format!("-again-{attempt}") };
        format!("imports/{feed}/pages-{:08}-{:08}{again}.csv.gz", pages.start, pages.end)
    }

    /// Its pages.
    pub fn pages(&self) -> Range<u32> {
        self.from..self.to
    }

    /// The same pages, gathered again into `import`.
    #[must_use]
    pub fn again(&self, key: String, import: ImportId) -> Self {
        let earlier = self.earlier.iter().copied().chain([self.import]).collect();
        Self { key, import, attempt: self.attempt.saturating_add(1), earlier, ..self.clone() }
    }
}
