use feeds::{AskError, Feed, PageError};
use imports::PortError;
use lambda_kit::batch::MessageError;
use lambda_kit::{Failure, Severity};

/// Why a poll has stopped. Polling again takes up where the feed stands.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PollFeedError {
    /// A version of the message that is not known here.
    #[error("a request of version {0} is not known here")]
    UnknownVersion(u32),
    /// The message is none of ours.
    #[error("cannot tell which feed to poll")]
    Message(#[from] MessageError),
    /// Record, bucket or queue failed.
    #[error("cannot poll {0}")]
    Port(Feed, #[source] PortError),
    /// The queue failed before any feed was polled.
    #[error("cannot ask for the feeds to be polled")]
    FanOut(#[source] PortError),
    /// The bank's server gives no page, as often as it was asked.
    #[error("cannot get page {page} of {feed}")]
    NoPage {
        /// Of which feed.
        feed: Feed,
        /// The page's number.
        page: u32,
        /// What came of the last try.
        #[source]
        last: NoPage,
    },
    /// The page has rows and leads to itself.
    #[error("page {page} of {feed} leads to itself")]
    Circle {
        /// Of which feed.
        feed: Feed,
        /// The page's number.
        page: u32,
    },
    /// A page that was kept is gone, or cannot be read any more.
    #[error("page {page} of {feed} is not as it was kept")]
    LostPage {
        /// Of which feed.
        feed: Feed,
        /// The page's number.
        page: u32,
    },
    /// The file of an import cannot be written.
    #[error("cannot gather pages of {0}")]
    Gather(Feed, #[source] std::io::Error),
    /// The companies' feed, before which no transfer may be imported, does not come to its end.
    #[error("{0} still waits for the companies")]
    NoCompanies(Feed),
}

/// What came instead of a page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoPage {
    /// Nothing.
    #[error("the server has not answered with a page")]
    Ask(#[from] AskError),
    /// Something else.
    #[error("the answer is no page")]
    Page(#[from] PageError),
    /// No time was left to ask.
    #[error("no time was left to ask")]
    Late,
    /// Another page.
    #[error("another page came instead")]
    Repeated,
}

impl Failure for PollFeedError {
    fn severity(&self) -> Severity {
        if matches!(self, Self::NoPage { .. }) { Severity::Warn } else { Severity::Error }
    }
}
