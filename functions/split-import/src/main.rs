//! `split-import`: reads an uploaded file, registers its customers and accounts, and splits it into batches.
//!
//! - **Trigger:** SQS `uploads`, fed by S3 when an object is created under `imports/`, and by `sweep-imports`.
//! - **Reads:** the object and its profile, its accounts in the register, the import's record, the declared sources;
//!   for an import in state posting the list of its batches.
//! - **Writes:** the import's record, the first imports of its content and of its source, new customers and accounts,
//!   exchange rates; the rejects, the batches and their list in the bucket; a request for each batch on the queue
//!   `batches`.
//! - **Delivered twice:** a finished split only requests the unposted batches again; an unfinished one is repeated with
//!   the same bytes.
//! - **Fails:** SQS retries the message, then `record-failures` marks the import as failed.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use customers_dynamodb::DynamoDbRegister;
use imports_dynamodb::DynamoDbImports;
use imports_s3::S3Files;
use imports_sqs::SqsBatchQueue;
use lambda_kit::{Pace, SystemClock, batch};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use split_import::{Config, SplitImport};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_kit::init_tracing();
    let config = Config::from_env()?;
    let sdk = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let split_import = &SplitImport {
        files: S3Files::new(imports_s3::client(&sdk), config.files_bucket),
        imports: DynamoDbImports::new(dynamodb.clone(), config.imports_table),
        register: DynamoDbRegister::new(dynamodb, config.customers_table),
        batches: SqsBatchQueue::new(aws_sdk_sqs::Client::new(&sdk), config.batches_queue_url),
        clock: SystemClock,
        default_currency: config.default_currency.parse()?,
    };
    let pace = Pace::one_by_one(Duration::from_mins(1));

    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let handle = async |message: SqsMessage| split_import.handle_all(&message).await;
        Ok::<_, Error>(batch::each(event, pace, handle).await)
    }))
    .await
}
