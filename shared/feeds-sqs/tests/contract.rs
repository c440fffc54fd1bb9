//! Tests the contract of the queue on the local stack.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use aws_sdk_sqs::Client;
use dynamodb::testing;
use feeds::{Feed, PollFeed, PollQueue};
use feeds_sqs::SqsPollQueue;

#[tokio::test]
async fn a_request_arrives() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    let created = client.create_queue().queue_name(testing::unique("polls")).send().await.unwrap();
    let url = created.queue_url.unwrap();
    let poll = "2026-11-21T10:00:00.5Z".parse().unwrap();
    let request = PollFeed { feed: Some(Feed::Sepa), poll: Some(poll), turn: 7, ..PollFeed::all() };
    SqsPollQueue::new(client.clone(), &url).send(request, 1).await.unwrap();
    let received = client.receive_message().queue_url(&url).wait_time_seconds(10).send().await.unwrap();
    let body = received.messages()[0].body().unwrap();
    assert_eq!(serde_json::from_str::<PollFeed>(body).unwrap(), request);
}
