//! Tests the contract of the store on the local stack.

use dynamodb::{Client, testing};
use sandbox_processor::DynamoDbStore;

#[tokio::test]
async fn the_table_keeps_the_contract() {
    let Some(config) = testing::stack().await else { return };
    let (client, name) = (Client::new(&config), testing::unique("processor"));
    testing::create_table(&client, &name, &[]).await;
    advances_sandbox::testing::store_contract(&DynamoDbStore::new(client, name)).await;
}
