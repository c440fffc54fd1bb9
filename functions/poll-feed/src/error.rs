use feeds::{Feed, FetchError, PageError};
use imports::PortError;
use lambda_kit::batch::MessageError;
use lambda_kit::{Failure, Severity};

/// Why a poll has stopped. A retry continues from the recorded progress.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PollFeedError {
    /// An unknown version of the message.
    #[error("unknown version {0} of a request")]
    UnknownVersion(u32),
    /// The message is unreadable.
    #[error("cannot read the request to poll a feed")]
    Message(#[from] MessageError),
    /// The progress record, the bucket or the queue failed.
    #[error("cannot poll {0}")]
    Port(Feed, #[source] PortError),
    /// The queue failed before any feed was polled.
    #[error("cannot request the polls of the feeds")]
    FanOut(#[source] PortError),
    /// The bank's server returned no page, despite retries.
    #[error("cannot get page {page} of {feed}")]
    NoPage {
        /// The feed.
        feed: Feed,
        /// The page's number.
        page: u32,
        /// The result of the last attempt.
        #[source]
        last: NoPage,
    },
    /// The page has rows and its `next` is its own cursor.
    #[error("the next page of page {page} of {feed} is the page itself")]
    Circle {
        /// The feed.
        feed: Feed,
        /// The page's number.
        page: u32,
    },
    /// A stored page is missing or unreadable.
    #[error("the stored page {page} of {feed} is missing or unreadable")]
    LostPage {
        /// The feed.
        feed: Feed,
        /// The page's number.
        page: u32,
    },
    /// The file of an import cannot be written.
    #[error("cannot gather pages of {0}")]
    Gather(Feed, #[source] std::io::Error),
    /// The feed of companies, which transfers depend on, has not reached its end in time.
    #[error("{0} still waits for the companies")]
    NoCompanies(Feed),
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoPage {
    /// The request failed.
    #[error("the server has not returned a page")]
    Fetch(#[from] FetchError),
    /// The response is not a page.
    #[error("the response is not a page")]
    Page(#[from] PageError),
    /// No time was left for a request.
    #[error("no time was left for a request")]
    Late,
    /// The response is another page.
    #[error("the server returned another page")]
    Repeated,
}

impl Failure for PollFeedError {
    fn severity(&self) -> Severity {
        if matches!(self, Self::NoPage { .. }) { Severity::Warn } else { Severity::Error }
    }
}
