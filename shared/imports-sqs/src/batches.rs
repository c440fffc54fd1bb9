use aws_sdk_sqs::Client;
use imports::{BatchQueue, PortError, PostBatch};
use sqs::Queue;

use crate::failed;

/// The queue of batches to post.
#[derive(Clone, Debug)]
pub struct SqsBatchQueue(Queue);

impl SqsBatchQueue {
    /// The queue at this URL.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self(Queue::new(client, queue_url))
    }
}

impl BatchQueue for SqsBatchQueue {
    async fn send(&self, requests: &[PostBatch]) -> Result<(), PortError> {
        self.0.send(requests).await.map_err(failed)
    }
}
