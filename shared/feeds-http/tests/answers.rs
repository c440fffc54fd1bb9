//! How the adapter handles valid and invalid responses over a real connection.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use feeds::{Feed, FeedClient, FeedFormat, FetchError};
use feeds_http::{AddressError, HttpFeedClient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Responds to one request with these bytes, then closes the connection; returns the request.
async fn requests(answer: &'static [u8], hang: bool) -> (Result<Vec<u8>, FetchError>, String) {
    requests_in(FeedFormat::Millrace, answer, hang).await
}

async fn requests_in(format: FeedFormat, answer: &'static [u8], hang: bool) -> (Result<Vec<u8>, FetchError>, String) {
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
    let feed = HttpFeedClient::new(&address, Duration::from_millis(500)).unwrap().in_format(format, 1);
    let got = feed.fetch_page(Feed::CompanyInfo, "a b&c").await;
    let question = if hang { String::new() } else { server.await.unwrap() };
    (got, question)
}

#[tokio::test]
async fn a_page_is_its_body_and_the_cursor_is_in_the_question() {
    let (got, question) = requests(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", false).await;
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
        let (got, _) = requests(answer, false).await;
        assert!(matches!(got, Err(FetchError::Failing(_))), "{got:?}");
    }
    let (got, _) = requests(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}", true).await;
    assert!(matches!(&got, Err(FetchError::Failing(why)) if why.contains("no answer")), "{got:?}");
    let (got, _) = requests(b"HTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n", false).await;
    assert!(matches!(got, Err(FetchError::Refused(400))), "{got:?}");
}

#[tokio::test]
async fn silence_and_a_connection_that_closes_are_no_answer() {
    for hang in [false, true] {
        let (got, _) = requests(b"", hang).await;
        assert!(matches!(got, Err(FetchError::NoAnswer(_))), "{hang}: {got:?}");
    }
    // Connection refused: the bank's server is down, which is not the end of a feed.
    let feed = HttpFeedClient::new("http://127.0.0.1:1", Duration::from_secs(5)).unwrap();
    let got = feed.fetch_page(Feed::Sepa, "").await;
    assert!(matches!(got, Err(FetchError::Failing(_))), "{got:?}");
}

#[tokio::test]
async fn without_cursors_the_received_part_of_a_truncated_answer_is_kept() {
    for (answer, hang) in [
        (&b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}{"[..], false),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}{", true),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{}{\r\n", false),
    ] {
        let (got, question) = requests_in(FeedFormat::Cdm, answer, hang).await;
        assert!(matches!(&got, Err(FetchError::Cut(it)) if it.0 == b"{}{"), "{got:?}");
        assert!(!format!("{got:?}").contains('{'), "it prints without its rows: {got:?}");
        assert!(hang || question.starts_with("GET /bank/company_info HTTP/1.1\r\n"), "{question}");
    }
    let (got, _) = requests_in(FeedFormat::Cdm, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", false).await;
    assert!(matches!(got, Err(FetchError::Failing(_))), "{got:?}");
}

#[tokio::test]
async fn an_address_is_a_url_and_encrypted_unless_it_is_this_machine() {
    for address in ["", "bank", "ftp://bank"] {
        assert!(matches!(HttpFeedClient::new(address, Duration::ZERO), Err(AddressError::NoUrl)), "{address}");
    }
    let refused = HttpFeedClient::new("http://bank.example/feeds/", Duration::ZERO);
    assert!(matches!(refused, Err(AddressError::NotEncrypted)), "{refused:?}");
    assert!(HttpFeedClient::new("https://bank.example/feeds/", Duration::ZERO).is_ok());
}
