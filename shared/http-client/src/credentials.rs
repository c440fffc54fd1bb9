//! The credentials that a server requires.

use std::fmt;

use serde::Deserialize;

/// A text that must not appear in logs or errors: it prints masked.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Masks `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the request that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(masked)")
    }
}

/// How a client authenticates to a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Credentials {
    /// With a fixed bearer token (RFC 6750).
    Bearer(Secret),
    /// With bearer tokens that an authorization server issues for an id and a secret (RFC 6749, section 4.4).
    Client(ClientCredentials),
}

/// The client credentials of OAuth 2.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientCredentials {
    /// The URL of the token endpoint.
    pub token_url: String,
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret,
    /// The scope to request; `None`: the server's default.
    pub scope: Option<String>,
}

/// Why the credentials cannot be used. No message quotes any part of a secret.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialsError {
    /// The stored secret is not JSON.
    #[error("the secret is not a JSON object (line {line}, column {column})")]
    NotJson {
        /// The line of the error.
        line: usize,
        /// The column of the error.
        column: usize,
    },
    /// The JSON has another structure.
    #[error(
        "the secret must have either `bearer_token`, or `token_url`, `client_id`, `client_secret` and optionally \
         `scope`, each a text that is not empty, and nothing else"
    )]
    Shape,
    /// The secret does not exist, has no text, or may not be read.
    #[error("the secret cannot be read: {0}")]
    NotReadable(String),
    /// The token has characters that a header cannot contain.
    #[error("the bearer token has characters that an HTTP header cannot contain")]
    NotAHeader,
    /// The address of the authorization server cannot be used.
    #[error("the secret has a token_url that cannot be used: {0}")]
    TokenUrl(String),
    /// The authorization server refused the client.
    #[error("the authorization server refused the client with status {status} ({code})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error code of RFC 6749, section 5.2; `no error code` if the answer has none of these.
        code: &'static str,
    },
    /// The authorization server's answer has no bearer token.
    #[error("the authorization server's answer has no usable bearer token")]
    NoToken,
}

/// The stored form of the secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    bearer_token: Option<Secret>,
    token_url: Option<String>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    scope: Option<String>,
}

impl Credentials {
    /// Reads a stored secret: `{"bearer_token": "…"}` or `{"token_url": "…", "client_id": "…", "client_secret": "…"}`,
    /// the latter with or without `"scope"`.
    pub fn parse(secret: &Secret) -> Result<Self, CredentialsError> {
        let stored: Stored = serde_json::from_str(secret.reveal()).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => CredentialsError::Shape,
            _ => CredentialsError::NotJson { line: error.line(), column: error.column() },
        })?;
        let is_text = |it: &Option<String>| it.as_ref().is_none_or(|text| !text.trim().is_empty());
        let is_secret = |it: &Option<Secret>| it.as_ref().is_none_or(|it| !it.reveal().trim().is_empty());
        let texts = [&stored.token_url, &stored.client_id, &stored.scope];
        let are_texts =
            texts.into_iter().all(is_text) && is_secret(&stored.bearer_token) && is_secret(&stored.client_secret);
        match stored {
            _ if !are_texts => Err(CredentialsError::Shape),
            Stored {
                bearer_token: Some(token),
                token_url: None,
                client_id: None,
                client_secret: None,
                scope: None,
            } => Ok(Self::Bearer(token)),
            Stored {
                bearer_token: None,
                token_url: Some(token_url),
                client_id: Some(client_id),
                client_secret: Some(client_secret),
                scope,
            } => Ok(Self::Client(ClientCredentials { token_url, client_id, client_secret, scope })),
            _ => Err(CredentialsError::Shape),
        }
    }
}

/// The port to a stored secret.
pub trait Secrets {
    /// Reads the current version of the secret, a text for [`Credentials::parse`]. It may be rotated at any time: the
    /// server may refuse the returned value a moment later.
    fn read(&self) -> impl Future<Output = Result<Secret, SecretsError>> + Send;
}

/// Why a stored secret was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretsError {
    /// The store is unavailable: a retry may help.
    #[error("the secret cannot be read now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It does not exist, has no text, or may not be read: a retry does not help.
    #[error("the secret cannot be used")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// For a server that requires no credentials.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoSecrets {}

impl Secrets for NoSecrets {
    async fn read(&self) -> Result<Secret, SecretsError> {
        match *self {}
    }
}
