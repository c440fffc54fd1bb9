//! Which secrets are valid credentials, and that none of them is printed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use http_client::{ClientCredentials, Credentials, CredentialsError, Secret};

const CANARY: &str = "canary-5e1f";

fn parse(text: &str) -> Result<Credentials, CredentialsError> {
    Credentials::parse(&Secret::new(text))
}

#[test]
fn the_shape_says_which_credentials_they_are() {
    assert_eq!(parse(r#"{"bearer_token": "t"}"#), Ok(Credentials::Bearer(Secret::new("t"))));
    let client = |scope: Option<&str>| {
        Credentials::Client(ClientCredentials {
            token_url: "https://bank.example/token".to_owned(),
            client_id: "millrace".to_owned(),
            client_secret: Secret::new("s"),
            scope: scope.map(str::to_owned),
        })
    };
    let stored = r#"{"token_url": "https://bank.example/token", "client_id": "millrace", "client_secret": "s""#;
    assert_eq!(parse(&format!("{stored}}}")), Ok(client(None)));
    assert_eq!(parse(&format!("{stored}, \"scope\": \"feeds\"}}")), Ok(client(Some("feeds"))));
}

#[test]
fn any_other_shape_is_an_error_that_says_what_is_expected() {
    for text in [
        "{}",
        "[]",
        "\"t\"",
        r#"{"bearer_token": ""}"#,
        r#"{"bearer_token": 7}"#,
        r#"{"bearer_token": "t", "scope": "s"}"#,
        r#"{"bearer_token": "t", "client_id": "i"}"#,
        r#"{"token": "t"}"#,
        r#"{"client_id": "i", "client_secret": "s"}"#,
        r#"{"token_url": "https://a", "client_id": "i"}"#,
        r#"{"token_url": "https://a", "client_id": " ", "client_secret": "s"}"#,
    ] {
        assert_eq!(parse(text), Err(CredentialsError::Shape), "{text}");
    }
    assert_eq!(parse(r#"{"bearer_token": "t""#), Err(CredentialsError::NotJson { line: 1, column: 20 }));
    let message = CredentialsError::Shape.to_string();
    assert!(message.contains("`bearer_token`") && message.contains("`client_secret`"), "{message}");
}

#[test]
fn no_secret_prints() {
    let mut printed = vec![format!("{:?}", Secret::new(CANARY))];
    for text in [
        format!(r#"{{"bearer_token": "{CANARY}"}}"#),
        format!(r#"{{"token_url": "https://a", "client_id": "i", "client_secret": "{CANARY}"}}"#),
        format!(r#"{{"{CANARY}": "{CANARY}"}}"#),
        format!(r#"{{"bearer_token": {{"value": "{CANARY}"}}}}"#),
        CANARY.to_owned(),
    ] {
        match parse(&text) {
            Ok(credentials) => printed.push(format!("{credentials:?}")),
            Err(error) => printed.push(format!("{error} {error:?}")),
        }
    }
    assert!(printed.iter().all(|it| !it.contains(CANARY)), "{printed:?}");
}
