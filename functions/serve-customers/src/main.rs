//! `serve-customers`: serves the HTTP API of customers, books, imports and feeds.
//!
//! - **Trigger:** the HTTP API, payload version 2, behind the JWT authorizer of the user pool, except `/unsubscribe`.
//! - **Reads:** customers and accounts, the books, imports with their batches, exchange rates, the counts of summaries,
//!   the progress of feeds and their proofs; the key of the unsubscribe links.
//! - **Writes:** that a customer has opted out of mails, through a signed link; it signs links to rejects, each valid
//!   for a minute.
//! - **Delivered twice:** the same request returns the same response.
//! - **Fails:** the caller gets a problem document, 503 if a retry may help; the log has the error chain.

use api_kit::Clients;
use aws_config::BehaviorVersion;
use customers_dynamodb::DynamoDbRegister;
use feeds_dynamodb::DynamoDbFeedLog;
use imports_dynamodb::DynamoDbImports;
use imports_s3::S3Files;
use lambda_http::Error;
use lambda_kit::SystemClock;
use ledger_dynamodb::DynamoDbBooks;
use ledger_s3::S3Vault;
use mail_dynamodb::DynamoDbSummaries;
use mail_secretsmanager::SecretsManagerUnsubscribeKeys;
use serve_customers::{Config, MAX_ENTRIES, ServeCustomers, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_kit::init_tracing();
    let config = Config::from_env()?;
    let sdk = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let s3 = imports_s3::client(&sdk);
    let secrets = aws_sdk_secretsmanager::Client::new(&sdk);
    let vault = S3Vault::new(s3.clone(), config.files_bucket.clone());

    lambda_http::run(router(ServeCustomers {
        customers: DynamoDbRegister::new(dynamodb.clone(), config.customers_table),
        books: DynamoDbBooks::new(dynamodb.clone(), config.ledger_table, vault),
        imports: DynamoDbImports::new(dynamodb.clone(), config.imports_table),
        summaries: DynamoDbSummaries::new(dynamodb.clone(), config.mails_table),
        feeds: DynamoDbFeedLog::new(dynamodb, config.feeds_table),
        downloads: S3Files::new(s3, config.files_bucket),
        unsubscribe_keys: SecretsManagerUnsubscribeKeys::new(secrets, config.unsubscribe_secret_arn),
        clock: SystemClock,
        max_entries: MAX_ENTRIES,
        clients: Clients::new(&config.user_pool_client_ids, config.machine_client_id),
    }))
    .await
}
