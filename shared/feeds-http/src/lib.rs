//! The bank's server of feeds, over HTTP.

mod address;
mod tokens;

use std::error::Error;
use std::time::Duration;

use feeds::{AskError, Feed, FeedSecrets, FeedServer, NoSecrets};
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::tokens::Tokens;

pub use address::AddressError;

/// The most bytes of one page.
const MOST_PAGE_BYTES: usize = 32 * 1024 * 1024;

/// It follows no redirects, so a token reaches no other host than the one it is meant for.
type Http = Client<HttpsConnector<HttpConnector>, String>;

/// The server of feeds at an address.
#[derive(Clone, Debug)]
pub struct HttpFeedServer<S = NoSecrets> {
    http: Http,
    address: String,
    time_out: Duration,
    tokens: Option<Tokens<S>>,
}

impl HttpFeedServer {
    /// The server at `address`, to which each question is one call that ends within `time_out`.
    pub fn new(address: &str, time_out: Duration) -> Result<Self, AddressError> {
        let address = address.trim_end_matches('/').to_owned();
        address::check(&address)?;
        let https = HttpsConnectorBuilder::new().with_native_roots().map_err(AddressError::NoRoots)?;
        let https = https.https_or_http().enable_http1().build();
        Ok(Self { http: Client::builder(TokioExecutor::new()).build(https), address, time_out, tokens: None })
    }
}

impl<S> HttpFeedServer<S> {
    /// The same server, asked with the credentials of `secrets`; `None`: it requires none.
    pub fn with_secrets<T: FeedSecrets>(self, secrets: Option<T>) -> HttpFeedServer<T> {
        let Self { http, address, time_out, tokens: _ } = self;
        let tokens = secrets.map(|it| Tokens::new(it, http.clone()));
        HttpFeedServer { http, address, time_out, tokens }
    }
}

impl<S: FeedSecrets> HttpFeedServer<S> {
    async fn get(&self, feed: Feed, cursor: &str) -> Result<Vec<u8>, AskError> {
        let answer = self.answer(feed, cursor).await?;
        let status = answer.status();
        if may_pass(status) {
            return Err(AskError::Failing(format!("status {}", status.as_u16())));
        }
        if !status.is_success() {
            return Err(AskError::Refused(status.as_u16()));
        }
        match Limited::new(answer.into_body(), MOST_PAGE_BYTES).collect().await {
            Ok(body) => Ok(body.to_bytes().into()),
            Err(error) if error.is::<LengthLimitError>() => Err(AskError::TooLarge(32 * 1024 * 1024)),
            Err(error) => Err(failing(error.as_ref())),
        }
    }

    /// The answer; if the token is refused, the one to the same question with another token.
    async fn answer(&self, feed: Feed, cursor: &str) -> Result<Response<Incoming>, AskError> {
        let Some(tokens) = &self.tokens else { return self.sent(feed, cursor, None).await };
        let header = tokens.header().await?;
        let answer = self.sent(feed, cursor, Some(header.clone())).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        self.sent(feed, cursor, Some(tokens.header_after(&header).await?)).await
    }

    async fn sent(
        &self,
        feed: Feed,
        cursor: &str,
        authorization: Option<HeaderValue>,
    ) -> Result<Response<Incoming>, AskError> {
        let cursor = utf8_percent_encode(cursor, NON_ALPHANUMERIC);
        let url = format!("{}{}?cursor={cursor}", self.address, feed.path());
        let mut request = Request::get(url).header("accept", "application/json");
        if let Some(header) = authorization {
            request = request.header(AUTHORIZATION, header);
        }
        let request = request.body(String::new()).map_err(|it| failing(&it))?;
        self.http.request(request).await.map_err(|it| failing(&it))
    }
}

impl<S: FeedSecrets + Sync> FeedServer for HttpFeedServer<S> {
    async fn ask(&self, feed: Feed, cursor: &str) -> Result<Vec<u8>, AskError> {
        let late = || AskError::Failing(format!("no answer within {} s", self.time_out.as_secs()));
        tokio::time::timeout(self.time_out, self.get(feed, cursor)).await.unwrap_or_else(|_| Err(late()))
    }
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
