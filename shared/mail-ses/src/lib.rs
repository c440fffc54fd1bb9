//! Mails leave through SES.

use std::error::Error;
use std::time::Duration;

use aws_sdk_ses::config::retry::RetryConfig;
use aws_sdk_ses::config::timeout::TimeoutConfig;
use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use aws_sdk_ses::{Client, Config};
use mail::Mail;
use mail::mailer::{Mailer, SendMailError, Sent};

/// How long one call may take, from connecting to the last byte of the answer.
const TIME_EACH: Duration = Duration::from_secs(8);

/// The carrier SES.
#[derive(Clone, Debug)]
pub struct SesMailer {
    client: Client,
}

impl SesMailer {
    /// The carrier behind `client`, whose own retries are turned off: each call may send a mail.
    pub fn new(client: &Client) -> Self {
        let config: Config = client.config().clone();
        let timeout = TimeoutConfig::builder().operation_timeout(TIME_EACH).build();
        let once = config.to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeout);
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
    let unknown = |reason: String| Ok(Sent::Unknown { reason });
    let code = error.code().unwrap_or("nothing that can be read").to_owned();
    match &error {
        SdkError::ConstructionFailure(_) => Err(SendMailError::Unavailable(error.into())),
        SdkError::DispatchFailure(_) if never_connected(&error) => Err(SendMailError::Unavailable(error.into())),
        SdkError::DispatchFailure(_) => unknown("the connection to SES was lost".to_owned()),
        SdkError::ServiceError(_) => match code.as_str() {
            "Throttling" | "ThrottlingException" | "TooManyRequestsException" => {
                Err(SendMailError::Throttled(error.into()))
            }
            // Refused before the mail was looked at; someone can set it right.
            "AccessDenied" | "AccessDeniedException" | "AccountSendingPausedException" => {
                Err(SendMailError::Unavailable(error.into()))
            }
            "MessageRejected"
            | "MailFromDomainNotVerifiedException"
            | "ConfigurationSetDoesNotExist"
            | "ConfigurationSetSendingPausedException"
            | "InvalidParameterValue"
            | "ValidationError" => Ok(Sent::Refused { reason: code }),
            _ => unknown(format!("SES answered {code}")),
        },
        SdkError::TimeoutError(_) => unknown("SES did not answer in time".to_owned()),
        _ => unknown("the answer of SES cannot be read".to_owned()),
    }
}

/// Whether there was no connection, so that nothing was sent: no such host, refused, no handshake, or not in time.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |it| (**it).source());
    causes.any(|it| {
        it.downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
    })
}
