use aws_sdk_sqs::Client;
use imports::{BatchQueue, PortError, PostBatch};

use crate::send::{failed, send_all};

/// The queue of batches to post.
#[derive(Clone, Debug)]
pub struct SqsBatchQueue {
    client: Client,
    queue_url: String,
}

impl SqsBatchQueue {
    /// The queue at this URL.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self { client, queue_url: queue_url.into() }
    }
}

impl BatchQueue for SqsBatchQueue {
    async fn send(&self, requests: &[PostBatch]) -> Result<(), PortError> {
        let bodies = requests.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        send_all(&self.client, &self.queue_url, bodies).await
    }
}
