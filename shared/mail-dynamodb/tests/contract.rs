//! The contract of the records of summaries, kept on the local stack.

use dynamodb::{Client, testing};
use mail::testing::summaries_contract;
use mail_dynamodb::DynamoDbSummaries;

#[tokio::test]
async fn the_contract_is_kept() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    let name = testing::unique("mails");
    testing::create_table(&client, &name, &[("open", "open", "open_since")]).await;
    summaries_contract(&DynamoDbSummaries::new(client, name), "a-new-import").await;
}
