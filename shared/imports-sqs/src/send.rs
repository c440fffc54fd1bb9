use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures_util::{StreamExt, TryStreamExt, stream};
use imports::PortError;

/// The maximum number of messages in one call.
const MAX_MESSAGES: usize = 10;
/// The number of concurrent calls.
const AT_ONCE: usize = 8;
/// The maximum number of attempts for messages that SQS did not accept.
const MAX_TRIES: u32 = 5;

/// Sends messages, each at least once.
pub(crate) async fn send_all(client: &Client, queue_url: &str, bodies: Vec<String>) -> Result<(), PortError> {
    let batches: Vec<Vec<String>> = bodies.chunks(MAX_MESSAGES).map(<[String]>::to_vec).collect();
    let calls = stream::iter(batches).map(|some| Ok(Box::pin(send_batch(client, queue_url, some))));
    calls.try_buffer_unordered(AT_ONCE).try_collect().await
}

async fn send_batch(client: &Client, queue_url: &str, bodies: Vec<String>) -> Result<(), PortError> {
    let mut left = bodies;
    for _ in 0..MAX_TRIES {
        let entry = |(at, body): (usize, &String)| {
            SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(body).build().map_err(failed)
        };
        let entries = left.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>()?;
        let call = client.send_message_batch().queue_url(queue_url).set_entries(Some(entries));
        let answer = call.send().await.map_err(failed)?;
        let not_taken: Vec<usize> = answer.failed().iter().filter_map(|it| it.id().parse().ok()).collect();
        left = not_taken.into_iter().filter_map(|at| left.get(at).cloned()).collect();
        if left.is_empty() {
            return Ok(());
        }
    }
    Err(failed("messages were not taken"))
}

pub(crate) fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PortError {
    PortError::Unavailable("a queue", error.into())
}
