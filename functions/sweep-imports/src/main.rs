//! `sweep-imports`: requests stalled imports and mails again.
//!
//! - **Trigger:** a schedule, every five minutes.
//! - **Reads:** imports and summaries without progress for a quarter of an hour; when their newest batch was posted;
//!   the gate of mails.
//! - **Writes:** their uploads to the queue `uploads`, their summaries to the queue `summaries`; the import's record.
//! - **Delivered twice:** a request is sent twice, which its function handles like a redelivery.
//! - **Fails:** the next run continues; the event becomes a dead letter, which raises an alarm.

use aws_config::BehaviorVersion;
use imports_dynamodb::DynamoDbImports;
use imports_sqs::SqsUploadQueue;
use lambda_kit::SystemClock;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use mail_dynamodb::DynamoDbSummaries;
use mail_sqs::SqsSummaryRequests;
use sweep_imports::{Config, SweepImports};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_kit::init_tracing();
    let config = Config::from_env()?;
    let sdk = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let sqs = aws_sdk_sqs::Client::new(&sdk);
    let sweep_imports = &SweepImports {
        imports: DynamoDbImports::new(dynamodb.clone(), config.imports_table),
        uploads: SqsUploadQueue::new(sqs.clone(), config.uploads_queue_url, config.files_bucket),
        summaries: DynamoDbSummaries::new(dynamodb, config.mails_table),
        requests: SqsSummaryRequests::new(sqs, config.summaries_queue_url),
        clock: SystemClock,
        rate: config.mails_per_second.parse()?,
    };

    lambda_runtime::run(service_fn(async |_: LambdaEvent<serde_json::Value>| {
        Box::pin(sweep_imports.handle()).await.map(|_| ()).map_err(Error::from)
    }))
    .await
}
