//! Tests the contract of the record of feeds on the local stack.

use dynamodb::{Client, testing};
use feeds::testing::feed_log_contract;
use feeds_dynamodb::DynamoDbFeedLog;

#[tokio::test]
async fn the_contract_is_kept() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    let name = testing::unique("feeds");
    testing::create_table(&client, &name, &[]).await;
    feed_log_contract(&DynamoDbFeedLog::new(client, name)).await;
}
