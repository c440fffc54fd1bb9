//! The HTTP client for a bank's feeds.

mod address;
mod tokens;

use std::error::Error;
use std::time::Duration;

use feeds::{CutAnswer, Feed, FeedClient, FeedFormat, FeedSecrets, FetchError, NoSecrets};
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::{Instant, timeout_at};

use crate::tokens::Tokens;

pub use address::AddressError;

/// The maximum size of a page in bytes.
const MAX_PAGE_BYTES: usize = 32 * 1024 * 1024;
const END_AFTER_SILENCES: u32 = 3;

/// It does not follow redirects, so a token reaches only its intended host.
type Http = Client<HttpsConnector<HttpConnector>, String>;

/// The client of the feeds at an address.
#[derive(Clone, Debug)]
pub struct HttpFeedClient<S = NoSecrets> {
    http: Http,
    address: String,
    time_out: Duration,
    format: FeedFormat,
    end_after_silences: u32,
    tokens: Option<Tokens<S>>,
}

impl HttpFeedClient {
    /// A client for `address`; each request is one call that ends within `time_out`.
    pub fn new(address: &str, time_out: Duration) -> Result<Self, AddressError> {
        let address = address.trim_end_matches('/').to_owned();
        address::check(&address)?;
        let https = HttpsConnectorBuilder::new().with_native_roots().map_err(AddressError::NoRoots)?;
        let https = https.https_or_http().enable_http1().build();
        let http = Client::builder(TokioExecutor::new()).build(https);
        let (format, end_after_silences) = (FeedFormat::Millrace, END_AFTER_SILENCES);
        Ok(Self { http, address, time_out, format, end_after_silences, tokens: None })
    }
}

impl<S> HttpFeedClient<S> {
    /// The same client with the credentials of `secrets`; `None` if the server requires none.
    pub fn with_secrets<T: FeedSecrets>(self, secrets: Option<T>) -> HttpFeedClient<T> {
        let Self { http, address, time_out, format, end_after_silences, tokens: _ } = self;
        let tokens = secrets.map(|it| Tokens::new(it, http.clone()));
        HttpFeedClient { http, address, time_out, format, end_after_silences, tokens }
    }

    /// The same client for this format; without an end marker, a feed ends after that many consecutive requests without
    /// a response.
    pub fn in_format(self, format: FeedFormat, end_after_silences: u32) -> Self {
        Self { format, end_after_silences: end_after_silences.max(1), ..self }
    }

    fn late(&self) -> String {
        format!("no answer within {} s", self.time_out.as_secs())
    }

    async fn body(&self, answer: Response<Incoming>, until: Instant) -> Result<Vec<u8>, FetchError> {
        let (mut body, mut bytes) = (answer.into_body(), Vec::new());
        let error = loop {
            let data = match timeout_at(until, body.frame()).await {
                Ok(None) => return Ok(bytes),
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
                Ok(Some(Err(error))) => break failing(&error),
                Err(_) => break FetchError::Failing(self.late()),
            };
            bytes.extend_from_slice(&data);
            if bytes.len() > MAX_PAGE_BYTES {
                return Err(FetchError::TooLarge(32 * 1024 * 1024));
            }
        };
        // The server may have moved its cursor: it does not repeat the received part.
        let is_of_use = self.format == FeedFormat::Cdm && !bytes.is_empty();
        Err(if is_of_use { FetchError::Cut(CutAnswer(bytes)) } else { error })
    }
}

impl<S: FeedSecrets> HttpFeedClient<S> {
    async fn get(&self, feed: Feed, cursor: &str, until: Instant) -> Result<Vec<u8>, FetchError> {
        let answer = self.answer(feed, cursor, until).await?;
        let status = answer.status();
        if may_pass(status) {
            return Err(FetchError::Failing(format!("status {}", status.as_u16())));
        }
        if !status.is_success() {
            return Err(FetchError::Refused(status.as_u16()));
        }
        self.body(answer, until).await
    }

    /// Sends the request; if the server refuses the token, repeats it with a new token.
    async fn answer(&self, feed: Feed, cursor: &str, until: Instant) -> Result<Response<Incoming>, FetchError> {
        let Some(tokens) = &self.tokens else { return self.sent(feed, cursor, until, None).await };
        // A late token says nothing about the feed.
        let late = |_| FetchError::Failing(self.late());
        let header = timeout_at(until, tokens.header()).await.map_err(late)??;
        let answer = self.sent(feed, cursor, until, Some(header.clone())).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let header = timeout_at(until, tokens.header_after(&header)).await.map_err(late)??;
        self.sent(feed, cursor, until, Some(header)).await
    }

    async fn sent(
        &self,
        feed: Feed,
        cursor: &str,
        until: Instant,
        authorization: Option<HeaderValue>,
    ) -> Result<Response<Incoming>, FetchError> {
        let query = match self.format {
            FeedFormat::Millrace => format!("?cursor={}", utf8_percent_encode(cursor, NON_ALPHANUMERIC)),
            FeedFormat::Cdm => String::new(),
        };
        let url = format!("{}{}{query}", self.address, feed.path());
        let mut request = Request::get(url).header("accept", "application/json");
        if let Some(header) = authorization {
            request = request.header(AUTHORIZATION, header);
        }
        let request = request.body(String::new()).map_err(|it| failing(&it))?;
        let answer = timeout_at(until, self.http.request(request)).await;
        answer.map_err(|_| FetchError::NoAnswer(self.late()))?.map_err(|it| unanswered(&it))
    }
}

impl<S: FeedSecrets + Sync> FeedClient for HttpFeedClient<S> {
    fn format(&self) -> FeedFormat {
        self.format
    }

    fn end_after_silences(&self) -> u32 {
        self.end_after_silences
    }

    async fn fetch_page(&self, feed: Feed, cursor: &str) -> Result<Vec<u8>, FetchError> {
        let now = Instant::now();
        self.get(feed, cursor, now.checked_add(self.time_out).unwrap_or(now)).await
    }
}

/// A connection that closes before the first byte of a response is not a network failure.
fn unanswered(error: &legacy::Error) -> FetchError {
    let of_connection = error.source().and_then(|it| it.downcast_ref::<hyper::Error>());
    if of_connection.is_some_and(hyper::Error::is_incomplete_message) {
        return FetchError::NoAnswer(chain(error));
    }
    failing(error)
}

/// Whether a retry of the same request may succeed.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

fn failing(error: &(dyn Error + 'static)) -> FetchError {
    FetchError::Failing(chain(error))
}

/// The whole chain of an error, which contains the stage of the connection.
fn chain(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |it| (*it).source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
