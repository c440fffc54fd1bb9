//! The contract of the carrier, kept on the local stack.

mod samples;

use aws_sdk_ses::Client;
use dynamodb::testing;
use mail::testing::mailer_contract;
use mail_ses::SesMailer;

#[tokio::test]
async fn the_contract_is_kept() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    client.verify_email_identity().email_address("books@example.com").send().await.unwrap();
    mailer_contract(&SesMailer::new(&client), &samples::mail()).await;
}
