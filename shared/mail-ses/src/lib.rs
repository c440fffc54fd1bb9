//! Sends mails through SES and reads the events that SES reports.

mod answers;
mod events;

use std::time::Duration;

use aws_sdk_ses::config::retry::RetryConfig;
use aws_sdk_ses::config::timeout::TimeoutConfig;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{MessageTag, RawMessage};
use aws_sdk_ses::{Client, Config};
use mail::mailer::{Mailer, SendMailError, Sent};
use mail::{Mail, SummaryKey};

pub use events::{ReadEventError, read_event};

/// The time-out of one call, from connecting to the last byte of the response.
const TIME_EACH: Duration = Duration::from_secs(8);

/// The provider SES.
#[derive(Clone, Debug)]
pub struct SesMailer {
    client: Client,
    configuration_set: String,
}

impl SesMailer {
    /// The provider of `client`, with SDK retries turned off, because each call may send a mail. SES reports events to
    /// the destination of `configuration_set`.
    pub fn new(client: &Client, configuration_set: impl Into<String>) -> Self {
        let config: Config = client.config().clone();
        let timeout = TimeoutConfig::builder().operation_timeout(TIME_EACH).build();
        let once = config.to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeout);
        Self { client: Client::from_conf(once.build()), configuration_set: configuration_set.into() }
    }
}

impl Mailer for SesMailer {
    async fn send(&self, mail: &Mail, key: &SummaryKey) -> Result<Sent, SendMailError> {
        let message = RawMessage::builder().data(Blob::new(mail.mime.clone())).build();
        let message = message.map_err(|error| SendMailError::Unavailable(error.into()))?;
        let call = self.client.send_raw_email().raw_message(message);
        let call = call.source(mail.from.as_str()).destinations(mail.to.as_str());
        let call = call.configuration_set_name(&self.configuration_set).set_tags(Some(tags(key)?));
        match call.send().await {
            Ok(answer) => Ok(Sent::Taken { provider_id: answer.message_id().to_owned() }),
            Err(error) => answers::read(error, mail),
        }
    }
}

/// The tags that SES repeats in each event of the mail.
fn tags(key: &SummaryKey) -> Result<Vec<MessageTag>, SendMailError> {
    let values = [(events::IMPORT, key.import.clone()), (events::ACCOUNT, events::account_tag(&key.account))];
    let tags = values.into_iter().map(|(name, value)| MessageTag::builder().name(name).value(value).build());
    tags.collect::<Result<_, _>>().map_err(|error| SendMailError::Unavailable(error.into()))
}
