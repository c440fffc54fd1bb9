use calendar::Moment;
use imports::PortError;

use crate::{Feed, FeedLog, Next, PollError, Progress, Proof};

/// The status of a feed for operators.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeedStatus {
    /// The feed.
    pub feed: Feed,
    /// `never-polled`, `fetching`, `importing`, `proving`, or `idle` if no poll is running.
    pub state: &'static str,
    /// When the current or the last poll was requested.
    pub poll: Option<Moment>,
    /// The number of fetched pages.
    pub pages: u32,
    /// When the feed was last proven.
    pub proven_at: Option<Moment>,
    /// The last error since then.
    pub error: Option<PollError>,
    /// The last proof.
    pub proof: Option<Proof>,
}

impl FeedStatus {
    /// Loads the status of `feed`.
    pub async fn load(log: &impl FeedLog, feed: Feed) -> Result<Self, PortError> {
        let progress = log.progress(feed).await?;
        let proven_at = progress.as_ref().and_then(|it| it.proven_at);
        let error = log.last_error(feed).await?;
        Ok(Self {
            feed,
            state: progress.as_ref().map_or("never-polled", state),
            poll: progress.as_ref().map(|it| it.poll),
            pages: progress.map_or(0, |it| it.pages),
            proven_at,
            error: error.filter(|it| proven_at.is_none_or(|proven_at| it.at > proven_at)),
            proof: log.proof(feed).await?,
        })
    }

    /// Whether the last proof has no gap, and no poll has failed since.
    pub fn is_healthy(&self) -> bool {
        self.error.is_none() && self.proof.as_ref().is_none_or(Proof::is_complete)
    }
}

fn state(progress: &Progress) -> &'static str {
    match progress.next() {
        Next::Fetch | Next::Review(_) => "fetching",
        Next::Gather(_) | Next::GatherAgain(_) => "importing",
        Next::Prove => "proving",
        Next::Rest => "idle",
    }
}
