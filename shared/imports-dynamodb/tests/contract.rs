//! The contract of the record of imports, kept on the local stack.

use dynamodb::{Client, testing};
use imports::testing::imports_contract;
use imports_dynamodb::DynamoDbImports;

#[tokio::test]
async fn the_contract_is_kept() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    let name = testing::unique("imports");
    let indexes = [("by-received", "listing", "received_at"), ("open", "open", "open_since")];
    testing::create_table(&client, &name, &indexes).await;
    imports_contract(&DynamoDbImports::new(client, name)).await;
}
