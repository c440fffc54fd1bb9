use std::collections::BTreeSet;
use std::ops::Range;

use calendar::Moment;
use imports::ImportId;
use serde::{Deserialize, Serialize};

use crate::{Closed, Counted, Feed, FeedFormat, Proof, UnreadableSum};

/// So many bytes of rows are gathered into one import; a feed's end gathers what there is.
pub const MOST_WAITING_BYTES: u64 = 128 * 1024 * 1024;

/// How long an [`AnswerWindow`] stays, at least: an hour.
const WINDOW_MICROS: i64 = 3_600_000_000;
/// What the key of an answer that was cut ends with, before `.json`.
const CUT: &str = "-cut";

/// How far a feed has been taken in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// Of which feed.
    pub feed: Feed,
    /// When the poll that is under way, or the last one, was asked for.
    pub poll: Moment,
    /// Which message of the poll is at work: each one that goes on where another left has the next number.
    #[serde(default)]
    pub turn: u32,
    /// The cursor of the next page.
    pub cursor: String,
    /// How many pages have been taken.
    pub pages: u32,
    /// Whether the poll has come to the feed's end.
    pub at_end: bool,
    /// How many pages, from the first on, have been gathered into imports.
    pub gathered: u32,
    /// Bytes of rows on the pages that have not.
    pub waiting_bytes: u64,
    /// How many imports there are.
    pub imports: u32,
    /// How many pages had been taken when the poll began.
    #[serde(default)]
    pub pages_before: u32,
    /// Without cursors: which of the answers that were kept may not be recorded.
    #[serde(default)]
    pub answers: AnswerWindow,
    /// Whether the poll is a retry: it begins where the last one stood, and also imports again what was not imported.
    #[serde(default)]
    pub retry: bool,
    /// Pages before this one have been reviewed by the poll.
    #[serde(default)]
    pub reviewed_to: u32,
    /// The last poll whose review has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<Moment>,
    /// The numbers of the gatherings that are to be imported again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<u32>,
    /// The last poll that has been proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<Moment>,
    /// When that poll was proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven_at: Option<Moment>,
    /// How often this has been written; the storage's own business.
    #[serde(default)]
    pub revision: u64,
}

/// From which page on answers are looked for that were kept and not recorded. A process may keep an answer after a later
/// poll has ended, so the window moves an hour late: longer than any process runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AnswerWindow {
    /// Every answer that came when an earlier page was the next one is recorded.
    pub from: u32,
    /// Where the window begins after it has moved.
    then_from: u32,
    /// The poll at whose end it last moved.
    moved: Option<Moment>,
}

impl AnswerWindow {
    /// The window after `poll`, which began with so many pages, has come to the feed's end.
    fn ended(self, poll: Moment, pages_before: u32) -> Self {
        let since = |it: Moment| poll.micros().saturating_sub(it.micros());
        if self.moved.is_some_and(|it| since(it) < WINDOW_MICROS) {
            return self;
        }
        Self { from: self.then_from, then_from: pages_before, moved: Some(poll) }
    }
}

/// What a poll does next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Ask for the page at the cursor.
    Ask,
    /// Gather these pages into an import.
    Gather(Range<u32>),
    /// Ask again for pages of earlier polls that are not as they declare: from this number on.
    Review(u32),
    /// Gather the pages of this gathering again, into another import.
    GatherAgain(u32),
    /// Prove what has been taken.
    Prove,
    /// Nothing: the poll has ended.
    Rest,
}

/// What is written together with a feed's progress.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A page has been taken, or replaced by what the bank corrected it to.
    Page(PageRecord),
    /// Pages have been gathered, for the first time or again.
    Gathered(Gathering),
    /// A poll has been proven.
    Proven {
        /// Its proof.
        proof: Box<Proof>,
        /// What is closed since.
        closed: Box<Closed>,
    },
    /// A poll has begun, or its end has been reached.
    Nothing,
}

/// A page that was taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PageRecord {
    /// Its number, from 0.
    pub number: u32,
    /// The format it came in.
    #[serde(default)]
    pub format: FeedFormat,
    /// Without cursors: 1 if the answer ends in the middle or cannot be read. Of one that cannot be read at all the page
    /// has no rows.
    #[serde(default)]
    pub damaged: u32,
    /// The cursor it was asked for with.
    pub cursor: String,
    /// The cursor of what follows.
    pub next: String,
    /// The object that holds it as it came.
    pub key: String,
    /// What it says is on it.
    pub declared: Counted,
    /// The sums it declares that cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable_sums: Vec<UnreadableSum>,
    /// What is.
    pub received: Counted,
    /// How often it was asked for until it came.
    pub asked: u32,
    /// How often another page came instead.
    pub repeated: u32,
    /// How it was taken before the bank corrected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<ReplacedPage>,
}

/// A page as it was taken, and perhaps posted, before the bank corrected it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReplacedPage {
    /// The object that keeps it.
    pub key: String,
    /// What was on it.
    pub received: Counted,
    /// How many of its rows are not on the corrected page.
    pub withdrawn: u64,
}

/// Pages that were gathered into an import.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Gathering {
    /// Its number, from 0.
    pub number: u32,
    /// The first page.
    pub from: u32,
    /// The page after the last one.
    pub to: u32,
    /// The object that is imported.
    pub key: String,
    /// Its import.
    pub import: ImportId,
    /// How often the pages have been gathered again.
    #[serde(default)]
    pub attempt: u32,
    /// The imports that counted before they were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<ImportId>,
}

impl Progress {
    /// A feed of which nothing has been taken, at the begin of `poll`.
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
            revision: 0,
        }
    }

    /// What is to be done next.
    pub fn next(&self) -> Next {
        let waits = self.gathered < self.pages;
        if waits && (self.at_end || self.waiting_bytes >= MOST_WAITING_BYTES) {
            Next::Gather(self.gathered..self.pages)
        } else if !self.at_end {
            Next::Ask
        } else if self.reviewed != Some(self.poll) {
            Next::Review(self.reviewed_to)
        } else if let Some(gathering) = self.again.first() {
            Next::GatherAgain(*gathering)
        } else if self.proven != Some(self.poll) {
            Next::Prove
        } else {
            Next::Rest
        }
    }

    /// The progress when `poll` begins: where the last one stood. `None`: it is an earlier poll, or this one.
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

    /// The same when `poll` is a retry: a feed that was at its end stays there.
    pub fn retried(&self, poll: Moment) -> Option<Self> {
        self.begun(poll).map(|it| Self { at_end: self.at_end, retry: true, ..it })
    }

    /// The progress when message `turn` of the poll is at work.
    pub fn turned(&self, turn: u32) -> Self {
        Self { turn, ..self.clone() }
    }

    /// The progress when `page` has been taken, with `csv_bytes` of rows; after it the feed goes on or not.
    pub fn taken(&self, page: &PageRecord, csv_bytes: u64, more: bool) -> Self {
        Self {
            cursor: page.next.clone(),
            pages: self.pages.saturating_add(1),
            waiting_bytes: self.waiting_bytes.saturating_add(csv_bytes),
            at_end: !more,
            ..self.clone()
        }
    }

    /// The progress at the feed's end, where nothing is.
    pub fn ended(&self) -> Self {
        Self { at_end: true, answers: self.answers.ended(self.poll, self.pages_before), ..self.clone() }
    }

    /// The progress when all pages taken have been gathered.
    pub fn gathered(&self) -> Self {
        Self { gathered: self.pages, waiting_bytes: 0, imports: self.imports.saturating_add(1), ..self.clone() }
    }

    /// The progress when the pages before `to` have been reviewed.
    pub fn reviewed_to(&self, to: u32) -> Self {
        Self { reviewed_to: to, ..self.clone() }
    }

    /// The progress when `page`, which is part of gathering `number`, has been replaced.
    pub fn replaced(&self, page: &PageRecord, number: u32) -> Self {
        let to = page.number.saturating_add(1);
        // Nothing follows the last page yet, so its end may have moved.
        let cursor = if to == self.pages { page.next.clone() } else { self.cursor.clone() };
        Self { cursor, ..self.reviewed_to(to).gathers_again([number]) }
    }

    /// The progress when the review has ended, and these gatherings are to be imported again.
    pub fn reviewed(&self, again: impl IntoIterator<Item = u32>) -> Self {
        Self { reviewed: Some(self.poll), ..self.gathers_again(again) }
    }

    fn gathers_again(&self, numbers: impl IntoIterator<Item = u32>) -> Self {
        let again: BTreeSet<u32> = self.again.iter().copied().chain(numbers).collect();
        Self { again: again.into_iter().collect(), ..self.clone() }
    }

    /// The progress when the pages of gathering `number` have been gathered again.
    pub fn gathered_again(&self, number: u32) -> Self {
        let again = self.again.iter().copied().filter(|it| *it != number);
        Self { again: again.collect(), ..self.clone() }
    }

    /// The progress when the poll is proven at `now`.
    pub fn proven(&self, now: Moment) -> Self {
        Self { proven: Some(self.poll), proven_at: Some(now), ..self.clone() }
    }
}

impl PageRecord {
    /// The key of the object that keeps an answer of a server without cursors. `number` is the next page's when it came;
    /// it is recorded as that page or a later one. `is_cut`: the connection ended before the answer did.
    pub fn answer_key(feed: Feed, number: u32, hash: &str, is_cut: bool) -> String {
        let cut = if is_cut { CUT } else { "" };
        format!("{}{number:08}-{hash}{cut}.json", Self::answers_prefix(feed))
    }

    /// What the keys of all answers of `feed` begin with.
    pub fn answers_prefix(feed: Feed) -> String {
        format!("feeds/{feed}/answers/")
    }

    /// The last possible key before those of answers that came when `number` or a later page was the next.
    pub fn before_answers(feed: Feed, number: u32) -> String {
        format!("{}{number:08}", Self::answers_prefix(feed))
    }

    /// Whether the answer of this key was cut.
    pub fn is_cut(key: &str) -> bool {
        key.ends_with(&format!("{CUT}.json"))
    }

    /// Whether the page has what it declares: as many rows, with the same sums, each of which can be read; or it declares nothing.
    pub fn is_as_declared(&self) -> bool {
        let is_as_declared = self.received.is_as_declared(&self.declared) && self.unreadable_sums.is_empty();
        is_as_declared || !self.format.declares()
    }

    /// How many rows the bank has withdrawn after they were taken.
    pub fn withdrawn(&self) -> u64 {
        self.replaced.as_ref().map_or(0, |it| it.withdrawn)
    }

    /// The key of the object that keeps page `number` of `feed`; `hash` is of its bytes, for two polls at once may
    /// receive different ones.
    pub fn key(feed: Feed, number: u32, hash: &str) -> String {
        format!("feeds/{feed}/{number:08}-{hash}.json")
    }
}

impl Gathering {
    /// The key under which pages of `feed` are imported, the first time (`attempt` 0) or again.
    pub fn key(feed: Feed, pages: &Range<u32>, attempt: u32) -> String {
        let again = if attempt == 0 { String::new() } else { format!("-again-{attempt}") };
        format!("imports/{feed}/pages-{:08}-{:08}{again}.csv.gz", pages.start, pages.end)
    }

    /// Its pages.
    pub fn pages(&self) -> Range<u32> {
        self.from..self.to
    }

    /// The same pages gathered again, into `import`.
    #[must_use]
    pub fn again(&self, key: String, import: ImportId) -> Self {
        let earlier = self.earlier.iter().copied().chain([self.import]).collect();
        Self { key, import, attempt: self.attempt.saturating_add(1), earlier, ..self.clone() }
    }
}
