//! `sandbox-processor`: simulates a payment processor that fails at configured rates.
//!
//! - **Trigger:** the HTTP API, payload version 2, below `/sandbox/processor`, without an authorizer; only on the laptop
//!   and in staging.
//! - **Reads:** its clock and faults, the calls of a reference, and its ledger.
//! - **Writes:** each call, and its transaction in the same step, unless another call or the clock was faster.
//! - **Delivered twice:** a repeated reference is executed once within its window, and again after it, as documented.
//! - **Fails:** at the configured rates; clients resolve it.

use aws_config::BehaviorVersion;
use lambda_http::Error;
use lambda_kit::SystemClock;
use sandbox_processor::{Config, DynamoDbStore, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_kit::init_tracing();
    let config = Config::from_env()?;
    let sdk = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let store = DynamoDbStore::new(dynamodb::Client::new(&sdk), config.table.clone());
    lambda_http::run(router(config, store, SystemClock)).await
}
