//! The key of the unsubscribe links, in AWS Secrets Manager.

use aws_sdk_secretsmanager::Client;
use mail::{UnsubscribeKey, UnsubscribeKeys, UnsubscribeKeysError};

/// The secret's text is the key.
#[derive(Clone, Debug)]
pub struct SecretsManagerUnsubscribeKeys {
    client: Client,
    arn: String,
}

impl SecretsManagerUnsubscribeKeys {
    /// The secret with this ARN.
    pub fn new(client: Client, arn: impl Into<String>) -> Self {
        Self { client, arn: arn.into() }
    }
}

impl UnsubscribeKeys for SecretsManagerUnsubscribeKeys {
    async fn key(&self) -> Result<UnsubscribeKey, UnsubscribeKeysError> {
        let answer = self.client.get_secret_value().secret_id(&self.arn).send().await;
        let answer = answer.map_err(|error| UnsubscribeKeysError(error.into()))?;
        // The SDK masks the text when printing; errors must not contain it either.
        let text = answer.secret_string.ok_or_else(|| UnsubscribeKeysError("the secret has no text".into()))?;
        UnsubscribeKey::try_new(text.as_bytes()).map_err(|error| UnsubscribeKeysError(error.into()))
    }
}
