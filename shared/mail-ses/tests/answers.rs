//! How each response of the provider is interpreted, with a scripted provider.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

mod samples;

use std::net::TcpListener;

use aws_sdk_ses::Client;
use dynamodb::testing::{ScriptedServer, SdkConfig};
use mail::SummaryKey;
use mail::mailer::{Mailer, SendMailError, Sent};
use mail_ses::SesMailer;

#[derive(PartialEq, Debug)]
enum Outcome {
    Taken,
    Refused,
    Unknown,
    Throttled,
    QuotaExceeded,
    Misconfigured,
    UnverifiedRecipient,
    Unavailable,
}

/// One response, its interpretation, and a check that there is exactly one call.
async fn check(status: u16, body: &str, expected: Outcome) {
    let provider = ScriptedServer::new(&[(status, body)]);
    assert_eq!(send(&provider.config()).await, expected, "{status} {body}");
    assert_eq!(provider.calls().len(), 1, "one call: {status} {body}");
}

fn error(code: &str) -> String {
    saying(code, "m")
}

fn saying(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )
}

#[tokio::test]
async fn only_what_is_final_is_taken_for_final() {
    let taken = "<SendRawEmailResponse><SendRawEmailResult><MessageId>id-1</MessageId></SendRawEmailResult>\
        </SendRawEmailResponse>";
    check(200, taken, Outcome::Taken).await;
    for code in ["MessageRejected", "InvalidParameterValue"] {
        check(400, &error(code), Outcome::Refused).await;
    }
    check(500, &error("InternalFailure"), Outcome::Unknown).await;
    check(503, "busy", Outcome::Unknown).await;
    check(200, "<html>", Outcome::Unknown).await;
}

#[tokio::test]
async fn throttling_and_an_exhausted_quota_are_distinguished() {
    check(400, &error("Throttling"), Outcome::Throttled).await;
    check(400, &saying("Throttling", "Maximum sending rate exceeded."), Outcome::Throttled).await;
    check(400, &saying("Throttling", "Daily message quota exceeded."), Outcome::QuotaExceeded).await;
    check(400, &error("LimitExceededException"), Outcome::QuotaExceeded).await;
}

#[tokio::test]
async fn what_somebody_can_correct_is_no_refusal() {
    for code in [
        "MailFromDomainNotVerifiedException",
        "ConfigurationSetDoesNotExist",
        "ConfigurationSetSendingPausedException",
        "AccountSendingPausedException",
        "AccessDenied",
        "SignatureDoesNotMatch",
    ] {
        check(400, &error(code), Outcome::Misconfigured).await;
    }
    let unverified = |identities: &str| {
        let message = "Email address is not verified. The following identities failed the check in region EU-WEST-1: ";
        saying("MessageRejected", &format!("{message}{identities}"))
    };
    check(400, &unverified("books@example.com"), Outcome::Misconfigured).await;
    check(400, &unverified("books@example.com, Ada@example.com"), Outcome::Misconfigured).await;
    check(400, &unverified("Ada@example.com"), Outcome::UnverifiedRecipient).await;
    check(400, &saying("MessageRejected", "Sending suspended for this account."), Outcome::Misconfigured).await;
}

#[tokio::test]
async fn each_mail_says_which_summary_it_is_and_where_events_go() {
    let provider = ScriptedServer::new(&[(0, "")]);
    send(&provider.config()).await;
    let call = provider.calls().concat();
    for part in [
        "ConfigurationSetName=millrace-mails",
        "Tags.member.1.Name=import&Tags.member.1.Value=imp-1",
        "Tags.member.2.Name=account&Tags.member.2.Value=DE89p1",
    ] {
        assert!(call.contains(part), "{part} is not in {}", call.get(call.len() - 400..).unwrap_or(&call));
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent_and_without_an_answer_nobody_knows() {
    check(0, "", Outcome::Unknown).await;

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = ScriptedServer::new(&[(0, "")]).config().into_builder().endpoint_url(format!("http://{nobody}"));
    assert_eq!(send(&nobody.build()).await, Outcome::Unavailable);
}

async fn send(config: &SdkConfig) -> Outcome {
    let key = SummaryKey { account: "DE89.1".parse().unwrap(), import: "imp-1".to_owned() };
    match SesMailer::new(&Client::new(config), "millrace-mails").send(&samples::mail(), &key).await {
        Ok(Sent::Taken { provider_id }) => {
            assert_eq!(provider_id, "id-1");
            Outcome::Taken
        }
        Ok(Sent::Refused { .. }) => Outcome::Refused,
        Ok(Sent::Unknown { .. }) => Outcome::Unknown,
        Err(SendMailError::Throttled(_)) => Outcome::Throttled,
        Err(SendMailError::QuotaExceeded(_)) => Outcome::QuotaExceeded,
        Err(SendMailError::Misconfigured { .. }) => Outcome::Misconfigured,
        Err(SendMailError::UnverifiedRecipient(_)) => Outcome::UnverifiedRecipient,
        Err(_) => Outcome::Unavailable,
    }
}
