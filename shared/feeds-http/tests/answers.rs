//! What the adapter makes of a server's answers, good and bad, over a real connection.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use feeds::{AskError, Feed, FeedFormat, FeedServer};
use feeds_http::{AddressError, HttpFeedServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers one question with these bytes, then closes the connection; returns what was asked.
async fn asked(answer: &'static [u8], hang: bool) -> (Result<Vec<u8>, AskError>, String) {
    asked_in(FeedFormat::Millrace, answer, hang).await
}

async fn asked_in(format: FeedFormat, answer: &'static [u8], hang: bool) -> (Result<Vec<u8>, AskError>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/bank/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut question = [0; 2048];
        let length = stream.read(&mut question).await.unwrap();
        stream.write_all(answer).await.unwrap();
        if hang {
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
        String::from_utf8_lossy(question.get(..length).unwrap()).into_owned()
    });
    let feed = HttpFeedServer::new(&address, Duration::from_millis(500)).unwrap().in_format(format, 1);
    let got = feed.ask(Feed::CompanyInfo, "a b&c").await;
    let question = if hang { String::new() } else { server.await.unwrap() };
    (got, question)
}

#[tokio::test]
async fn a_page_is_its_body_and_the_cursor_is_in_the_question() {
    let (got, question) = asked(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", false).await;
    assert_eq!(got.unwrap(), b"{}");
    assert!(question.starts_with("GET /bank/company_info?cursor=a%20b%26c HTTP/1.1\r\n"), "{question}");
}

#[tokio::test]
async fn what_may_pass_is_failing_and_what_will_not_is_refused() {
    let failing = [
        &b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n"[..],
        b"HTTP/1.1 429 Slowly\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}",
        b"what?",
    ];
    for answer in failing {
        let (got, _) = asked(answer, false).await;
        assert!(matches!(got, Err(AskError::Failing(_))), "{got:?}");
    }
    let (got, _) = asked(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}", true).await;
    assert!(matches!(&got, Err(AskError::Failing(why)) if why.contains("no answer")), "{got:?}");
    let (got, _) = asked(b"HTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n", false).await;
    assert!(matches!(got, Err(AskError::Refused(400))), "{got:?}");
}

#[tokio::test]
async fn silence_and_a_connection_that_closes_are_no_answer() {
    for hang in [false, true] {
        let (got, _) = asked(b"", hang).await;
        assert!(matches!(got, Err(AskError::NoAnswer(_))), "{hang}: {got:?}");
    }
    // Nobody listens: the bank's server is down, which is not how a feed ends.
    let feed = HttpFeedServer::new("http://127.0.0.1:1", Duration::from_secs(5)).unwrap();
    let got = feed.ask(Feed::Sepa, "").await;
    assert!(matches!(got, Err(AskError::Failing(_))), "{got:?}");
}

#[tokio::test]
async fn without_cursors_what_came_of_an_answer_that_ends_early_is_kept() {
    for (answer, hang) in [
        (&b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}{"[..], false),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}{", true),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{}{\r\n", false),
    ] {
        let (got, question) = asked_in(FeedFormat::Cdm, answer, hang).await;
        assert!(matches!(&got, Err(AskError::Cut(it)) if it.0 == b"{}{"), "{got:?}");
        assert!(!format!("{got:?}").contains('{'), "it prints without its rows: {got:?}");
        assert!(hang || question.starts_with("GET /bank/company_info HTTP/1.1\r\n"), "{question}");
    }
    let (got, _) = asked_in(FeedFormat::Cdm, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", false).await;
    assert!(matches!(got, Err(AskError::Failing(_))), "{got:?}");
}

#[tokio::test]
async fn an_address_is_a_url_and_encrypted_unless_it_is_this_machine() {
    for address in ["", "bank", "ftp://bank"] {
        assert!(matches!(HttpFeedServer::new(address, Duration::ZERO), Err(AddressError::NoUrl)), "{address}");
    }
    let refused = HttpFeedServer::new("http://bank.example/feeds/", Duration::ZERO);
    assert!(matches!(refused, Err(AddressError::NotEncrypted)), "{refused:?}");
    assert!(HttpFeedServer::new("https://bank.example/feeds/", Duration::ZERO).is_ok());
}
