//! `collect-debit`: makes or resolves one payment of an advance.
//!
//! - **Trigger:** SQS `payments`, from `run-debits` and `serve-advances`, with `payment-requested` v1.
//! - **Reads:** the advance of the payment; the stop switch, before each call; the processor's status of a reference; the
//!   stored credentials if the processor requires any.
//! - **Writes:** the intent of a call, before it; the call to the processor; its answer; the result to the gate.
//! - **Delivered twice:** the stored intent and the processor's reference allow one payment.
//! - **Fails:** SQS retries the message, which resolves the call; a lost message is requested again by the next run.

use std::time::Duration;

use advances_dynamodb::{DynamoDbAdvances, SimulatedClock};
use advances_http::HttpProcessor;
use aws_config::BehaviorVersion;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use collect_debit::{CollectDebit, Config};
use lambda_kit::{Pace, SystemClock, batch};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use secretsmanager::SecretsManagerSecrets;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_kit::init_tracing();
    let config = Config::from_env()?;
    let sdk = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let secrets = aws_sdk_secretsmanager::Client::new(&sdk);
    let secrets = config.processor_secret_arn.as_ref().map(|arn| SecretsManagerSecrets::new(secrets, arn));
    let (rules, account) = (config.rules()?, config.processor_account.parse()?);
    let processor = HttpProcessor::new(&config.processor_url, config.time_out()?, account, rules)?;
    let advances = DynamoDbAdvances::new(aws_sdk_dynamodb::Client::new(&sdk), config.advances_table);
    let clock = &SimulatedClock::new(SystemClock, config.simulates_clock.then(|| advances.clone()));
    let collect_debit = &CollectDebit {
        advances: advances.clone(),
        gate: advances,
        processor: processor.with_secrets(secrets),
        clock: clock.clone(),
    };
    // Time for the facts, the call with its time-out, and the answer.
    let pace = Pace::one_by_one(Duration::from_secs(20));

    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        clock.read().await?;
        let handle = async |message: SqsMessage| collect_debit.handle(batch::read(&message)?).await;
        Ok::<_, Error>(batch::each(event, pace, handle).await)
    }))
    .await
}
