//! Records the error of a poll.

use calendar::Clock;
use feeds::{Feed, FeedClient, FeedLog, PollError, PollQueue};
use imports::{Batches, Files, Imports};
use lambda_kit::Chain;

use crate::{PollFeedError, PollFeeds};

/// The maximum length of a recorded error.
const MAX_ERROR_CHARS: usize = 500;

impl<S, L, F, I, Q, C> PollFeeds<S, L, F, I, Q, C>
where
    S: FeedClient,
    L: FeedLog,
    F: Files,
    I: Imports + Batches,
    Q: PollQueue,
    C: Clock,
{
    /// Records the error for operators. A failure to record it is only logged: the poll has failed with `error`.
    pub(crate) async fn note(&self, feed: Feed, error: &PollFeedError) {
        let what = Chain(error).to_string().chars().take(MAX_ERROR_CHARS).collect();
        let error = PollError { at: self.clock.now(), what };
        if let Err(error) = self.log.note_error(feed, &error).await {
            tracing::warn!(error = %Chain(&error), "cannot record why the poll of {feed} has failed");
        }
    }
}
