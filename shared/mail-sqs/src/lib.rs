//! The queue of summaries to send.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use banking::AccountNumber;
use futures_util::{StreamExt, TryStreamExt, stream};
use mail::outbox::{RequestSummariesError, SummaryRequest, SummaryRequests};

/// The maximum number of messages in one call.
const MAX_MESSAGES: usize = 10;
/// The number of concurrent calls.
const AT_ONCE: usize = 8;
/// The maximum number of attempts for messages that SQS did not accept.
const MAX_TRIES: u32 = 5;

/// The queue of summaries.
#[derive(Clone, Debug)]
pub struct SqsSummaryRequests {
    client: Client,
    queue_url: String,
}

impl SqsSummaryRequests {
    /// The queue at this URL.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self { client, queue_url: queue_url.into() }
    }

    async fn send_batch(&self, bodies: Vec<String>) -> Result<(), RequestSummariesError> {
        let mut left = bodies;
        for _ in 0..MAX_TRIES {
            let entry = |(at, body): (usize, &String)| {
                SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(body).build()
            };
            let entries = left.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>().map_err(failed)?;
            let call = self.client.send_message_batch().queue_url(&self.queue_url).set_entries(Some(entries));
            let answer = call.send().await.map_err(failed)?;
            let not_taken: Vec<usize> = answer.failed().iter().filter_map(|it| it.id().parse().ok()).collect();
            left = not_taken.into_iter().filter_map(|at| left.get(at).cloned()).collect();
            if left.is_empty() {
                return Ok(());
            }
        }
        Err(failed("messages were not taken"))
    }
}

impl SummaryRequests for SqsSummaryRequests {
    async fn request(&self, import: &str, accounts: &[AccountNumber]) -> Result<(), RequestSummariesError> {
        let body = |account: &AccountNumber| serde_json::to_string(&SummaryRequest::new(import, account.clone()));
        let bodies = accounts.iter().map(body).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let batches: Vec<Vec<String>> = bodies.chunks(MAX_MESSAGES).map(<[String]>::to_vec).collect();
        let calls = stream::iter(batches).map(|some| Ok(Box::pin(self.send_batch(some))));
        calls.try_buffer_unordered(AT_ONCE).try_collect().await
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RequestSummariesError {
    RequestSummariesError(error.into())
}
