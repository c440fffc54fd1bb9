//! Bearer tokens: how they are obtained and cached.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::client::Http;
use crate::{
    CallError, ClientCredentials, Credentials, CredentialsError, Secret, Secrets, SecretsError, address, chain,
};

/// The maximum size of an authorization server's response in bytes.
const MAX_TOKEN_BYTES: usize = 64 * 1024;
/// A token is renewed this long before it expires, or when a fifth of its life is left, whichever is later.
const RENEWED_BEFORE: Duration = Duration::from_secs(30);
/// Characters that a form does not encode. Many servers compare a client's id without decoding it, so only necessary
/// characters are encoded.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The error codes of RFC 6749, section 5.2. Any other text of the response might contain the request.
const ERROR_CODES: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// The tokens of one server; its clones share them.
#[derive(Clone)]
pub(crate) struct Tokens<S> {
    secrets: S,
    http: Http,
    current: Arc<Mutex<Option<Token>>>,
}

impl<S> fmt::Debug for Tokens<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(masked)")
    }
}

#[derive(Clone)]
struct Token {
    /// The value of the header `authorization`.
    header: HeaderValue,
    /// `None`: until it is refused.
    until: Option<Instant>,
}

impl Token {
    fn new(token: &str, until: Option<Instant>) -> Result<Self, CredentialsError> {
        let mut header = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| CredentialsError::NotAHeader)?;
        header.set_sensitive(true);
        Ok(Self { header, until })
    }

    fn is_fresh(&self) -> bool {
        self.until.is_none_or(|it| Instant::now() < it)
    }
}

#[derive(Deserialize)]
struct Issued {
    access_token: Secret,
    token_type: String,
    #[serde(default)]
    expires_in: Value,
}

impl<S: Secrets> Tokens<S> {
    pub(crate) fn new(secrets: S, http: Http) -> Self {
        Self { secrets, http, current: Arc::default() }
    }

    /// Returns the header with the current token; instead of the refused one, a new one from the current secret. One of
    /// several concurrent requests fetches it, the others wait.
    pub(crate) async fn header(&self, refused: Option<&HeaderValue>) -> Result<HeaderValue, CallError> {
        let mut current = self.current.lock().await;
        let usable = |it: &&Token| it.is_fresh() && Some(&it.header) != refused;
        if let Some(token) = current.as_ref().filter(usable) {
            return Ok(token.header.clone());
        }
        *current = None;
        let token = self.fetched().await?;
        let header = token.header.clone();
        *current = Some(token);
        Ok(header)
    }

    /// The next request has another token than the refused one.
    pub(crate) async fn forget(&self, refused: &HeaderValue) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|it| it.header == *refused) {
            *current = None;
        }
    }

    async fn fetched(&self) -> Result<Token, CallError> {
        let secret = self.secrets.read().await.map_err(|error| match error {
            SecretsError::Broken(why) => CallError::Credentials(CredentialsError::NotReadable(chain(why.as_ref()))),
            error => CallError::failing(&error),
        })?;
        match Credentials::parse(&secret).map_err(CallError::Credentials)? {
            Credentials::Bearer(token) => Token::new(token.reveal(), None).map_err(CallError::Credentials),
            Credentials::Client(client) => self.issued(&client).await,
        }
    }

    /// Exchanges the client's credentials for a token.
    async fn issued(&self, client: &ClientCredentials) -> Result<Token, CallError> {
        address::check(&client.token_url)
            .map_err(|error| CallError::Credentials(CredentialsError::TokenUrl(error.to_string())))?;
        let encoded = |text: &str| utf8_percent_encode(text, FORM).to_string();
        let scope = client.scope.as_ref().map(|it| format!("&scope={}", encoded(it))).unwrap_or_default();
        let pair = format!("{}:{}", encoded(&client.client_id), encoded(client.client_secret.reveal()));
        let mut basic =
            HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))).map_err(|it| CallError::failing(&it))?;
        basic.set_sensitive(true);
        let request = Request::post(&client.token_url)
            .header(AUTHORIZATION, basic)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!("grant_type=client_credentials{scope}"));
        let requested_at = Instant::now();
        let answer = self
            .http
            .request(request.map_err(|it| CallError::failing(&it))?)
            .await
            .map_err(|it| CallError::failing(&it))?;
        if may_pass(answer.status()) {
            return Err(CallError::Failing(format!("the authorization server: status {}", answer.status().as_u16())));
        }
        token_of(answer, requested_at).await
    }
}

/// Whether a retry of the same request may succeed.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

async fn token_of(answer: Response<Incoming>, requested_at: Instant) -> Result<Token, CallError> {
    let (status, unusable) = (answer.status(), || CallError::Credentials(CredentialsError::NoToken));
    let body = Limited::new(answer.into_body(), MAX_TOKEN_BYTES).collect().await;
    let body = body.map_err(|error| CallError::failing(error.as_ref()))?.to_bytes();
    if !status.is_success() {
        let said: Option<Value> = serde_json::from_slice(&body).ok();
        let said = said.as_ref().and_then(|it| it.get("error")?.as_str());
        let code = ERROR_CODES.into_iter().find(|it| Some(*it) == said).unwrap_or("no error code");
        return Err(CallError::Credentials(CredentialsError::Refused { status: status.as_u16(), code }));
    }
    let issued: Issued = serde_json::from_slice(&body).map_err(|_| unusable())?;
    if !issued.token_type.eq_ignore_ascii_case("bearer") || issued.access_token.reveal().is_empty() {
        return Err(unusable());
    }
    let seconds = match &issued.expires_in {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    let until = seconds.and_then(|it| requested_at.checked_add(kept_for(Duration::from_secs(it))));
    Token::new(issued.access_token.reveal(), until).map_err(CallError::Credentials)
}

/// How long to cache a token with this lifetime.
fn kept_for(life: Duration) -> Duration {
    life.saturating_sub(RENEWED_BEFORE.min(life.checked_div(5).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_shortly_before_it_expires() {
        for (life, kept) in [(3_600_000, 3_570_000), (150_000, 120_000), (100_000, 80_000), (1_000, 800), (0, 0)] {
            assert_eq!(kept_for(Duration::from_millis(life)), Duration::from_millis(kept), "{life} ms");
        }
    }
}
