//! What is made of each answer, from a carrier that says what it is told to.

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
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_ses::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_ses::{Client, Config};
use mail::mailer::{Mailer, SendMailError, Sent};
use mail_ses::SesMailer;

#[derive(PartialEq, Debug)]
enum Outcome {
    Taken,
    Refused,
    Unknown,
    Throttled,
    Unavailable,
}

/// One answer, what is made of it, and that there is one call for it.
async fn check(status: u16, body: &str, expected: Outcome) {
    let (address, calls) = carrier(format!(
        "HTTP/1.1 {status} x\r\ncontent-type: text/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    ));
    assert_eq!(send(address).await, expected, "{status} {body}");
    assert_eq!(calls.load(Ordering::SeqCst), 1, "one call: {status} {body}");
}

fn error(code: &str) -> String {
    format!("<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>")
}

#[tokio::test]
async fn only_what_is_final_is_taken_for_final() {
    let taken = "<SendRawEmailResponse><SendRawEmailResult><MessageId>id-1</MessageId></SendRawEmailResult>\
        </SendRawEmailResponse>";
    check(200, taken, Outcome::Taken).await;
    for code in ["MessageRejected", "MailFromDomainNotVerifiedException", "ConfigurationSetDoesNotExist"] {
        check(400, &error(code), Outcome::Refused).await;
    }
    check(400, &error("Throttling"), Outcome::Throttled).await;
    check(400, &error("AccountSendingPausedException"), Outcome::Unavailable).await;
    check(403, &error("AccessDenied"), Outcome::Unavailable).await;
    check(500, &error("InternalFailure"), Outcome::Unknown).await;
    check(503, "busy", Outcome::Unknown).await;
    check(200, "<html>", Outcome::Unknown).await;
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent_and_without_an_answer_nobody_knows() {
    let (closing, calls) = carrier(String::new());
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
    match SesMailer::new(&Client::from_conf(config.build())).send(&samples::mail()).await {
        Ok(Sent::Taken { carrier_id }) => {
            assert_eq!(carrier_id, "id-1");
            Outcome::Taken
        }
        Ok(Sent::Refused { .. }) => Outcome::Refused,
        Ok(Sent::Unknown { .. }) => Outcome::Unknown,
        Err(SendMailError::Throttled(_)) => Outcome::Throttled,
        Err(_) => Outcome::Unavailable,
    }
}

/// A carrier that reads each call and answers it with `answer`; and how many calls there were.
fn carrier(answer: String) -> (SocketAddr, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut stream = stream.unwrap();
            read_call(&mut stream);
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, calls)
}

/// Reads head and body of a call.
fn read_call(stream: &mut TcpStream) {
    let mut call = Vec::new();
    let mut some = [0; 65_536];
    loop {
        let count = stream.read(&mut some).unwrap();
        call.extend_from_slice(&some[..count]);
        let text = String::from_utf8_lossy(&call);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|it| it.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if count == 0 || body.len() >= length.unwrap_or(0_usize) {
            return;
        }
    }
}
