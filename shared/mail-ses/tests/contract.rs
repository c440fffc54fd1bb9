//! Tests the contract of the provider on the local stack.

mod samples;

use aws_sdk_ses::Client;
use aws_sdk_ses::types::ConfigurationSet;
use dynamodb::testing;
use mail::testing::mailer_contract;
use mail_ses::SesMailer;

#[tokio::test]
async fn the_contract_is_kept() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    client.verify_email_identity().email_address("books@example.com").send().await.unwrap();
    let set = ConfigurationSet::builder().name("contract").build().unwrap();
    let _ = client.create_configuration_set().configuration_set(set).send().await;
    mailer_contract(&SesMailer::new(&client, "contract"), &samples::mail()).await;
}
