//! The queue of polls.

use aws_sdk_sqs::Client;
use feeds::{PollFeed, PollQueue};
use imports::PortError;

/// The maximum delay of a message in SQS, in seconds.
const MAX_DELAY_SECONDS: u32 = 900;

/// The queue of polls in SQS.
#[derive(Clone, Debug)]
pub struct SqsPollQueue {
    client: Client,
    queue_url: String,
}

impl SqsPollQueue {
    /// The queue at this URL.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self { client, queue_url: queue_url.into() }
    }
}

impl PollQueue for SqsPollQueue {
    async fn send(&self, request: PollFeed, after_seconds: u32) -> Result<(), PortError> {
        let body = serde_json::to_string(&request).map_err(failed)?;
        let delay = i32::try_from(after_seconds.min(MAX_DELAY_SECONDS)).unwrap_or(0);
        let call = self.client.send_message().queue_url(&self.queue_url).message_body(body).delay_seconds(delay);
        call.send().await.map_err(failed)?;
        Ok(())
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PortError {
    PortError::Unavailable("the queue of polls", error.into())
}
