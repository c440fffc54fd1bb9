//! `poll-feed`: fetches the pages of the bank's feeds and proves that they are in the books.
//!
//! - **Trigger:** SQS `polls`, from a schedule, from `millrace feed poll` and `retry`, and from itself to continue.
//! - **Reads:** the bank's feed server, with the stored credentials if it requires any; the progress of each feed; its
//!   pages in the bucket; the records of its imports.
//! - **Writes:** each unchanged page, and the imports gathered from pages, to the bucket; after each of them, the
//!   progress of the feed; at the end of a poll, its proof and the closed part; the error of a failed message.
//! - **Delivered twice:** of two concurrent polls of a feed only one writes each step, and the other one ends.
//! - **Fails:** SQS retries the message, which continues from the recorded progress; then it becomes a dead letter,
//!   which raises an alarm, and the next day's poll continues.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use feeds_dynamodb::DynamoDbFeedLog;
use feeds_http::HttpFeedClient;
use feeds_sqs::SqsPollQueue;
use imports_dynamodb::DynamoDbImports;
use imports_s3::S3Files;
use lambda_kit::{Pace, SystemClock, batch};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use poll_feed::{Config, PollFeeds};
use secretsmanager::SecretsManagerSecrets;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_kit::init_tracing();
    let config = Config::from_env()?;
    let sdk = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let secrets = aws_sdk_secretsmanager::Client::new(&sdk);
    let secrets = config.feed_secret_arn.as_ref().map(|arn| SecretsManagerSecrets::new(secrets, arn));
    let answer_within = config.time_out()?;
    let server = HttpFeedClient::new(&config.feed_url, answer_within)?;
    let poll_feeds = &PollFeeds {
        server: server.in_format(config.format()?, config.end_silences()?).with_secrets(secrets),
        log: DynamoDbFeedLog::new(dynamodb.clone(), config.feeds_table),
        files: S3Files::new(imports_s3::client(&sdk), config.files_bucket),
        imports: DynamoDbImports::new(dynamodb, config.imports_table),
        polls: SqsPollQueue::new(aws_sdk_sqs::Client::new(&sdk), config.polls_queue_url),
        clock: SystemClock,
        answer_within,
    };
    let pace = Pace::one_by_one(Duration::from_secs(10));

    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let until = batch::deadline(&event.context);
        let handle = async |message: SqsMessage| {
            poll_feeds.handle(batch::read(&message)?, batch::sent_at(&message), until).await
        };
        Ok::<_, Error>(batch::each(event, pace, handle).await)
    }))
    .await
}
