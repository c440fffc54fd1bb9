//! Queues of SQS, as our adapters send to them.

use std::error::Error;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use backoff::Backoff;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;

/// The maximum number of messages in one call.
const MAX_MESSAGES: usize = 10;
/// The number of concurrent calls.
const AT_ONCE: usize = 8;
/// The maximum delay of a message in SQS, in seconds.
const MAX_DELAY_SECONDS: u32 = 900;

/// One queue.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
}

/// Not all messages are on the queue: retry.
#[derive(Debug, thiserror::Error)]
#[error("SQS did not take all messages")]
pub struct SendError(#[source] Box<dyn Error + Send + Sync>);

impl Queue {
    /// The queue at this URL.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// Sends messages as JSON, each at least once and in any order. After an error some may be on the queue.
    pub async fn send(&self, messages: &[impl Serialize]) -> Result<(), SendError> {
        self.send_after(messages, 0).await
    }

    /// The same; a receiver gets the messages after about `seconds`, at most 15 minutes.
    pub async fn send_after(&self, messages: &[impl Serialize], seconds: u32) -> Result<(), SendError> {
        let delay = i32::try_from(seconds.min(MAX_DELAY_SECONDS)).ok().filter(|it| *it > 0);
        let entry = |(at, message)| {
            let entry = SendMessageBatchRequestEntry::builder().id(usize::to_string(&at)).set_delay_seconds(delay);
            entry.message_body(serde_json::to_string(message).map_err(failed)?).build().map_err(failed)
        };
        let entries = messages.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>()?;
        let batches: Vec<Vec<_>> = entries.chunks(MAX_MESSAGES).map(<[_]>::to_vec).collect();
        let calls = stream::iter(batches).map(|batch| Ok(Box::pin(self.send_batch(batch))));
        calls.try_buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Sends a batch, and again with back-off what SQS did not take.
    async fn send_batch(&self, mut left: Vec<SendMessageBatchRequestEntry>) -> Result<(), SendError> {
        let mut backoff = Backoff::default();
        loop {
            let call = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(left.clone()));
            let not_taken = call.send().await.map_err(failed)?.failed;
            left.retain(|entry| not_taken.iter().any(|it| it.id == entry.id));
            let Some(first) = not_taken.first() else { return Ok(()) };
            if not_taken.iter().any(|it| it.sender_fault) || !backoff.wait().await {
                return Err(failed(first.code.as_str()));
            }
        }
    }
}

fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> SendError {
    SendError(error.into())
}
