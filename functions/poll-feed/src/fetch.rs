//! Fetches a page, with retries.

use backoff::Backoff;
use calendar::Clock;
use feeds::{Feed, FeedClient, Page};

use crate::deadline::Deadline;
use crate::{NoPage, PollFeedError};

/// The requested page and its retry limit.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) feed: Feed,
    /// The page's number.
    pub(crate) number: u32,
    pub(crate) cursor: &'a str,
    /// The maximum number of requests for a page that differs from its declared counts; then it is accepted, and the
    /// proof shows the gap.
    pub(crate) max_mismatches: u32,
}

/// The result of fetching.
pub(crate) enum Fetched {
    /// The page.
    Page(Box<Answer>),
    /// No time is left; the result of the last attempt.
    OutOfTime(NoPage),
}

/// A page and its request counts.
pub(crate) struct Answer {
    pub(crate) page: Page,
    /// The unchanged response.
    pub(crate) body: Vec<u8>,
    /// The number of requests.
    pub(crate) requests: u32,
    /// The number of responses with another page.
    pub(crate) repeated: u32,
}

/// Requests a page until the response is this page, or until the deadline leaves no time for another response.
pub(crate) async fn page<S: FeedClient, C: Clock>(
    server: &S,
    wanted: Wanted<'_>,
    deadline: Deadline<'_, C>,
) -> Result<Fetched, PollFeedError> {
    let Wanted { feed, number, cursor, max_mismatches } = wanted;
    let no_page = |last: NoPage| PollFeedError::NoPage { feed, page: number, last };
    let (mut requests, mut repeated, mut mismatches) = (0_u32, 0_u32, 0_u32);
    let (mut backoff, mut before) = (Backoff::default(), NoPage::Late);
    while deadline.allows_an_answer() {
        requests = requests.saturating_add(1);
        let last = match server.fetch_page(feed, cursor).await {
            Err(error) if error.is_final() => return Err(no_page(error.into())),
            Err(error) => NoPage::from(error),
            Ok(body) => match Page::parse(feed, &body) {
                Err(error) => NoPage::from(error),
                Ok(page) if page.cursor != cursor => {
                    repeated = repeated.saturating_add(1);
                    NoPage::Repeated
                }
                Ok(page) => {
                    let as_declared = page.is_as_declared();
                    mismatches = mismatches.saturating_add(u32::from(!as_declared));
                    if as_declared || mismatches >= max_mismatches {
                        return Ok(Fetched::Page(Box::new(Answer { page, body, requests, repeated })));
                    }
                    continue;
                }
            },
        };
        tracing::warn!(page = number, error = %lambda_kit::Chain(&last), "no page of {feed}; retrying");
        if !backoff.wait().await {
            return Err(no_page(last));
        }
        before = last;
    }
    Ok(Fetched::OutOfTime(before))
}
