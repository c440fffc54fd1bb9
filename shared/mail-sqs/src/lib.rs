//! The queue of summaries to send.

use aws_sdk_sqs::Client;
use banking::AccountNumber;
use mail::outbox::{RequestSummariesError, SummaryRequest, SummaryRequests};
use sqs::Queue;

/// The queue of summaries.
#[derive(Clone, Debug)]
pub struct SqsSummaryRequests(Queue);

impl SqsSummaryRequests {
    /// The queue at this URL.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self(Queue::new(client, queue_url))
    }
}

impl SummaryRequests for SqsSummaryRequests {
    async fn request(&self, import: &str, accounts: &[AccountNumber]) -> Result<(), RequestSummariesError> {
        let requests: Vec<_> = accounts.iter().map(|it| SummaryRequest::new(import, it.clone())).collect();
        self.0.send(&requests).await.map_err(|error| RequestSummariesError(error.into()))
    }
}
