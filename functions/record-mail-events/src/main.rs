//! `record-mail-events`: records bounces and complaints, and suppresses their addresses.
//!
//! - **Trigger:** SQS `mail-events`: bounces, complaints and rejects that SES publishes to SNS.
//! - **Reads:** the record of the mail an event is about; the counts of the last 30 days.
//! - **Writes:** the state of the mail, with the day's counts; the suppressed address; a pause of all mails at 2 %
//!   hard bounces or 0.1 % complaints.
//! - **Delivered twice:** a mail that has bounced stays bounced and is counted once.
//! - **Fails:** the event is retried on its own, then moved to the dead-letter queue, which raises an alarm.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use lambda_kit::{Pace, SystemClock, batch};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use mail_dynamodb::DynamoDbSummaries;
use record_mail_events::{Config, RecordMailEvents, RecordMailEventsError};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_kit::init_tracing();
    let config = Config::from_env()?;
    let sdk = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let record_mail_events =
        &RecordMailEvents { summaries: DynamoDbSummaries::new(dynamodb, config.mails_table), clock: SystemClock };
    let pace = Pace::one_by_one(Duration::from_secs(10));

    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let handle =
            async |message: SqsMessage| match mail_ses::read_event(message.body.as_deref().unwrap_or_default())? {
                Some(event) => {
                    lambda_kit::about_import(&event.key.import);
                    record_mail_events.handle(event).await
                }
                None => Ok::<_, RecordMailEventsError>(()),
            };
        Ok::<_, Error>(batch::each(event, pace, handle).await)
    }))
    .await
}
