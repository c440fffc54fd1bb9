//! `run-debits`: runs a business date of all advances: outcomes, plans, due payments.
//!
//! - **Trigger:** SQS `runs`, from a daily schedule, from `millrace advances run`, from an approval, and from itself to
//!   continue.
//! - **Reads:** the processor's reports, with the stored credentials if it requires any; the advances with work; the
//!   totals of earlier runs.
//! - **Writes:** outcomes, replacements and due payments as facts; breaks; the progress of the run; a request for each
//!   payment that is due; the stop switch if an advance does not add up.
//! - **Delivered twice:** of two runs for a date only one writes each step; the facts are the same.
//! - **Fails:** SQS retries the message, which continues from the recorded progress; the next day's run catches up.

use advances_dynamodb::{DynamoDbAdvances, SimulatedClock};
use advances_http::HttpProcessor;
use advances_sqs::{SqsPaymentQueue, SqsRunQueue};
use aws_config::BehaviorVersion;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use lambda_kit::{Pace, SystemClock, batch};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use run_debits::{Config, RunDebits, TIME_OF_A_PAGE};
use secretsmanager::SecretsManagerSecrets;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_kit::init_tracing();
    let config = Config::from_env()?;
    let sdk = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let sqs = aws_sdk_sqs::Client::new(&sdk);
    let secret = config.processor_secret_arn.as_ref();
    let secret = secret.map(|arn| SecretsManagerSecrets::new(aws_sdk_secretsmanager::Client::new(&sdk), arn));
    let (rules, guard, account) = (config.rules()?, config.guard()?, config.processor_account.parse()?);
    let processor = HttpProcessor::new(&config.processor_url, config.time_out()?, account, rules)?;
    let advances = DynamoDbAdvances::new(aws_sdk_dynamodb::Client::new(&sdk), config.advances_table);
    let clock = &SimulatedClock::new(SystemClock, config.simulates_clock.then(|| advances.clone()));
    let run_debits = &RunDebits {
        advances: advances.clone(),
        breaks: advances.clone(),
        runs: advances.clone(),
        gate: advances,
        reports: processor.with_secrets(secret),
        payments: SqsPaymentQueue::new(sqs.clone(), config.payments_queue_url),
        run_requests: SqsRunQueue::new(sqs, config.runs_queue_url),
        clock: clock.clone(),
        rules,
        first_report: config.processor_first_report.parse()?,
        guard,
    };

    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        clock.read().await?;
        let has_time = &batch::has_time(&event.context, TIME_OF_A_PAGE);
        let handle = async |message: SqsMessage| run_debits.handle(batch::read(&message)?, has_time).await;
        Ok::<_, Error>(batch::each(event, Pace::one_by_one(TIME_OF_A_PAGE), handle).await)
    }))
    .await
}
