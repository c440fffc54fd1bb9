//! Mails leave through SES.

use aws_sdk_ses::config::retry::RetryConfig;
use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use aws_sdk_ses::{Client, Config};
use mail::Mail;
use mail::mailer::{Mailer, SendMailError, Sent};

/// The carrier SES.
#[derive(Clone, Debug)]
pub struct SesMailer {
    client: Client,
}

impl SesMailer {
    /// The carrier behind `client`, whose own retries are turned off: each call may send a mail.
    pub fn new(client: Client) -> Self {
        let config: Config = client.config().clone();
        let once = config.to_builder().retry_config(RetryConfig::disabled());
        Self { client: Client::from_conf(once.build()) }
    }
}

impl Mailer for SesMailer {
    async fn send(&self, mail: &Mail) -> Result<Sent, SendMailError> {
        let message = RawMessage::builder().data(Blob::new(mail.mime.clone())).build();
        let message = message.map_err(|error| SendMailError::Unavailable(error.into()))?;
        let call = self.client.send_raw_email().raw_message(message);
        let call = call.source(mail.from.as_str()).destinations(mail.to.as_str());
        match call.send().await {
            Ok(answer) => Ok(Sent::Taken { carrier_id: answer.message_id().to_owned() }),
            Err(error) => answer(error),
        }
    }
}

/// What an error says of the mail. What is not documented as final is unknown.
fn answer(error: SdkError<SendRawEmailError>) -> Result<Sent, SendMailError> {
    let code = error.code().unwrap_or_default().to_owned();
    match &error {
        SdkError::ConstructionFailure(_) => Err(SendMailError::Unavailable(error.into())),
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
            Ok(Sent::Unknown { reason: "the connection to SES was lost".to_owned() })
        }
        SdkError::DispatchFailure(_) => Err(SendMailError::Unavailable(error.into())),
        SdkError::ServiceError(_) => match code.as_str() {
            "Throttling" | "ThrottlingException" | "TooManyRequestsException" => {
                Err(SendMailError::Throttled(error.into()))
            }
            "AccessDenied" | "AccessDeniedException" | "AccountSendingPausedException" => {
                Err(SendMailError::Unavailable(error.into()))
            }
            "MessageRejected"
            | "MailFromDomainNotVerifiedException"
            | "ConfigurationSetDoesNotExist"
            | "ConfigurationSetSendingPausedException"
            | "InvalidParameterValue"
            | "ValidationError" => Ok(Sent::Refused { reason: code }),
            _ => Ok(Sent::Unknown { reason: format!("SES answered {code}") }),
        },
        _ => Ok(Sent::Unknown { reason: "SES did not answer in time".to_owned() }),
    }
}
