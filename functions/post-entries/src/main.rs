//! `post-entries`: merges a batch of an import into the books.
//!
//! - **Trigger:** SQS `batches`, fed by `split-import` with `PostBatch` v1.
//! - **Reads:** a range of the import's batches in the bucket; the books of its accounts; the import's record;
//!   summaries of failed imports of the same content.
//! - **Writes:** the books, one transaction for each account; a record and a request for each summary; the batch as
//!   posted; a request for the next batch of a large account; the import as done after its last batch.
//! - **Delivered twice:** merging the same entries again changes nothing, and the report has the same counts.
//! - **Fails:** SQS retries the message, then `record-failures` marks the import as failed.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use imports::PostBatch;
use imports_dynamodb::DynamoDbImports;
use imports_s3::S3Files;
use imports_sqs::SqsBatchQueue;
use lambda_kit::{Pace, SystemClock, batch};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use ledger_dynamodb::DynamoDbBooks;
use ledger_s3::S3Vault;
use mail_dynamodb::DynamoDbSummaries;
use mail_sqs::SqsSummaryRequests;
use post_entries::{Config, PostEntries};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_kit::init_tracing();
    let config = Config::from_env()?;
    let sdk = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let s3 = imports_s3::client(&sdk);
    let sqs = aws_sdk_sqs::Client::new(&sdk);
    let post_entries = &PostEntries {
        files: S3Files::new(s3.clone(), config.files_bucket.clone()),
        imports: DynamoDbImports::new(dynamodb.clone(), config.imports_table),
        books: DynamoDbBooks::new(dynamodb.clone(), config.ledger_table, S3Vault::new(s3, config.files_bucket)),
        batches: SqsBatchQueue::new(sqs.clone(), config.batches_queue_url),
        summaries: DynamoDbSummaries::new(dynamodb, config.mails_table),
        requests: SqsSummaryRequests::new(sqs, config.summaries_queue_url),
        clock: SystemClock,
    };
    let pace = Pace { at_once: 2, time_each: Duration::from_secs(20) };

    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let handle = async |message: SqsMessage| {
            post_entries.handle(batch::read_about(&message, |it: &PostBatch| it.import)?).await
        };
        Ok::<_, Error>(batch::each(event, pace, handle).await)
    }))
    .await
}
