//! The bank's server of feeds, over HTTP.

mod address;
mod tokens;

use std::error::Error;
use std::time::Duration;

use feeds::{AskError, CutAnswer, Feed, FeedFormat, FeedSecrets, FeedServer, NoSecrets};
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

/// The most bytes of one page.
const MOST_PAGE_BYTES: usize = 32 * 1024 * 1024;
const END_AFTER_SILENCES: u32 = 3;

/// It follows no redirects, so a token reaches no other host than the one it is meant for.
type Http = Client<HttpsConnector<HttpConnector>, String>;

/// The server of feeds at an address.
#[derive(Clone, Debug)]
pub struct HttpFeedServer<S = NoSecrets> {
    http: Http,
    address: String,
    time_out: Duration,
    format: FeedFormat,
    end_after_silences: u32,
    tokens: Option<Tokens<S>>,
}

impl HttpFeedServer {
    /// The server at `address`, to which each question is one call that ends within `time_out`.
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

impl<S> HttpFeedServer<S> {
    /// The same server, asked with the credentials of `secrets`; `None`: it requires none.
    pub fn with_secrets<T: FeedSecrets>(self, secrets: Option<T>) -> HttpFeedServer<T> {
        let Self { http, address, time_out, format, end_after_silences, tokens: _ } = self;
        let tokens = secrets.map(|it| Tokens::new(it, http.clone()));
        HttpFeedServer { http, address, time_out, format, end_after_silences, tokens }
    }

    /// The same server, asked in this format; one that does not say where a feed ends has ended after so many requests in
    /// a row without an answer.
    pub fn in_format(self, format: FeedFormat, end_after_silences: u32) -> Self {
        Self { format, end_after_silences: end_after_silences.max(1), ..self }
    }

    fn late(&self) -> String {
        format!("no answer within {} s", self.time_out.as_secs())
    }

    async fn body(&self, answer: Response<Incoming>, until: Instant) -> Result<Vec<u8>, AskError> {
        let (mut body, mut bytes) = (answer.into_body(), Vec::new());
        let error = loop {
            let data = match timeout_at(until, body.frame()).await {
                Ok(None) => return Ok(bytes),
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
                Ok(Some(Err(error))) => break failing(&error),
                Err(_) => break AskError::Failing(self.late()),
            };
            bytes.extend_from_slice(&data);
            if bytes.len() > MOST_PAGE_BYTES {
                return Err(AskError::TooLarge(32 * 1024 * 1024));
            }
        };
        // The server may have moved its cursor: what came does not come again.
        let is_of_use = self.format == FeedFormat::Cdm && !bytes.is_empty();
        Err(if is_of_use { AskError::Cut(CutAnswer(bytes)) } else { error })
    }
}

impl<S: FeedSecrets> HttpFeedServer<S> {
    async fn get(&self, feed: Feed, cursor: &str, until: Instant) -> Result<Vec<u8>, AskError> {
        let answer = self.answer(feed, cursor, until).await?;
        let status = answer.status();
        if may_pass(status) {
            return Err(AskError::Failing(format!("status {}", status.as_u16())));
        }
        if !status.is_success() {
            return Err(AskError::Refused(status.as_u16()));
        }
        self.body(answer, until).await
    }

    /// The answer; if the token is refused, the one to the same question with another token.
    async fn answer(&self, feed: Feed, cursor: &str, until: Instant) -> Result<Response<Incoming>, AskError> {
        let Some(tokens) = &self.tokens else { return self.sent(feed, cursor, until, None).await };
        // A token that does not come in time says nothing about the feed.
        let late = |_| AskError::Failing(self.late());
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
    ) -> Result<Response<Incoming>, AskError> {
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
        answer.map_err(|_| AskError::NoAnswer(self.late()))?.map_err(|it| unanswered(&it))
    }
}

impl<S: FeedSecrets + Sync> FeedServer for HttpFeedServer<S> {
    fn format(&self) -> FeedFormat {
        self.format
    }

    fn end_after_silences(&self) -> u32 {
        self.end_after_silences
    }

    async fn ask(&self, feed: Feed, cursor: &str) -> Result<Vec<u8>, AskError> {
        let now = Instant::now();
        self.get(feed, cursor, now.checked_add(self.time_out).unwrap_or(now)).await
    }
}

/// A connection that closes before the first byte of an answer is no failure of the network.
fn unanswered(error: &legacy::Error) -> AskError {
    let of_connection = error.source().and_then(|it| it.downcast_ref::<hyper::Error>());
    if of_connection.is_some_and(hyper::Error::is_incomplete_message) {
        return AskError::NoAnswer(chain(error));
    }
    failing(error)
}

/// Whether the same question may have a better answer later.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

fn failing(error: &(dyn Error + 'static)) -> AskError {
    AskError::Failing(chain(error))
}

/// The whole chain of an error, which says where in a connection it was.
fn chain(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |it| (*it).source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
