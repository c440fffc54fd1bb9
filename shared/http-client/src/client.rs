use std::error::Error;
use std::fmt;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioExecutor;
use tokio::time::{Instant, timeout_at};

use crate::tokens::Tokens;
use crate::{AddressError, CredentialsError, NoSecrets, Secrets, address, chain};

/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// It does not follow redirects.
pub(crate) type Http = Client<HttpsConnector<HttpConnector>, String>;

/// The limits of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallLimits {
    /// A call ends within this time, including that for a token.
    pub time_out: Duration,
    /// The maximum size of a body in bytes.
    pub max_body_bytes: usize,
    /// Which connections are used.
    pub connections: Connections,
}

/// Which connections are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connections {
    /// Idle ones, if there are some.
    Reused,
    /// A new one for each call: a request is never lost on a connection that the server has closed in the meantime.
    New,
}

/// The client of the server at an address.
#[derive(Clone, Debug)]
pub struct HttpClient<S = NoSecrets> {
    http: Http,
    address: String,
    limits: CallLimits,
    tokens: Option<Tokens<S>>,
}

/// The server's answer. It prints without its body.
pub struct HttpAnswer {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub body: Result<Vec<u8>, BodyError>,
}

/// Why a body is not complete. It prints without the received part.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// It exceeds the limit.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    /// Its end is missing.
    #[error("the answer is not complete: {why}")]
    Cut {
        /// The received part.
        received: Vec<u8>,
        /// The reason.
        why: String,
    },
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The server accepts the connection and sends nothing: it stays silent or closes the connection.
    #[error("the server does not answer: {0}")]
    NoAnswer(String),
    /// The server, or the authorization server, cannot be reached or sends something else than HTTP.
    #[error("the server fails: {0}")]
    Failing(String),
    /// The credentials do not work: another call does not help.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
}

impl fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body.as_ref().map(Vec::len);
        f.debug_struct("HttpAnswer").field("status", &self.status).field("body_bytes", &body).finish()
    }
}

impl fmt::Debug for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyError({self})")
    }
}

impl CallError {
    pub(crate) fn failing(error: &(dyn Error + 'static)) -> Self {
        Self::Failing(chain(error))
    }
}

impl HttpClient {
    /// A client for `address`.
    pub fn new(address: &str, limits: CallLimits) -> Result<Self, AddressError> {
        let address = address.trim_end_matches('/').to_owned();
        address::check(&address)?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_WITHIN));
        let https = HttpsConnectorBuilder::new().with_native_roots().map_err(AddressError::NoRoots)?;
        let https = https.https_or_http().enable_http1().wrap_connector(tcp);
        let mut http = Client::builder(TokioExecutor::new());
        if limits.connections == Connections::New {
            http.pool_max_idle_per_host(0).retry_canceled_requests(false);
        }
        Ok(Self { http: http.build(https), address, limits, tokens: None })
    }
}

impl<S> HttpClient<S> {
    /// The same client with the credentials of `secrets`; `None` if the server requires none.
    pub fn with_secrets<T: Secrets>(self, secrets: Option<T>) -> HttpClient<T> {
        let Self { http, address, limits, tokens: _ } = self;
        let tokens = secrets.map(|it| Tokens::new(it, http.clone()));
        HttpClient { http, address, limits, tokens }
    }

    fn late(&self) -> String {
        format!("no answer within {} s", self.limits.time_out.as_secs())
    }

    fn until(&self) -> Instant {
        let now = Instant::now();
        now.checked_add(self.limits.time_out).unwrap_or(now)
    }

    async fn whole(&self, answer: Response<Incoming>, until: Instant) -> HttpAnswer {
        let status = answer.status();
        HttpAnswer { status, body: self.body(answer.into_body(), until).await }
    }

    async fn body(&self, mut body: Incoming, until: Instant) -> Result<Vec<u8>, BodyError> {
        let mut received = Vec::new();
        let why = loop {
            let data = match timeout_at(until, body.frame()).await {
                Ok(None) => return Ok(received),
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
                Ok(Some(Err(error))) => break chain(&error),
                Err(_) => break self.late(),
            };
            received.extend_from_slice(&data);
            if received.len() > self.limits.max_body_bytes {
                return Err(BodyError::TooLarge(self.limits.max_body_bytes));
            }
        };
        Err(BodyError::Cut { received, why })
    }

    async fn sent(
        &self,
        request: &Request<String>,
        authorization: Option<HeaderValue>,
        until: Instant,
    ) -> Result<Response<Incoming>, CallError> {
        let mut request = request.clone();
        if let Some(header) = authorization {
            request.headers_mut().insert(AUTHORIZATION, header);
        }
        let answer = timeout_at(until, self.http.request(request)).await;
        answer.map_err(|_| CallError::NoAnswer(self.late()))?.map_err(|it| unanswered(&it))
    }

    fn request(&self, method: Method, path: &str, body: String) -> Result<Request<String>, CallError> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.address)).header(ACCEPT, JSON);
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, JSON);
        }
        request.body(body).map_err(|it| CallError::failing(&it))
    }
}

impl<S: Secrets> HttpClient<S> {
    /// Gets `path`, which begins with `/` and may have a query. If the server refuses the token, the request is repeated
    /// once with a new one.
    pub async fn get(&self, path: &str) -> Result<HttpAnswer, CallError> {
        let (until, request) = (self.until(), self.request(Method::GET, path, String::new())?);
        let header = self.header(None, until).await?;
        let mut answer = self.sent(&request, header.clone(), until).await?;
        if answer.status() == StatusCode::UNAUTHORIZED && header.is_some() {
            let header = self.header(header.as_ref(), until).await?;
            answer = self.sent(&request, header, until).await?;
        }
        Ok(self.whole(answer, until).await)
    }

    /// Posts a JSON document to `path`, exactly once. If the server refuses the token, the next call has a new one.
    pub async fn post(&self, path: &str, json: String) -> Result<HttpAnswer, CallError> {
        let (until, request) = (self.until(), self.request(Method::POST, path, json)?);
        let header = self.header(None, until).await?;
        let answer = self.sent(&request, header.clone(), until).await?;
        if let (StatusCode::UNAUTHORIZED, Some(tokens), Some(refused)) = (answer.status(), &self.tokens, header) {
            tokens.forget(&refused).await;
        }
        Ok(self.whole(answer, until).await)
    }

    async fn header(&self, refused: Option<&HeaderValue>, until: Instant) -> Result<Option<HeaderValue>, CallError> {
        let Some(tokens) = &self.tokens else { return Ok(None) };
        // A late token says nothing about the server itself.
        let late = |_| CallError::Failing(self.late());
        timeout_at(until, tokens.header(refused)).await.map_err(late)?.map(Some)
    }
}

/// A connection that closes before the first byte of a response is not a network failure.
fn unanswered(error: &legacy::Error) -> CallError {
    let of_connection = error.source().and_then(|it| it.downcast_ref::<hyper::Error>());
    if of_connection.is_some_and(hyper::Error::is_incomplete_message) {
        return CallError::NoAnswer(chain(error));
    }
    CallError::failing(error)
}
