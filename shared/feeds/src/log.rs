use std::ops::Range;

use calendar::Moment;
use imports::ImportId;
use serde::{Deserialize, Serialize};

use crate::{Counted, Feed, FeedFormat};

/// So many bytes of rows are gathered into one import; a feed's end gathers what there is.
pub const MOST_WAITING_BYTES: u64 = 128 * 1024 * 1024;

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
    /// The last poll that has been proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<Moment>,
    /// How often this has been written; the storage's own business.
    #[serde(default)]
    pub revision: u64,
}

/// What a poll does next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Ask for the page at the cursor.
    Ask,
    /// Gather these pages into an import.
    Gather(Range<u32>),
    /// Prove what has been taken.
    Prove,
    /// Nothing: the poll has ended.
    Rest,
}

/// What is written together with a feed's progress.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A page has been taken.
    Page(PageRecord),
    /// Pages have been gathered.
    Gathered(Gathering),
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
    /// Without cursors: how many answers, this one among them, ended in the middle or could not be read since the page
    /// before.
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
    /// What is.
    pub received: Counted,
    /// How often it was asked for until it came.
    pub asked: u32,
    /// How often another page came instead.
    pub repeated: u32,
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
            proven: None,
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
        } else if self.proven != Some(self.poll) {
            Next::Prove
        } else {
            Next::Rest
        }
    }

    /// The progress when `poll` begins: where the last one stood. `None`: it is an earlier poll, or this one.
    pub fn begun(&self, poll: Moment) -> Option<Self> {
        (poll > self.poll).then(|| Self { poll, turn: 0, at_end: false, ..self.clone() })
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
        Self { at_end: true, ..self.clone() }
    }

    /// The progress when all pages taken have been gathered.
    pub fn gathered(&self) -> Self {
        Self { gathered: self.pages, waiting_bytes: 0, imports: self.imports.saturating_add(1), ..self.clone() }
    }

    /// The progress when the poll is proven.
    pub fn proven(&self) -> Self {
        Self { proven: Some(self.poll), ..self.clone() }
    }
}

impl PageRecord {
    /// The key of the object that names the body of page `number`, from when it was kept until it is recorded.
    pub fn pending_key(feed: Feed, number: u32) -> String {
        format!("feeds/{feed}/pending/{number:08}.txt")
    }

    /// The key of the object that keeps page `number` of `feed`; `hash` is of its bytes, for two polls at once may
    /// receive different ones.
    pub fn key(feed: Feed, number: u32, hash: &str) -> String {
        format!("feeds/{feed}/{number:08}-{hash}.json")
    }
}

impl Gathering {
    /// The key under which pages of `feed` are imported.
    pub fn key(feed: Feed, pages: &Range<u32>) -> String {
        format!("imports/{feed}/pages-{:08}-{:08}.csv.gz", pages.start, pages.end)
    }
}
