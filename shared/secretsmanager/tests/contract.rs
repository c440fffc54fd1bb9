//! Tests the contract of the stored secret on the local stack.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_sdk_secretsmanager::Client;
use dynamodb::testing;
use http_client::{Secret, Secrets, SecretsError};
use secretsmanager::SecretsManagerSecrets;

#[tokio::test]
async fn the_current_version_is_read_and_none_is_broken() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    let text = r#"{"bearer_token": "first"}"#;
    let created = client.create_secret().name(testing::unique("feed")).secret_string(text).send().await.unwrap();
    let arn = created.arn.unwrap();
    let secrets = SecretsManagerSecrets::new(client.clone(), &arn);
    assert_eq!(secrets.read().await.unwrap(), Secret::new(text));
    let rotated = r#"{"bearer_token": "second"}"#;
    client.put_secret_value().secret_id(&arn).secret_string(rotated).send().await.unwrap();
    assert_eq!(secrets.read().await.unwrap(), Secret::new(rotated));
    let none = SecretsManagerSecrets::new(client, format!("{arn}-none"));
    assert!(matches!(none.read().await, Err(SecretsError::Broken(..))));
}
