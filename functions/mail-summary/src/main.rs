//! `mail-summary`: renders the summary mail of an account and sends it.
//!
//! - **Trigger:** SQS `summaries`, fed by `post-entries` and `sweep-imports` with `SummaryRequest` v1.
//! - **Reads:** the summary's record, the account's holder and whether they want mails, the account's totals, whether
//!   the address is suppressed, the gate; at start the key of the unsubscribe links.
//! - **Writes:** a time slot of the gate; the summary's record, before and after the call; one mail through SES.
//! - **Delivered twice:** a sent summary stays sent; one in progress is left to the other delivery.
//! - **Fails:** if SES throttles, has no quota left or is misconfigured, the summary stays wanted and `sweep-imports`
//!   requests it again; if SES does not respond, the same bytes are sent once more, then the summary is `unknown`; a
//!   mail that cannot be rendered becomes a dead letter, which `record-failures` records.

use aws_config::BehaviorVersion;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use customers_dynamodb::DynamoDbRegister;
use lambda_kit::{SystemClock, batch};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use ledger_dynamodb::{DynamoDbBooks, NoVault};
use mail::outbox::SummaryRequest;
use mail::{EmailAddress, UnsubscribeKeys, UnsubscribeLinks};
use mail_dynamodb::DynamoDbSummaries;
use mail_secretsmanager::SecretsManagerUnsubscribeKeys;
use mail_ses::SesMailer;
use mail_summary::{Config, MailSummary};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_kit::init_tracing();
    let config = Config::from_env()?;
    let sdk = aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let secrets = aws_sdk_secretsmanager::Client::new(&sdk);
    let key = SecretsManagerUnsubscribeKeys::new(secrets, config.unsubscribe_secret_arn).key().await?;
    let mail_summary = &MailSummary {
        customers: DynamoDbRegister::new(dynamodb.clone(), config.customers_table),
        books: DynamoDbBooks::new(dynamodb.clone(), config.ledger_table, NoVault),
        summaries: DynamoDbSummaries::new(dynamodb, config.mails_table),
        mailer: SesMailer::new(&aws_sdk_ses::Client::new(&sdk), config.configuration_set),
        clock: SystemClock,
        sender: EmailAddress::parse(&config.sender_address)?,
        rate: config.mails_per_second.parse()?,
        contact: config.contact_address.as_deref().map(EmailAddress::parse).transpose()?,
        unsubscribe: UnsubscribeLinks { url: config.unsubscribe_url, key },
    };

    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let ends_at = batch::deadline(&event.context);
        let handle = async |message: SqsMessage| {
            let request = batch::read_about(&message, |it: &SummaryRequest| it.import.clone())?;
            mail_summary.handle(request, ends_at).await
        };
        Ok::<_, Error>(batch::each(event, mail_summary.pace(), handle).await)
    }))
    .await
}
