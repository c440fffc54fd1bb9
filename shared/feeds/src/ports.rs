//! The ports of feeds.

use std::fmt;
use std::ops::Range;

use calendar::Moment;
use imports::{PortError, Saved};
use serde::{Deserialize, Serialize};

use crate::{Closed, Feed, FeedFormat, PageBatch, PageRecord, Progress, Proof};

/// The port to the bank's feed server.
pub trait FeedClient {
    /// The format of its answers.
    fn format(&self) -> FeedFormat {
        FeedFormat::Millrace
    }

    /// For a format without an end marker: the number of consecutive requests without a response that means the end of
    /// a feed.
    fn end_after_silences(&self) -> u32 {
        3
    }

    /// Sends one request for the page of `feed` at `cursor` (empty: the first) and returns the body of the response.
    ///
    /// With [`FeedFormat::Cdm`] the server keeps the cursor and moves it with each response: `cursor` is not used, a
    /// concurrent instance gets another page, and a response that is not stored is lost.
    fn fetch_page(&self, feed: Feed, cursor: &str) -> impl Future<Output = Result<Vec<u8>, FetchError>> + Send;
}

/// Why the bank's server returned no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// It does not respond in time, or responds with a server error: a retry may help.
    #[error("the feed's server fails: {0}")]
    Failing(String),
    /// It accepts the connection and sends nothing: it stays silent or closes the connection.
    #[error("the feed's server does not answer: {0}")]
    NoAnswer(String),
    /// Its response is truncated. Only with [`FeedFormat::Cdm`]; in other formats a truncated response is useless.
    #[error("the feed's server has sent only a part of the response")]
    Cut(CutAnswer),
    /// It refuses the request: a retry does not help.
    #[error("the feed's server refuses the request with status {0}")]
    Refused(u16),
    /// Its response exceeds the maximum size of a page.
    #[error("the feed's server answers with more than {0} bytes")]
    TooLarge(u64),
    /// It required credentials that do not work: a retry does not help.
    #[error("the credentials for the feed's server do not work: {0}")]
    Credentials(Box<dyn std::error::Error + Send + Sync>),
}

impl FetchError {
    /// Whether the same request will fail again.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::TooLarge(_) | Self::Credentials(_))
    }
}

/// The received part of a response. It prints without its rows.
#[derive(Clone, PartialEq, Eq)]
pub struct CutAnswer(pub Vec<u8>);

impl fmt::Debug for CutAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CutAnswer({} bytes)", self.0.len())
    }
}

/// The port to the record of each feed's progress and pages.
///
/// Several instances may work on one feed at once. Between two calls of one instance another may advance the feed by
/// any number of steps: pages, page batches and the closed part may be older or newer than the progress that was read
/// before. So every write is [`FeedLog::advance`], conditional on the version of the progress: it fails if anything was
/// written since that progress was read.
pub trait FeedLog {
    /// The progress of `feed`, read consistently; `None` if it was never polled.
    fn progress(&self, feed: Feed) -> impl Future<Output = Result<Option<Progress>, PortError>> + Send;

    /// Writes `progress` with the next version, together with the data of the step, if the stored version is still
    /// [`Progress::version`] (0: not stored yet). A page, a page batch or a proof replaces the one of the same number
    /// or poll.
    fn advance(&self, progress: &Progress, step: &Step) -> impl Future<Output = Result<Saved, PortError>> + Send;

    /// The pages with these numbers, read consistently, in order. Reads no others.
    fn pages(&self, feed: Feed, numbers: Range<u32>)
    -> impl Future<Output = Result<Vec<PageRecord>, PortError>> + Send;

    /// The page batches with these numbers, read consistently, in order. Reads no others.
    fn page_batches(
        &self,
        feed: Feed,
        numbers: Range<u32>,
    ) -> impl Future<Output = Result<Vec<PageBatch>, PortError>> + Send;

    /// The closed part of a feed, read consistently.
    fn closed(&self, feed: Feed) -> impl Future<Output = Result<Closed, PortError>> + Send;

    /// Records why a message of a poll has failed and replaces the previous error. Writes nothing else, so running
    /// polls are not affected.
    fn note_error(&self, feed: Feed, error: &PollError) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The last recorded error, read consistently.
    fn last_error(&self, feed: Feed) -> impl Future<Output = Result<Option<PollError>, PortError>> + Send;

    /// The latest proof.
    fn proof(&self, feed: Feed) -> impl Future<Output = Result<Option<Proof>, PortError>> + Send;
}

/// The data that is written together with a feed's progress.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A page was fetched, or replaced by the bank's correction.
    Page(PageRecord),
    /// Pages were gathered, for the first time or again.
    Gathered(PageBatch),
    /// A poll has been proven.
    Proven {
        /// Its proof.
        proof: Box<Proof>,
        /// The closed part since then.
        closed: Box<Closed>,
    },
    /// A poll has begun or has reached its end.
    Nothing,
}

/// Why a message of a poll has failed. SQS redelivers it, up to a limit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PollError {
    /// When.
    pub at: Moment,
    /// What happened, for people.
    pub what: String,
}

/// A request to poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollFeed {
    /// The version of this message.
    pub v: u32,
    /// The feed; `None`: all feeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<Feed>,
    /// The poll, identified by the time of its request; `None`: by the time of this message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Moment>,
    /// Zero-based index of this message among those of the poll and the feed: each continues where the one before
    /// stopped.
    #[serde(default)]
    pub turn: u32,
    /// The number of messages before this one that have waited for others: the delay grows with it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waits: u32,
    /// Whether the poll is a retry: it imports again what was not imported, and fetches new pages only where the last
    /// poll had not come to the feed's end.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retry: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl PollFeed {
    /// The version of the message.
    pub const VERSION: u32 = 1;

    /// A poll of all feeds, identified by the time of the message.
    pub fn all() -> Self {
        Self { v: Self::VERSION, feed: None, poll: None, turn: 0, waits: 0, retry: false }
    }
}

/// The port to the queue of polls.
pub trait PollQueue {
    /// Requests that a poll begins or continues, at least once, after about `after_seconds`.
    fn send(&self, request: PollFeed, after_seconds: u32) -> impl Future<Output = Result<(), PortError>> + Send;
}
