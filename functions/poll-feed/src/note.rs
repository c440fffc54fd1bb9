//! Recording why a poll does not get on.

use calendar::Clock;
use feeds::{Feed, FeedLog, FeedServer, PollError, PollQueue};
use imports::{Batches, Files, Imports};
use lambda_kit::Chain;

use crate::{PollFeedError, PollFeeds};

/// How much of an error is recorded.
const MOST_ERROR_CHARS: usize = 500;

impl<S, L, F, I, Q, C> PollFeeds<S, L, F, I, Q, C>
where
    S: FeedServer,
    L: FeedLog,
    F: Files,
    I: Imports + Batches,
    Q: PollQueue,
    C: Clock,
{
    /// Records an error for operators. Another failure here hides nothing: the log has both.
    pub(crate) async fn note(&self, feed: Feed, error: &PollFeedError) {
        let what = Chain(error).to_string().chars().take(MOST_ERROR_CHARS).collect();
        let error = PollError { at: self.clock.now(), what };
        if let Err(error) = self.log.note_error(feed, &error).await {
            tracing::warn!(error = %Chain(&error), "cannot record why the poll of {feed} has failed");
        }
    }
}
