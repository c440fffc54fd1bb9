//! Tests the contract of the stored key on the local stack.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_sdk_secretsmanager::Client;
use customers::CustomerId;
use dynamodb::testing;
use mail::UnsubscribeKeys;
use mail_secretsmanager::SecretsManagerUnsubscribeKeys;

#[tokio::test]
async fn the_text_of_the_secret_is_the_key() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    let arn = async |text: &str| {
        let name = testing::unique("unsubscribe");
        client.create_secret().name(name).secret_string(text).send().await.unwrap().arn.unwrap()
    };
    let keys = SecretsManagerUnsubscribeKeys::new(client.clone(), arn(&"k".repeat(64)).await);
    let customer = CustomerId::of_company("acme");
    let token = keys.key().await.unwrap().token(customer);
    assert_eq!(keys.key().await.unwrap().customer(&token), Some(customer));
    let short = SecretsManagerUnsubscribeKeys::new(client.clone(), arn("short").await);
    assert!(short.key().await.is_err());
    assert!(SecretsManagerUnsubscribeKeys::new(client.clone(), "none").key().await.is_err());
}
