//! How each response of the provider is interpreted, with a scripted provider.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::arithmetic_side_effects,
    clippy::large_stack_arrays,
    reason = "a test fails by panicking"
)]

mod samples;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_ses::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_ses::{Client, Config};
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
    let (address, calls) = provider(format!(
        "HTTP/1.1 {status} x\r\ncontent-type: text/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    ));
    assert_eq!(send(address).await, expected, "{status} {body}");
    assert_eq!(calls.load(Ordering::SeqCst), 1, "one call: {status} {body}");
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
    let (address, _, calls) = recorder(String::new());
    send(address).await;
    let call = calls.lock().unwrap().concat();
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
    let (closing, calls) = provider(String::new());
    assert_eq!(send(closing).await, Outcome::Unknown);
    assert_eq!(calls.load(Ordering::SeqCst), 1);

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(send(nobody).await, Outcome::Unavailable);
}

async fn send(address: SocketAddr) -> Outcome {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(format!("http://{address}"))
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "testing"));
    let key = SummaryKey { account: "DE89.1".parse().unwrap(), import: "imp-1".to_owned() };
    match SesMailer::new(&Client::from_conf(config.build()), "millrace-mails").send(&samples::mail(), &key).await {
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

/// A provider that responds to each call with `answer`; and its number of calls.
fn provider(answer: String) -> (SocketAddr, Arc<AtomicU32>) {
    let (address, calls, _) = recorder(answer);
    (address, calls)
}

/// The same, with what it was sent.
fn recorder(answer: String) -> (SocketAddr, Arc<AtomicU32>, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let texts = Arc::new(Mutex::new(Vec::new()));
    let recorded = Arc::clone(&texts);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut stream = stream.unwrap();
            let text = read_call(&mut stream);
            recorded.lock().unwrap().push(text);
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, calls, texts)
}

/// Reads head and body of a call.
fn read_call(stream: &mut TcpStream) -> String {
    let mut call = Vec::new();
    let mut some = [0; 65_536];
    loop {
        let count = stream.read(&mut some).unwrap();
        call.extend_from_slice(&some[..count]);
        let text = String::from_utf8_lossy(&call);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|it| it.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if count == 0 || body.len() >= length.unwrap_or(0_usize) {
            return text.into_owned();
        }
    }
}
