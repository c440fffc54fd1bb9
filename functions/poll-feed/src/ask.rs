//! Asking until a page comes.

use dynamodb::Backoff;
use feeds::{FeedServer, Page, Progress};

use crate::{NoPage, PollFeedError};

/// How often a page whose rows are not as declared is asked for again, before it is taken as it is: its gap shows in
/// the proof.
const MOST_MISMATCHES: u32 = 4;

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

/// Asks for the page that `progress` stands at.
pub(crate) async fn page<S: FeedServer>(server: &S, progress: &Progress) -> Result<Answer, PollFeedError> {
    let (feed, cursor) = (progress.feed, progress.cursor.as_str());
    let no_page = |last: NoPage| PollFeedError::NoPage { feed, page: progress.pages, last };
    let (mut asked, mut repeated, mut mismatches) = (0_u32, 0_u32, 0_u32);
    let mut backoff = Backoff::default();
    loop {
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
                    let as_declared = page.received.is_as_declared(&page.declared);
                    mismatches = mismatches.saturating_add(u32::from(!as_declared));
                    if as_declared || mismatches >= MOST_MISMATCHES {
                        return Ok(Answer { page, body, asked, repeated });
                    }
                    continue;
                }
            },
        };
        tracing::warn!(page = progress.pages, error = %lambda_kit::Chain(&last), "no page of {feed}; asking again");
        if !backoff.wait().await {
            return Err(no_page(last));
        }
    }
}
