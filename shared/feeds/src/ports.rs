//! What feeds need of the outside.

use std::fmt;
use std::ops::Range;

use calendar::Moment;
use imports::{PortError, Saved};
use serde::{Deserialize, Serialize};

use crate::{Closed, CredentialsError, Feed, FeedFormat, Gathering, PageRecord, PollError, Progress, Proof, Step};

/// The port to the bank's server.
pub trait FeedServer {
    /// The format of its answers.
    fn format(&self) -> FeedFormat {
        FeedFormat::Millrace
    }

    /// With a format that does not say where a feed ends: after so many requests in a row without an answer it has.
    fn end_after_silences(&self) -> u32 {
        3
    }

    /// Asks once for the page of `feed` at `cursor` (empty: the first), and returns the answer's body.
    ///
    /// With [`FeedFormat::Cdm`] the server keeps the cursor and moves it when it answers: `cursor` is not used, another
    /// instance that asks at the same time gets another page, and an answer that is not kept is lost.
    fn ask(&self, feed: Feed, cursor: &str) -> impl Future<Output = Result<Vec<u8>, AskError>> + Send;
}

/// Why the bank's server gives no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// It does not answer, or not in time, or with a failure of its own: asking again may help.
    #[error("the feed's server fails: {0}")]
    Failing(String),
    /// It is reached and sends nothing at all: it stays silent, or closes the connection.
    #[error("the feed's server does not answer: {0}")]
    NoAnswer(String),
    /// Its answer ends in the middle. Only with [`FeedFormat::Cdm`]: other answers are useless then.
    #[error("the feed's server has sent a part of an answer only")]
    Cut(CutAnswer),
    /// It refuses the question: asking again does not help.
    #[error("the feed's server refuses the question with status {0}")]
    Refused(u16),
    /// It answers with more than a page may have.
    #[error("the feed's server answers with more than {0} bytes")]
    TooLarge(u64),
    /// It required credentials that do not work: a retry does not help.
    #[error("the credentials for the feed's server do not work: {0}")]
    Credentials(CredentialsError),
}

impl AskError {
    /// Whether the same question will have the same answer.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::TooLarge(_) | Self::Credentials(_))
    }
}

/// The part of an answer that came. It prints without its rows.
#[derive(Clone, PartialEq, Eq)]
pub struct CutAnswer(pub Vec<u8>);

impl fmt::Debug for CutAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CutAnswer({} bytes)", self.0.len())
    }
}

/// The port to the record of what has been taken of each feed.
///
/// Several instances may work on one feed at once. Between two calls of one of them another may advance the feed by
/// any number of steps: what was read of pages, gatherings and the closed part may be older or newer than the progress
/// that was read before. So every write is [`FeedLog::advance`], on condition of the revision of the progress: it fails
/// if anything at all was written since that progress was read.
pub trait FeedLog {
    /// How far `feed` is, consistent; `None`: it was never polled.
    fn progress(&self, feed: Feed) -> impl Future<Output = Result<Option<Progress>, PortError>> + Send;

    /// Writes `progress` and what belongs to it in one step, if the stored revision is still [`Progress::revision`]
    /// (0: there is none yet), with the next revision. A page, a gathering or a proof replaces the one of the same number
    /// or poll.
    fn advance(&self, progress: &Progress, step: &Step) -> impl Future<Output = Result<Saved, PortError>> + Send;

    /// The pages of these numbers, consistent, in order. Reads no others.
    fn pages(&self, feed: Feed, numbers: Range<u32>)
    -> impl Future<Output = Result<Vec<PageRecord>, PortError>> + Send;

    /// The gatherings of these numbers, consistent, in order. Reads no others.
    fn gatherings(
        &self,
        feed: Feed,
        numbers: Range<u32>,
    ) -> impl Future<Output = Result<Vec<Gathering>, PortError>> + Send;

    /// What is closed of a feed, consistent.
    fn closed(&self, feed: Feed) -> impl Future<Output = Result<Closed, PortError>> + Send;

    /// Records why a message of a poll has failed, in place of the error before it. Writes nothing else, so no poll that is
    /// under way notices it.
    fn note_error(&self, feed: Feed, error: &PollError) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The last error recorded, consistent.
    fn last_error(&self, feed: Feed) -> impl Future<Output = Result<Option<PollError>, PortError>> + Send;

    /// The proof of the latest poll that has one.
    fn proof(&self, feed: Feed) -> impl Future<Output = Result<Option<Proof>, PortError>> + Send;
}

/// A request to poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollFeed {
    /// The version of this message.
    pub v: u32,
    /// Which feed; none: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<Feed>,
    /// Which poll, named by when it was asked for; none: by when this message was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Moment>,
    /// Zero-based index of this message among those of the poll and the feed: each continues where the one before
    /// stopped.
    #[serde(default)]
    pub turn: u32,
    /// How many messages before this one have waited for others without a pause: the delay grows with them.
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

    /// A poll of all feeds, named by when the message is sent.
    pub fn all() -> Self {
        Self { v: Self::VERSION, feed: None, poll: None, turn: 0, waits: 0, retry: false }
    }
}

/// The port to the queue of polls.
pub trait PollQueue {
    /// Asks for a poll to be begun or to go on, at least once, in about so many seconds.
    fn send(&self, request: PollFeed, after_seconds: u32) -> impl Future<Output = Result<(), PortError>> + Send;
}
