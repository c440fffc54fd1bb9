//! Tests the contract of the records of summaries on the local stack.

use dynamodb::{Client, testing};
use mail::EmailAddress;
use mail::testing::{counts_contract, gate_contract, summaries_contract, suppressions_contract};
use mail_dynamodb::DynamoDbSummaries;

#[tokio::test]
async fn the_contract_is_kept() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    let name = testing::unique("mails");
    testing::create_table(&client, &name, &[("open", "open", "open_since")]).await;
    let summaries = DynamoDbSummaries::new(client, name);
    summaries_contract(&summaries, "a-new-import").await;
    gate_contract(&summaries).await;
    suppressions_contract(&summaries, &EmailAddress::parse("ada@example.com").unwrap()).await;
    counts_contract(&summaries, "another-import").await;
}
