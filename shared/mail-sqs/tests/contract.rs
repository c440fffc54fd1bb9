//! Tests the contract of the requests for summaries on the local stack.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_sdk_sqs::Client;
use dynamodb::testing;
use mail::outbox::SummaryRequest;
use mail::testing::summary_requests_contract;
use mail_sqs::SqsSummaryRequests;

#[tokio::test]
async fn the_contract_is_kept() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    let queue = client.create_queue().queue_name(testing::unique("summaries")).send().await.unwrap();
    let url = queue.queue_url.unwrap();

    let requests = SqsSummaryRequests::new(client.clone(), &url);
    summary_requests_contract(&requests, async |count| receive(&client, &url, count).await).await;
}

async fn receive(client: &Client, url: &str, count: usize) -> Vec<SummaryRequest> {
    let mut received = Vec::new();
    while received.len() < count {
        let call = client.receive_message().queue_url(url).max_number_of_messages(10).wait_time_seconds(5);
        let messages = call.send().await.unwrap().messages.unwrap_or_default();
        assert!(!messages.is_empty(), "messages are missing");
        received.extend(messages.iter().map(|it| serde_json::from_str(it.body().unwrap()).unwrap()));
    }
    received
}
