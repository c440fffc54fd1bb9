//! The queue of polls.

use aws_sdk_sqs::Client;
use feeds::{PollFeed, PollQueue};
use imports::PortError;
use sqs::Queue;

/// The queue of polls in SQS.
#[derive(Clone, Debug)]
pub struct SqsPollQueue(Queue);

impl SqsPollQueue {
    /// The queue at this URL.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self(Queue::new(client, queue_url))
    }
}

impl PollQueue for SqsPollQueue {
    async fn send(&self, request: PollFeed, after_seconds: u32) -> Result<(), PortError> {
        let sent = self.0.send_after(&[request], after_seconds).await;
        sent.map_err(|error| PortError::Unavailable("the queue of polls", error.into()))
    }
}
