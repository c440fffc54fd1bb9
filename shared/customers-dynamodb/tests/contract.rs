//! The contract of the register, kept on the local stack.

use customers::testing::register_contract;
use customers_dynamodb::DynamoDbRegister;
use dynamodb::{Client, testing};

#[tokio::test]
async fn the_contract_is_kept() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    let name = testing::unique("customers");
    testing::create_table(&client, &name, &[]).await;
    register_contract(&DynamoDbRegister::new(client, name)).await;
}
