//! `sandbox-feed`: what it is plugged into. What it does is in `lib.rs`.
//!
//! - **Trigger:** the HTTP API, payload version 2, below `/sandbox`, without an authorizer; on the laptop and in staging
//!   alone.
//! - **Reads:** nothing; its companies, rates and transfers are made from a seed.
//! - **Writes:** nothing.
//! - **Delivered twice:** the same question has the same rows, but for the failures that it is told to have.
//! - **Fails:** as often as its environment says; whoever reads it asks again.

use lambda_http::Error;
use sandbox_feed::{Config, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_kit::init_tracing();
    let config = Config::from_env()?;
    lambda_http::run(router(config)).await
}
