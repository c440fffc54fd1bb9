//! `record-failures`: records dead letters, so that their imports and mails are shown as failed.
//!
//! - **Trigger:** SQS, the dead-letter queues of `uploads`, `batches` and `summaries`.
//! - **Reads:** the record of the import or summary of the dead letter.
//! - **Writes:** the failure and its reason.
//! - **Delivered twice:** final states do not change.
//! - **Fails:** the dead letter stays in its queue for 14 days, which raises an alarm.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use imports_dynamodb::DynamoDbImports;
use lambda_kit::{Pace, SystemClock, batch};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use mail_dynamodb::DynamoDbSummaries;
use record_failures::{Config, DeadLetter, RecordFailures};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_kit::init_tracing();
    let config = Config::from_env()?;
    let sdk = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let record_failures = &RecordFailures {
        imports: DynamoDbImports::new(dynamodb.clone(), config.imports_table),
        summaries: DynamoDbSummaries::new(dynamodb, config.mails_table),
        clock: SystemClock,
    };
    let pace = Pace::one_by_one(Duration::from_secs(10));

    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let handle = async |message: SqsMessage| record_failures.handle(DeadLetter::read(&message)?).await;
        Ok::<_, Error>(batch::each(event, pace, handle).await)
    }))
    .await
}
