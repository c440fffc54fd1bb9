//! How the adapter authenticates over real connections, and that no secret leaks.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use http_client::testing::{FakeSecrets, FakeServer, ReceivedRequest, answer};
use http_client::{CallError, CallLimits, Connections, CredentialsError, HttpClient, Secrets};

/// Part of every secret: if it appears anywhere else, it has leaked.
const CANARY: &str = "canary-5e1f";
/// The encoded `client_id` and `client_secret` of [`client`]: `milk-run:canary-5e1f%25%2B`.
const BASIC: &str = "Basic bWlsay1ydW46Y2FuYXJ5LTVlMWYlMjUlMkI=";

fn without_secrets(bank: &FakeServer) -> HttpClient {
    let limits =
        CallLimits { time_out: Duration::from_secs(5), max_body_bytes: 1000, connections: Connections::Reused };
    HttpClient::new(&bank.address, limits).unwrap()
}

fn server(bank: &FakeServer, secrets: &FakeSecrets) -> HttpClient<FakeSecrets> {
    without_secrets(bank).with_secrets(Some(secrets.clone()))
}

async fn get<S: Secrets>(server: &HttpClient<S>) -> Result<u16, CallError> {
    server.get("/sepa").await.map(|it| it.status.as_u16())
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
async fn authorizing(rest: &'static str) -> FakeServer {
    let issues = std::sync::atomic::AtomicUsize::new(0);
    let order = std::sync::atomic::Ordering::SeqCst;
    FakeServer::open(move |requests, _| {
        if is_token_request(requests) {
            return issued(&format!("{CANARY}-{}", issues.fetch_add(1, order) + 1), rest);
        }
        let latest = format!("Bearer {CANARY}-{}", issues.load(order));
        if requests.header("authorization") == latest { answer(200, "", "{}") } else { answer(401, "", "") }
    })
    .await
}

fn token_requests(bank: &FakeServer) -> usize {
    bank.requests().iter().filter(|it| is_token_request(it)).count()
}

#[tokio::test]
async fn a_fixed_token_goes_with_every_question_and_is_read_once() {
    let bank = FakeServer::open(|_, _| answer(200, "", "{}")).await;
    let secrets = FakeSecrets::new(&bearer("first"));
    let server = server(&bank, &secrets);
    for _ in 0..3 {
        assert_eq!(get(&server).await.unwrap(), 200);
    }
    assert!(bank.requests().iter().all(|it| it.header("authorization") == "Bearer first"), "{:?}", bank.requests());
    assert_eq!(secrets.reads(), 1);
}

#[tokio::test]
async fn a_server_without_secrets_gets_no_token() {
    let bank = FakeServer::open(|_, _| answer(200, "", "{}")).await;
    let server = without_secrets(&bank);
    get(&server).await.unwrap();
    get(&server.with_secrets(None::<FakeSecrets>)).await.unwrap();
    assert_eq!(bank.requests().iter().map(|it| it.header("authorization")).collect::<String>(), "");
}

#[tokio::test]
async fn a_rotated_secret_is_read_again_when_the_old_one_is_refused() {
    let bank = FakeServer::open(|requests, _| match requests.header("authorization").as_str() {
        "Bearer second" => answer(200, "", "{}"),
        _ => answer(401, "www-authenticate: Bearer\r\n", ""),
    })
    .await;
    let secrets = FakeSecrets::new(&bearer("first"));
    let server = server(&bank, &secrets);
    let refused = get(&server).await;
    assert!(matches!(refused, Ok(401)), "{refused:?}");
    assert_eq!((bank.requests().len(), secrets.reads()), (2, 2), "one retry with the current secret, no more");

    secrets.rotate(&bearer("second"));
    assert_eq!(get(&server).await.unwrap(), 200);
    assert_eq!((bank.requests().len(), secrets.reads()), (4, 3));
    assert_eq!(get(&server).await.unwrap(), 200);
    assert_eq!((bank.requests().len(), secrets.reads()), (5, 3), "and kept");
}

#[tokio::test]
async fn client_credentials_are_exchanged_once_as_the_standard_says() {
    let bank = authorizing(r#", "expires_in": 3600"#).await;
    let secrets = FakeSecrets::new(&client(&bank.address, r#", "scope": "feeds read""#));
    let server = server(&bank, &secrets);
    for _ in 0..3 {
        assert_eq!(get(&server).await.unwrap(), 200);
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
    let secrets = FakeSecrets::new(&client(&bank.address, ""));
    let server = server(&bank, &secrets);
    let (one, two) = tokio::join!(get(&server), get(&server));
    assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
    assert_eq!(token_requests(&bank), 1);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires() {
    for expires_in in ["1", "\"1\""] {
        let rest: &str = Box::leak(format!(", \"expires_in\": {expires_in}").into_boxed_str());
        let bank = authorizing(rest).await;
        let secrets = FakeSecrets::new(&client(&bank.address, ""));
        let server = server(&bank, &secrets);
        get(&server).await.unwrap();
        tokio::time::sleep(Duration::from_millis(850)).await;
        get(&server).await.unwrap();
        assert_eq!((token_requests(&bank), bank.requests().len()), (2, 4), "without a refusal in between");
    }
}

#[tokio::test]
async fn a_refused_token_is_exchanged_afresh_once() {
    // The second token is refused, too: the bank no longer accepts this client.
    let bank = FakeServer::open(|requests, number| match number {
        _ if is_token_request(requests) => issued(&format!("t{number}"), ", \"expires_in\": 3600"),
        1 => answer(200, "", "{}"),
        _ => answer(401, "", ""),
    })
    .await;
    let secrets = FakeSecrets::new(&client(&bank.address, ""));
    let server = server(&bank, &secrets);
    get(&server).await.unwrap();
    let refused = get(&server).await;
    assert!(matches!(refused, Ok(401)), "{refused:?}");
    let tokens: Vec<String> = bank.requests().iter().map(|it| it.header("authorization")).collect();
    assert_eq!(tokens, [BASIC, "Bearer t0", "Bearer t0", BASIC, "Bearer t3"]);
    assert_eq!(secrets.reads(), 2, "the secret is read again, too");
}

#[tokio::test]
async fn a_redirect_is_refused_and_takes_the_token_nowhere() {
    let other = FakeServer::open(|_, _| answer(200, "", "{}")).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: {}/sepa\r\n", other.address);
        let bank = FakeServer::open(move |_, _| answer(status, &location, "")).await;
        let refused = get(&server(&bank, &FakeSecrets::new(&bearer(CANARY)))).await;
        assert!(matches!(refused, Ok(it) if it == status), "{refused:?}");
        let refused = get(&server(&bank, &FakeSecrets::new(&client(&bank.address, "")))).await;
        let expected = CredentialsError::Refused { status, code: "no error code" };
        assert!(matches!(&refused, Err(CallError::Credentials(it)) if *it == expected), "{refused:?}");
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
        let bank = FakeServer::open(move |_, _| answer(status, "", body)).await;
        let refused = get(&server(&bank, &FakeSecrets::new(&client(&bank.address, "")))).await;
        assert!(matches!(&refused, Err(CallError::Credentials(it)) if *it == expected), "{body}: {refused:?}");
    }
    let bank = FakeServer::open(|_, _| answer(503, "", "")).await;
    let failing = get(&server(&bank, &FakeSecrets::new(&client(&bank.address, "")))).await;
    assert!(matches!(failing, Err(CallError::Failing(_))), "{failing:?}");
    for url in ["http://bank.example", "ftp://bank.example", "https://me:word@bank.example"] {
        let refused = get(&server(&bank, &FakeSecrets::new(&client(url, "")))).await;
        assert!(matches!(refused, Err(CallError::Credentials(CredentialsError::TokenUrl(_)))), "{refused:?}");
    }
}

#[tokio::test]
async fn no_secret_is_in_what_prints() {
    let mut printed = Vec::new();
    // The response repeats the request, as careless servers do.
    for (status, echo) in [(200, true), (400, true), (401, true), (403, true), (500, true), (302, true), (200, false)] {
        let bank = FakeServer::open(move |requests, _| {
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
            let server = server(&bank, &FakeSecrets::new(&text));
            match server.get("/sepa").await {
                Ok(answer) => printed.push(format!("{answer:?}")),
                Err(error) => printed.push(format!("{error} {error:?}")),
            }
            printed.push(format!("{server:?}"));
        }
    }
    let bank = authorizing("").await;
    let server = server(&bank, &FakeSecrets::new(&client(&bank.address, "")));
    get(&server).await.unwrap();
    printed.push(format!("{server:?}"));
    assert!(printed.len() > 80, "{}", printed.len());
    assert!(printed.iter().all(|it| !it.contains("canary")), "{printed:#?}");
}

#[tokio::test]
async fn a_posted_document_is_sent_once_and_a_refused_token_is_not_used_again() {
    let bank = authorizing("").await;
    let secrets = FakeSecrets::new(&client(&bank.address, ""));
    let (one, other) = (server(&bank, &secrets), server(&bank, &secrets));
    let post = async || one.post("/orders", "{\"n\":1}".to_owned()).await.unwrap().status.as_u16();
    assert_eq!(post().await, 200);
    assert_eq!(get(&other).await.unwrap(), 200, "only its own token is valid now");
    assert_eq!(post().await, 401);
    assert_eq!(post().await, 200);
    let posts: Vec<_> = bank.requests().into_iter().filter(|it| it.line.starts_with("POST /orders ")).collect();
    assert_eq!(posts.len(), 3, "each call is one request");
    assert!(posts.iter().all(|it| it.body == "{\"n\":1}" && it.header("content-type") == "application/json"));
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused() {
    for (bytes, fits) in [(1000, true), (1001, false)] {
        let bank = FakeServer::open(move |_, _| answer(200, "", &"x".repeat(bytes))).await;
        let body = without_secrets(&bank).get("/").await.unwrap().body;
        assert_eq!(body.is_ok(), fits, "{bytes} bytes: {body:?}");
    }
}
