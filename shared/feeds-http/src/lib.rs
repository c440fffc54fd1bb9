//! The bank's server of feeds, over HTTP.

use std::error::Error;
use std::time::Duration;

use feeds::{AskError, Feed, FeedServer};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The most bytes of one page.
const MOST_PAGE_BYTES: usize = 32 * 1024 * 1024;

/// The server of feeds at an address.
#[derive(Clone, Debug)]
pub struct HttpFeedServer {
    client: Client<HttpsConnector<HttpConnector>, Empty<&'static [u8]>>,
    address: String,
    time_out: Duration,
}

/// Why there is no server to ask.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Not `http://…` or `https://…`.
    #[error("the feed's address is no URL")]
    NoUrl,
    /// The machine has no roots of trust.
    #[error("no certificates are known here to trust a server by")]
    NoRoots(#[source] std::io::Error),
}

impl HttpFeedServer {
    /// The server at `address`, to which each question is one call that ends within `time_out`.
    pub fn new(address: &str, time_out: Duration) -> Result<Self, AddressError> {
        let address = address.trim_end_matches('/').to_owned();
        let url: Uri = address.parse().map_err(|_| AddressError::NoUrl)?;
        if !matches!(url.scheme_str(), Some("http" | "https")) {
            return Err(AddressError::NoUrl);
        }
        let https = HttpsConnectorBuilder::new().with_native_roots().map_err(AddressError::NoRoots)?;
        let https = https.https_or_http().enable_http1().build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(https), address, time_out })
    }

    async fn get(&self, feed: Feed, cursor: &str) -> Result<Vec<u8>, AskError> {
        let cursor = utf8_percent_encode(cursor, NON_ALPHANUMERIC);
        let url = format!("{}{}?cursor={cursor}", self.address, feed.path());
        let request = Request::get(url).header("accept", "application/json").body(Empty::new());
        let answer = self.client.request(request.map_err(|it| failing(&it))?).await.map_err(|it| failing(&it))?;
        let status = answer.status();
        if status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT) {
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
}

impl FeedServer for HttpFeedServer {
    async fn ask(&self, feed: Feed, cursor: &str) -> Result<Vec<u8>, AskError> {
        let late = || AskError::Failing(format!("no answer within {} s", self.time_out.as_secs()));
        tokio::time::timeout(self.time_out, self.get(feed, cursor)).await.unwrap_or_else(|_| Err(late()))
    }
}

/// The whole chain of an error, which says where in a connection it was.
fn failing(error: &(dyn Error + 'static)) -> AskError {
    let chain = std::iter::successors(Some(error), |it| (*it).source());
    AskError::Failing(chain.map(ToString::to_string).collect::<Vec<_>>().join(": "))
}
