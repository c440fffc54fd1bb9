//! Asking until a page comes.

use calendar::Clock;
use dynamodb::Backoff;
use feeds::{Feed, FeedServer, Page};

use crate::deadline::Deadline;
use crate::{NoPage, PollFeedError};

/// Which page is asked for, and how persistently.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) feed: Feed,
    /// The page's number.
    pub(crate) number: u32,
    pub(crate) cursor: &'a str,
    /// How often a page that is not as it declares is asked for before it is taken as it is: its gap shows in the proof.
    pub(crate) most_mismatches: u32,
}

/// What came of asking.
pub(crate) enum Asked {
    /// The page.
    Page(Box<Answer>),
    /// The time was over before it came; after the last try this came instead.
    OutOfTime(NoPage),
}

/// A page, and how it came.
pub(crate) struct Answer {
    pub(crate) page: Page,
    /// As it came.
    pub(crate) body: Vec<u8>,
    /// How often it was asked for.
    pub(crate) asked: u32,
    /// How often another one came instead.
    pub(crate) repeated: u32,
}

/// Asks for a page, as long as an answer would come in time.
pub(crate) async fn page<S: FeedServer, C: Clock>(
    server: &S,
    wanted: Wanted<'_>,
    deadline: Deadline<'_, C>,
) -> Result<Asked, PollFeedError> {
    let Wanted { feed, number, cursor, most_mismatches } = wanted;
    let no_page = |last: NoPage| PollFeedError::NoPage { feed, page: number, last };
    let (mut asked, mut repeated, mut mismatches) = (0_u32, 0_u32, 0_u32);
    let (mut backoff, mut before) = (Backoff::default(), NoPage::Late);
    while deadline.allows_an_answer() {
        asked = asked.saturating_add(1);
        let last = match server.ask(feed, cursor).await {
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
                    if as_declared || mismatches >= most_mismatches {
                        return Ok(Asked::Page(Box::new(Answer { page, body, asked, repeated })));
                    }
                    continue;
                }
            },
        };
        tracing::warn!(page = number, error = %lambda_kit::Chain(&last), "no page of {feed}; asking again");
        if !backoff.wait().await {
            return Err(no_page(last));
        }
        before = last;
    }
    Ok(Asked::OutOfTime(before))
}
