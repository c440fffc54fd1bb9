//! Transaction conflicts and throttling are retried; everything else is a result or an error.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dynamodb::testing::ScriptedServer;
use dynamodb::{Client, Condition, DynamoDbError, Item, Key, Put, Table, Transacted, Write, number};
use storage::{Saved, Version};

/// A table in a DynamoDB with scripted responses.
struct Scripted {
    table: Table,
    server: ScriptedServer,
}

impl Scripted {
    fn new(script: &[(u16, &str)]) -> Self {
        let server = ScriptedServer::new(script);
        Self { table: Table::new(Client::new(&server.config()), "books"), server }
    }

    /// The bodies of the requests.
    fn calls(&self) -> Vec<String> {
        self.server.calls()
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
    assert_eq!(scripted.table.save(item(), "v", Version(3)).await.unwrap(), Saved::Stored(Version(4)));
    let calls = scripted.calls();
    assert_eq!(calls.len(), 3);
    assert!(calls.iter().all(|it| *it == calls[0] && it.contains("#c = :c")), "the same call: {calls:?}");

    let scripted = Scripted::new(&[CONFLICT, STORED]);
    assert_eq!(scripted.table.put(item(), Condition::Absent).await.unwrap(), Put::Stored);
    assert_eq!(scripted.calls().len(), 2);
}

#[tokio::test]
async fn a_put_that_meets_a_transaction_may_find_then_that_its_condition_fails() {
    let scripted = Scripted::new(&[CONFLICT, THERE]);
    assert_eq!(scripted.table.save(item(), "v", Version(3)).await.unwrap(), Saved::Conflict);
    let scripted = Scripted::new(&[CONFLICT, THERE]);
    let there = [("v".to_owned(), number(7))].into();
    assert_eq!(scripted.table.put(item(), Condition::Absent).await.unwrap(), Put::Failed(there));
}

#[tokio::test]
async fn too_little_capacity_is_waited_for() {
    // The SDK sends a throttled call three times itself.
    let scripted = Scripted::new(&[THROTTLED, THROTTLED, THROTTLED, STORED]);
    assert_eq!(scripted.table.put(item(), Condition::Any).await.unwrap(), Put::Stored);
    let scripted = Scripted::new(&[THROTTLED, THROTTLED, THROTTLED, CANCELLED, STORED]);
    let writes = vec![Write::Put(item(), Condition::Absent)];
    assert_eq!(scripted.table.transact(writes).await.unwrap(), Transacted::Done);
    assert_eq!(scripted.calls().len(), 5);
}

#[tokio::test]
async fn conflicts_without_end_are_an_error_that_says_so() {
    let scripted = Scripted::new(&[CONFLICT]);
    let error = scripted.table.put(item(), Condition::Any).await.unwrap_err();
    let reason = "TransactionConflictException";
    assert!(matches!(&error, DynamoDbError::Busy { operation: "PutItem", reason: it } if it == reason), "{error:?}");
    assert_eq!(scripted.calls().len(), 12);
}

#[tokio::test]
async fn a_call_that_is_refused_is_not_repeated() {
    let scripted = Scripted::new(&[REFUSED]);
    let error = scripted.table.put(item(), Condition::Any).await.unwrap_err();
    assert!(matches!(error, DynamoDbError::Unavailable { operation: "PutItem", .. }), "{error:?}");
    assert_eq!(scripted.calls().len(), 1);
}
