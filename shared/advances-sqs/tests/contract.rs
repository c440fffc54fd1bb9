//! Tests the contracts of the queues on the local stack.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use advances::ports::{PaymentQueue, PaymentRequest, RunQueue, RunRequest};
use advances_sqs::{SqsPaymentQueue, SqsRunQueue};
use aws_sdk_sqs::Client;
use dynamodb::testing;

#[tokio::test]
async fn a_request_of_a_payment_arrives() {
    let Some((client, url)) = queue().await else { return };
    let request = PaymentRequest::new("0123456789abcdef01234567-D3".parse().unwrap());
    SqsPaymentQueue::new(client.clone(), &url).send(std::slice::from_ref(&request)).await.unwrap();
    assert_eq!(serde_json::from_str::<PaymentRequest>(&body(&client, &url).await).unwrap(), request);
}

#[tokio::test]
async fn a_request_of_a_run_arrives() {
    let Some((client, url)) = queue().await else { return };
    let request = RunRequest::new("2026-03-02".parse().unwrap());
    SqsRunQueue::new(client.clone(), &url).send(request).await.unwrap();
    assert_eq!(body(&client, &url).await, r#"{"v":1,"date":"2026-03-02"}"#);
}

async fn queue() -> Option<(Client, String)> {
    let client = Client::new(&testing::stack().await?);
    let created = client.create_queue().queue_name(testing::unique("advances")).send().await.unwrap();
    Some((client, created.queue_url.unwrap()))
}

async fn body(client: &Client, url: &str) -> String {
    let received = client.receive_message().queue_url(url).wait_time_seconds(10).send().await.unwrap();
    received.messages()[0].body().unwrap().to_owned()
}
