//! Tests the contract of the queues on the local stack.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use aws_lambda_events::sqs::SqsMessage;
use aws_sdk_sqs::Client;
use dynamodb::testing;
use imports::{BatchQueue, ImportId, PostBatch, SplitFile, UploadQueue};
use imports_sqs::{SqsBatchQueue, SqsUploadQueue};

#[tokio::test]
async fn each_batch_arrives() {
    let Some((client, url)) = queue().await else { return };
    let queue = SqsBatchQueue::new(client.clone(), &url);
    let import = ImportId::of("imports/a.csv", "v1");
    let request = |batch: u32| PostBatch {
        v: 1,
        import,
        batch,
        of: 25,
        from: u64::from(batch),
        to: u64::from(batch) + 1,
        summaries: batch == 3,
        repeats: batch == 2,
        failed_before: Vec::new(),
        version: None,
        then: (0..u64::from(batch)).collect(),
        posted_before: u64::from(batch),
    };
    queue.send(&[]).await.unwrap();
    let requests: Vec<PostBatch> = (0..25).map(request).collect();
    queue.send(&requests).await.unwrap();

    let mut arrived = BTreeMap::new();
    while arrived.len() < requests.len() {
        for body in receive(&client, &url).await {
            let request: PostBatch = serde_json::from_str(&body).unwrap();
            arrived.insert(request.batch, request);
        }
    }
    assert_eq!(arrived.into_values().collect::<Vec<_>>(), requests);
}

#[tokio::test]
async fn an_upload_arrives_in_the_format_of_s3() {
    let Some((client, url)) = queue().await else { return };
    let queue = SqsUploadQueue::new(client.clone(), &url, "files");
    let request = SplitFile { key: "imports/sepa/july é+1.csv".to_owned(), version: Some("v1".to_owned()) };
    queue.send(&request).await.unwrap();

    let mut message = SqsMessage::default();
    message.body = receive(&client, &url).await.pop();
    let [object] = lambda_kit::uploads::objects(&message).unwrap().try_into().unwrap();
    assert_eq!(SplitFile { key: object.key, version: object.version }, request);
}

#[tokio::test]
async fn a_queue_that_is_gone_is_an_error() {
    let Some((client, url)) = queue().await else { return };
    let queue = SqsUploadQueue::new(client, format!("{url}-gone"), "files");
    assert!(queue.send(&SplitFile { key: "imports/a".to_owned(), version: None }).await.is_err());
}

async fn receive(client: &Client, url: &str) -> Vec<String> {
    let call = client.receive_message().queue_url(url).max_number_of_messages(10).wait_time_seconds(5);
    let messages = call.send().await.unwrap().messages.unwrap_or_default();
    assert!(!messages.is_empty(), "messages are missing");
    messages.into_iter().filter_map(|it| it.body).collect()
}

async fn queue() -> Option<(Client, String)> {
    let client = Client::new(&testing::stack().await?);
    let queue = client.create_queue().queue_name(testing::unique("imports")).send().await.unwrap();
    Some((client, queue.queue_url.unwrap()))
}
