//! `sandbox-feed`: serves a bank's feeds that fail at configured rates.
//!
//! - **Trigger:** the HTTP API, payload version 2, below `/sandbox`, without an authorizer; only on the laptop and in
//!   staging.
//! - **Reads:** nothing; its companies, rates and transfers are made from a seed.
//! - **Writes:** nothing.
//! - **Delivered twice:** the same request returns the same rows, apart from the configured failures.
//! - **Fails:** at the configured rates; clients retry.

use lambda_http::Error;
use sandbox_feed::{Config, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_kit::init_tracing();
    let config = Config::from_env()?;
    lambda_http::run(router(config)).await
}
