//! How the adapter authenticates over real connections, and that no secret leaks.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod bank;

use std::time::Duration;

use bank::{Bank, ReceivedRequest, answer};
use feeds::testing::FakeFeedSecrets;
use feeds::{CredentialsError, Feed, FeedClient, FetchError};
use feeds_http::HttpFeedClient;

/// Part of every secret: if it appears anywhere else, it has leaked.
const CANARY: &str = "canary-5e1f";
/// The encoded `client_id` and `client_secret` of [`client`]: `milk-run:canary-5e1f%25%2B`.
const BASIC: &str = "Basic bWlsay1ydW46Y2FuYXJ5LTVlMWYlMjUlMkI=";

fn server(bank: &Bank, secrets: &FakeFeedSecrets) -> HttpFeedClient<FakeFeedSecrets> {
    HttpFeedClient::new(&bank.address, Duration::from_secs(5)).unwrap().with_secrets(Some(secrets.clone()))
}

fn bearer(token: &str) -> String {
    format!(r#"{{"bearer_token": "{token}"}}"#)
}

fn client(address: &str, scope: &str) -> String {
    format!(r#"{{"token_url": "{address}/token", "client_id": "milk-run", "client_secret": "{CANARY}%+"{scope}}}"#)
}

fn issued(token: &str, rest: &str) -> String {
    answer(200, "", &format!(r#"{{"access_token": "{token}", "token_type": "Bearer"{rest}}}"#))
}

fn is_token_request(requests: &ReceivedRequest) -> bool {
    requests.line.starts_with("POST /token ")
}

/// Serves pages to clients with the latest issued token; `rest` is added to each token response.
async fn authorizing(rest: &'static str) -> Bank {
    let issues = std::sync::atomic::AtomicUsize::new(0);
    let order = std::sync::atomic::Ordering::SeqCst;
    Bank::open(move |requests, _| {
        if is_token_request(requests) {
            return issued(&format!("{CANARY}-{}", issues.fetch_add(1, order) + 1), rest);
        }
        let latest = format!("Bearer {CANARY}-{}", issues.load(order));
        if requests.header("authorization") == latest { answer(200, "", "{}") } else { answer(401, "", "") }
    })
    .await
}

fn token_requests(bank: &Bank) -> usize {
    bank.requests().iter().filter(|it| is_token_request(it)).count()
}

#[tokio::test]
async fn a_fixed_token_goes_with_every_question_and_is_read_once() {
    let bank = Bank::open(|_, _| answer(200, "", "{}")).await;
    let secrets = FakeFeedSecrets::new(&bearer("first"));
    let server = server(&bank, &secrets);
    for _ in 0..3 {
        assert_eq!(server.fetch_page(Feed::Sepa, "").await.unwrap(), b"{}");
    }
    assert!(bank.requests().iter().all(|it| it.header("authorization") == "Bearer first"), "{:?}", bank.requests());
    assert_eq!(secrets.reads(), 1);
}

#[tokio::test]
async fn a_server_without_secrets_gets_no_token() {
    let bank = Bank::open(|_, _| answer(200, "", "{}")).await;
    let server = HttpFeedClient::new(&bank.address, Duration::from_secs(5)).unwrap();
    server.fetch_page(Feed::Sepa, "").await.unwrap();
    server.with_secrets(None::<FakeFeedSecrets>).fetch_page(Feed::Sepa, "").await.unwrap();
    assert_eq!(bank.requests().iter().map(|it| it.header("authorization")).collect::<String>(), "");
}

#[tokio::test]
async fn a_rotated_secret_is_read_again_when_the_old_one_is_refused() {
    let bank = Bank::open(|requests, _| match requests.header("authorization").as_str() {
        "Bearer second" => answer(200, "", "{}"),
        _ => answer(401, "www-authenticate: Bearer\r\n", ""),
    })
    .await;
    let secrets = FakeFeedSecrets::new(&bearer("first"));
    let server = server(&bank, &secrets);
    let refused = server.fetch_page(Feed::Sepa, "").await;
    assert!(matches!(refused, Err(FetchError::Refused(401))), "{refused:?}");
    assert_eq!((bank.requests().len(), secrets.reads()), (2, 2), "one retry with the current secret, no more");

    secrets.rotate(&bearer("second"));
    assert_eq!(server.fetch_page(Feed::Sepa, "").await.unwrap(), b"{}");
    assert_eq!((bank.requests().len(), secrets.reads()), (4, 3));
    assert_eq!(server.fetch_page(Feed::Sepa, "").await.unwrap(), b"{}");
    assert_eq!((bank.requests().len(), secrets.reads()), (5, 3), "and kept");
}

#[tokio::test]
async fn client_credentials_are_exchanged_once_as_the_standard_says() {
    let bank = authorizing(r#", "expires_in": 3600"#).await;
    let secrets = FakeFeedSecrets::new(&client(&bank.address, r#", "scope": "feeds read""#));
    let server = server(&bank, &secrets);
    for _ in 0..3 {
        assert_eq!(server.fetch_page(Feed::Swift, "").await.unwrap(), b"{}");
    }
    let exchange = &bank.requests()[0];
    assert_eq!(exchange.line, "POST /token HTTP/1.1");
    assert_eq!(exchange.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(exchange.header("authorization"), BASIC);
    assert_eq!(exchange.body, "grant_type=client_credentials&scope=feeds%20read");
    assert_eq!((token_requests(&bank), bank.requests().len(), secrets.reads()), (1, 4, 1));
}

#[tokio::test]
async fn questions_at_once_share_one_token() {
    let bank = authorizing("").await;
    let secrets = FakeFeedSecrets::new(&client(&bank.address, ""));
    let server = server(&bank, &secrets);
    let (one, two) = tokio::join!(server.fetch_page(Feed::Sepa, ""), server.fetch_page(Feed::Swift, ""));
    assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
    assert_eq!(token_requests(&bank), 1);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires() {
    for expires_in in ["1", "\"1\""] {
        let rest: &str = Box::leak(format!(", \"expires_in\": {expires_in}").into_boxed_str());
        let bank = authorizing(rest).await;
        let secrets = FakeFeedSecrets::new(&client(&bank.address, ""));
        let server = server(&bank, &secrets);
        server.fetch_page(Feed::Sepa, "").await.unwrap();
        tokio::time::sleep(Duration::from_millis(850)).await;
        server.fetch_page(Feed::Sepa, "").await.unwrap();
        assert_eq!((token_requests(&bank), bank.requests().len()), (2, 4), "without a refusal in between");
    }
}

#[tokio::test]
async fn a_refused_token_is_exchanged_afresh_once() {
    // The second token is refused, too: the bank no longer accepts this client.
    let bank = Bank::open(|requests, number| match number {
        _ if is_token_request(requests) => issued(&format!("t{number}"), ", \"expires_in\": 3600"),
        1 => answer(200, "", "{}"),
        _ => answer(401, "", ""),
    })
    .await;
    let secrets = FakeFeedSecrets::new(&client(&bank.address, ""));
    let server = server(&bank, &secrets);
    server.fetch_page(Feed::Sepa, "").await.unwrap();
    let refused = server.fetch_page(Feed::Sepa, "").await;
    assert!(matches!(refused, Err(FetchError::Refused(401))), "{refused:?}");
    let tokens: Vec<String> = bank.requests().iter().map(|it| it.header("authorization")).collect();
    assert_eq!(tokens, [BASIC, "Bearer t0", "Bearer t0", BASIC, "Bearer t3"]);
    assert_eq!(secrets.reads(), 2, "the secret is read again, too");
}

#[tokio::test]
async fn a_redirect_is_refused_and_takes_the_token_nowhere() {
    let other = Bank::open(|_, _| answer(200, "", "{}")).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: {}/sepa\r\n", other.address);
        let bank = Bank::open(move |_, _| answer(status, &location, "")).await;
        let refused = server(&bank, &FakeFeedSecrets::new(&bearer(CANARY))).fetch_page(Feed::Sepa, "").await;
        assert!(matches!(refused, Err(FetchError::Refused(it)) if it == status), "{refused:?}");
        let refused = server(&bank, &FakeFeedSecrets::new(&client(&bank.address, ""))).fetch_page(Feed::Sepa, "").await;
        let expected = CredentialsError::Refused { status, code: "no error code" };
        assert!(matches!(&refused, Err(FetchError::Credentials(it)) if *it == expected), "{refused:?}");
    }
    assert!(other.requests().is_empty(), "{:?}", other.requests());
}

#[tokio::test]
async fn permanent_and_transient_failures_are_distinguished() {
    for (status, body, expected) in [
        (400, r#"{"error": "invalid_scope"}"#, CredentialsError::Refused { status: 400, code: "invalid_scope" }),
        (401, r#"{"error": "invalid_client"}"#, CredentialsError::Refused { status: 401, code: "invalid_client" }),
        (403, "go away", CredentialsError::Refused { status: 403, code: "no error code" }),
        (200, r#"{"access_token": "t", "token_type": "mac"}"#, CredentialsError::NoToken),
        (200, r#"{"token_type": "bearer"}"#, CredentialsError::NoToken),
        (200, "<html>", CredentialsError::NoToken),
        (200, r#"{"access_token": "a\nb", "token_type": "bearer"}"#, CredentialsError::NotAHeader),
    ] {
        let bank = Bank::open(move |_, _| answer(status, "", body)).await;
        let refused = server(&bank, &FakeFeedSecrets::new(&client(&bank.address, ""))).fetch_page(Feed::Sepa, "").await;
        assert!(matches!(&refused, Err(FetchError::Credentials(it)) if *it == expected), "{body}: {refused:?}");
    }
    let bank = Bank::open(|_, _| answer(503, "", "")).await;
    let failing = server(&bank, &FakeFeedSecrets::new(&client(&bank.address, ""))).fetch_page(Feed::Sepa, "").await;
    assert!(matches!(failing, Err(FetchError::Failing(_))), "{failing:?}");
    for url in ["http://bank.example", "ftp://bank.example", "https://me:word@bank.example"] {
        let refused = server(&bank, &FakeFeedSecrets::new(&client(url, ""))).fetch_page(Feed::Sepa, "").await;
        assert!(matches!(refused, Err(FetchError::Credentials(CredentialsError::TokenUrl(_)))), "{refused:?}");
    }
}

#[tokio::test]
async fn no_secret_is_in_what_prints() {
    let mut printed = Vec::new();
    // The response repeats the request, as careless servers do.
    for (status, echo) in [(200, true), (400, true), (401, true), (403, true), (500, true), (302, true), (200, false)] {
        let bank = Bank::open(move |requests, _| {
            let said = format!("{} {} {}", requests.line, requests.headers, requests.body).replace('"', "'");
            let body =
                format!(r#"{{"error": "{CANARY} {said}", "access_token": "{CANARY}", "token_type": "{CANARY}"}}"#);
            if echo { answer(status, &format!("x-echo: {CANARY}\r\n"), &body) } else { format!("{CANARY} what?\r\n") }
        })
        .await;
        for text in [
            bearer(CANARY),
            bearer(&format!("{CANARY}\\n")),
            client(&bank.address, ""),
            client("http://bank.example", ""),
            format!(r#"{{"{CANARY}": "{CANARY}"}}"#),
            CANARY.to_owned(),
        ] {
            let server = server(&bank, &FakeFeedSecrets::new(&text));
            if let Err(error) = server.fetch_page(Feed::Sepa, "").await {
                printed.push(format!("{error} {error:?}"));
            }
            printed.push(format!("{server:?}"));
        }
    }
    let bank = authorizing("").await;
    let server = server(&bank, &FakeFeedSecrets::new(&client(&bank.address, "")));
    server.fetch_page(Feed::Sepa, "").await.unwrap();
    printed.push(format!("{server:?}"));
    assert!(printed.len() > 80, "{}", printed.len());
    assert!(printed.iter().all(|it| !it.contains("canary")), "{printed:#?}");
}
