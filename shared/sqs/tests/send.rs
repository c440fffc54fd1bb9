//! What a queue does not take is sent again; what it refuses is an error.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use aws_sdk_sqs::Client;
use dynamodb::testing::ScriptedServer;
use sqs::Queue;

const TAKEN: (u16, &str) = (200, r#"{"Successful":[],"Failed":[]}"#);
const TWO_NOT_TAKEN: (u16, &str) = (
    200,
    r#"{"Successful":[],"Failed":[{"Id":"1","SenderFault":false,"Code":"InternalError"},{"Id":"2","SenderFault":false,"Code":"InternalError"}]}"#,
);
const LAST_NOT_TAKEN: (u16, &str) =
    (200, r#"{"Successful":[],"Failed":[{"Id":"2","SenderFault":false,"Code":"InternalError"}]}"#);
const REFUSED: (u16, &str) =
    (200, r#"{"Successful":[],"Failed":[{"Id":"0","SenderFault":true,"Code":"InvalidMessageContents"}]}"#);

fn queue(server: &ScriptedServer) -> Queue {
    Queue::new(Client::new(&server.config()), "http://127.0.0.1/queue")
}

/// The messages of each call.
fn sent(server: &ScriptedServer) -> Vec<Vec<String>> {
    let messages = |body: String| {
        let call: serde_json::Value = serde_json::from_str(&body).unwrap();
        let entries = call["Entries"].as_array().unwrap().iter();
        entries.map(|it| format!("{} {}", it["MessageBody"].as_str().unwrap(), it["DelaySeconds"])).collect()
    };
    server.calls().into_iter().map(messages).collect()
}

#[tokio::test]
async fn only_messages_that_were_not_taken_are_sent_again() {
    let server = ScriptedServer::new(&[TWO_NOT_TAKEN, LAST_NOT_TAKEN, TAKEN]);
    queue(&server).send(&["a", "b", "c"]).await.unwrap();
    let expected = [&["\"a\" null", "\"b\" null", "\"c\" null"][..], &["\"b\" null", "\"c\" null"], &["\"c\" null"]];
    assert_eq!(sent(&server), expected);
}

#[tokio::test]
async fn ten_messages_are_in_one_call_and_none_in_no_call() {
    let server = ScriptedServer::new(&[TAKEN]);
    queue(&server).send_after(&(0..23).collect::<Vec<_>>(), 1_000).await.unwrap();
    let mut calls = sent(&server);
    calls.sort_by_key(Vec::len);
    assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), [3, 10, 10]);
    assert_eq!(calls[0], ["20 900", "21 900", "22 900"]);
    queue(&server).send(&[0; 0]).await.unwrap();
    assert_eq!(server.calls().len(), 3);
}

#[tokio::test]
async fn a_message_that_is_refused_or_never_taken_is_an_error() {
    let server = ScriptedServer::new(&[REFUSED]);
    assert!(queue(&server).send(&["a"]).await.is_err());
    assert_eq!(server.calls().len(), 1, "a retry does not help");
    let server = ScriptedServer::new(&[LAST_NOT_TAKEN]);
    assert!(queue(&server).send(&["a", "b", "c"]).await.is_err());
    assert_eq!(server.calls().len(), 12);
}
