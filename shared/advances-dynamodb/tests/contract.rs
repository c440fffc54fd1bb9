//! Tests the contracts of advances on the local stack.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use advances::testing::{advances_contract, breaks_contract, gate_contract, runs_contract};
use advances_dynamodb::DynamoDbAdvances;
use dynamodb::{Client, testing};

#[tokio::test]
async fn the_facts_are_appended_as_agreed() {
    let Some(advances) = table().await else { return };
    advances_contract(&advances).await;
}

#[tokio::test]
async fn the_breaks_are_stored_as_agreed() {
    let Some(advances) = table().await else { return };
    breaks_contract(&advances).await;
}

#[tokio::test]
async fn the_runs_are_stored_as_agreed() {
    let Some(advances) = table().await else { return };
    runs_contract(&advances).await;
}

#[tokio::test]
async fn the_gate_is_stored_as_agreed() {
    let Some(advances) = table().await else { return };
    gate_contract(&advances).await;
}

async fn table() -> Option<DynamoDbAdvances> {
    let client = Client::new(&testing::stack().await?);
    let name = testing::unique("advances");
    let indexes = [
        ("by-listing", "listing", "listed_at"),
        ("by-customer", "customer", "listed_at"),
        ("work", "work", "next_work"),
    ];
    testing::create_table(&client, &name, &indexes).await;
    Some(DynamoDbAdvances::new(client, name))
}
