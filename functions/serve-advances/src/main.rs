//! `serve-advances`: serves the HTTP API of advances.
//!
//! - **Trigger:** the HTTP API, payload version 2, behind the JWT authorizer of the user pool.
//! - **Reads:** advances, breaks, runs and the gate of calls; the holders of accounts.
//! - **Writes:** requests and cancellations of advances, approvals of refunds and runs, reasons of closed breaks, the
//!   stop switch; a request for the first payment of an advance, and for a run that an operator has approved.
//! - **Delivered twice:** a request of an advance with the same key and body has the same response; other changes are
//!   made once.
//! - **Fails:** the caller gets a problem document, 503 if a retry may help; the log has the error chain.

use advances_dynamodb::{DynamoDbAdvances, SimulatedClock};
use advances_sqs::{SqsPaymentQueue, SqsRunQueue};
use api_kit::Clients;
use aws_config::BehaviorVersion;
use axum::middleware::from_fn_with_state;
use customers_dynamodb::DynamoDbRegister;
use lambda_http::Error;
use lambda_kit::SystemClock;
use serve_advances::{Config, ServeAdvances, read_clock, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_kit::init_tracing();
    let config = Config::from_env()?;
    let sdk = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let sqs = aws_sdk_sqs::Client::new(&sdk);
    let advances = DynamoDbAdvances::new(dynamodb.clone(), config.advances_table);

    let clock = SimulatedClock::new(SystemClock, config.simulates_clock.then(|| advances.clone()));
    let routes = router(ServeAdvances {
        advances: advances.clone(),
        breaks: advances.clone(),
        runs: advances.clone(),
        gate: advances,
        customers: DynamoDbRegister::new(dynamodb, config.customers_table),
        payments: SqsPaymentQueue::new(sqs.clone(), config.payments_queue_url),
        run_requests: SqsRunQueue::new(sqs, config.runs_queue_url),
        clock: clock.clone(),
        clients: Clients::new(&config.user_pool_client_ids, config.machine_client_id),
    });
    lambda_http::run(routes.layer(from_fn_with_state(clock, read_clock))).await
}
