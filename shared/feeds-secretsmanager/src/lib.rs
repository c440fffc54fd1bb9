//! The stored secret of a bank's feeds, in AWS Secrets Manager.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use feeds::{FeedSecrets, Secret};
use imports::PortError;

const WHAT: &str = "the feed's secret";

/// One secret of AWS Secrets Manager.
#[derive(Clone, Debug)]
pub struct SecretsManagerFeedSecrets {
    client: Client,
    arn: String,
}

impl SecretsManagerFeedSecrets {
    /// The secret with this ARN.
    pub fn new(client: Client, arn: impl Into<String>) -> Self {
        Self { client, arn: arn.into() }
    }
}

impl FeedSecrets for SecretsManagerFeedSecrets {
    /// Reads the version with the stage `AWSCURRENT`.
    async fn read(&self) -> Result<Secret, PortError> {
        let call = self.client.get_secret_value().secret_id(&self.arn);
        let answer = call.send().await.map_err(failed)?;
        // The SDK masks the text when printing; errors must not contain it either.
        let text = answer.secret_string.ok_or_else(|| PortError::Broken(WHAT, "it has no text".into()))?;
        Ok(Secret::new(text))
    }
}

/// A throttled or interrupted call may succeed on retry; a refusal or a missing secret does not.
fn failed(error: SdkError<GetSecretValueError>) -> PortError {
    let is_final = error.as_service_error().is_some_and(|it| {
        it.is_resource_not_found_exception()
            || it.is_invalid_parameter_exception()
            || it.is_invalid_request_exception()
            || it.is_decryption_failure()
            || it.meta().code() == Some("AccessDeniedException")
    });
    if is_final { PortError::Broken(WHAT, error.into()) } else { PortError::Unavailable(WHAT, error.into()) }
}
