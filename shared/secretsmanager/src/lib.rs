//! A stored secret of AWS Secrets Manager.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use http_client::{Secret, Secrets, SecretsError};

/// One secret of AWS Secrets Manager.
#[derive(Clone, Debug)]
pub struct SecretsManagerSecrets {
    client: Client,
    arn: String,
}

impl SecretsManagerSecrets {
    /// The secret with this ARN.
    pub fn new(client: Client, arn: impl Into<String>) -> Self {
        Self { client, arn: arn.into() }
    }
}

impl Secrets for SecretsManagerSecrets {
    /// Reads the version with the stage `AWSCURRENT`.
    async fn read(&self) -> Result<Secret, SecretsError> {
        let call = self.client.get_secret_value().secret_id(&self.arn);
        let answer = call.send().await.map_err(failed)?;
        // The SDK masks the text when printing; errors must not contain it either.
        let text = answer.secret_string.ok_or_else(|| SecretsError::Broken("it has no text".into()))?;
        Ok(Secret::new(text))
    }
}

/// A throttled or interrupted call may succeed on retry; a refusal or a missing secret does not.
fn failed(error: SdkError<GetSecretValueError>) -> SecretsError {
    let is_final = error.as_service_error().is_some_and(|it| {
        it.is_resource_not_found_exception()
            || it.is_invalid_parameter_exception()
            || it.is_invalid_request_exception()
            || it.is_decryption_failure()
            || it.meta().code() == Some("AccessDeniedException")
    });
    if is_final { SecretsError::Broken(error.into()) } else { SecretsError::Unavailable(error.into()) }
}
