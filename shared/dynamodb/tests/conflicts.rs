//! Transaction conflicts and throttling are retried; everything else is a result or an error.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use dynamodb::{Client, Condition, DynamoDbError, Item, Key, Put, Table, Transacted, Write, number};

/// A fake DynamoDB with scripted responses, which repeats the last one.
struct Scripted {
    table: Table,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    fn new(script: &'static [(u16, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&calls);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut seen = seen.lock().unwrap();
                let (status, body) = script.get(seen.len()).or(script.last()).unwrap();
                seen.push(read(&stream));
                let head = "Content-Type: application/x-amz-json-1.0\r\nConnection: close";
                let length = body.len();
                write!(stream, "HTTP/1.1 {status} x\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
            }
        });
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .endpoint_url(endpoint)
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "testing"))
            .build();
        Self { table: Table::new(Client::from_conf(config), "books"), calls }
    }

    /// The bodies of the requests.
    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            return String::from_utf8(body).unwrap();
        }
    }
}

const STORED: (u16, &str) = (200, "{}");
const CONFLICT: (u16, &str) = (
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"Transaction is ongoing for the item"}"#,
);
const THROTTLED: (u16, &str) = (
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}"#,
);
const THERE: (u16, &str) = (
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no","Item":{"v":{"N":"7"}}}"#,
);
const CANCELLED: (u16, &str) = (
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"no","CancellationReasons":[{"Code":"TransactionConflict"}]}"#,
);
const REFUSED: (u16, &str) =
    (400, r#"{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"no"}"#);

fn item() -> Item {
    Key::new("P", "S").with([("v", number(1))])
}

#[tokio::test]
async fn a_put_that_meets_a_transaction_is_tried_again_until_it_is_stored() {
    let scripted = Scripted::new(&[CONFLICT, CONFLICT, STORED]);
    assert!(scripted.table.put_if(item(), Condition::version("v", 3)).await.unwrap());
    let calls = scripted.calls();
    assert_eq!(calls.len(), 3);
    assert!(calls.iter().all(|it| *it == calls[0] && it.contains("#c = :c")), "the same call: {calls:?}");

    let scripted = Scripted::new(&[CONFLICT, STORED]);
    assert_eq!(scripted.table.put_if_absent(item()).await.unwrap(), Put::Stored);
    assert_eq!(scripted.calls().len(), 2);
}

#[tokio::test]
async fn a_put_that_meets_a_transaction_may_find_then_that_its_condition_fails() {
    let scripted = Scripted::new(&[CONFLICT, THERE]);
    assert!(!scripted.table.put_if(item(), Condition::Absent).await.unwrap());
    let scripted = Scripted::new(&[CONFLICT, THERE]);
    let there = [("v".to_owned(), number(7))].into();
    assert_eq!(scripted.table.put_if_absent(item()).await.unwrap(), Put::There(there));
}

#[tokio::test]
async fn too_little_capacity_is_waited_for() {
    // The SDK sends a throttled call three times itself.
    let scripted = Scripted::new(&[THROTTLED, THROTTLED, THROTTLED, STORED]);
    assert!(scripted.table.put_if(item(), Condition::Any).await.unwrap());
    let scripted = Scripted::new(&[THROTTLED, THROTTLED, THROTTLED, CANCELLED, STORED]);
    let writes = vec![Write::Put(item(), Condition::Absent)];
    assert_eq!(scripted.table.transact(writes).await.unwrap(), Transacted::Done);
    assert_eq!(scripted.calls().len(), 5);
}

#[tokio::test]
async fn conflicts_without_end_are_an_error_that_says_so() {
    let scripted = Scripted::new(&[CONFLICT]);
    let error = scripted.table.put_if(item(), Condition::Any).await.unwrap_err();
    let reason = "TransactionConflictException";
    assert!(matches!(&error, DynamoDbError::Busy { operation: "PutItem", reason: it } if it == reason), "{error:?}");
    assert_eq!(scripted.calls().len(), 12);
}

#[tokio::test]
async fn a_call_that_is_refused_is_not_repeated() {
    let scripted = Scripted::new(&[REFUSED]);
    let error = scripted.table.put_if(item(), Condition::Any).await.unwrap_err();
    assert!(matches!(error, DynamoDbError::Unavailable { operation: "PutItem", .. }), "{error:?}");
    assert_eq!(scripted.calls().len(), 1);
}
