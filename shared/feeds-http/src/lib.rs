//! The HTTP client for a bank's feeds.

use std::time::Duration;

use feeds::{CutAnswer, Feed, FeedClient, FeedFormat, FetchError};
use http::StatusCode;
use http_client::{BodyError, CallError, CallLimits, Connections, HttpClient, NoSecrets, Secrets};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub use http_client::AddressError;

/// The maximum size of a page in bytes.
const MAX_PAGE_BYTES: usize = 32 * 1024 * 1024;
const END_AFTER_SILENCES: u32 = 3;

/// The client of the feeds at an address.
#[derive(Clone, Debug)]
pub struct HttpFeedClient<S = NoSecrets> {
    http: HttpClient<S>,
    format: FeedFormat,
    end_after_silences: u32,
}

impl HttpFeedClient {
    /// A client for `address`; each request is one call that ends within `time_out`.
    pub fn new(address: &str, time_out: Duration) -> Result<Self, AddressError> {
        let limits = CallLimits { time_out, max_body_bytes: MAX_PAGE_BYTES, connections: Connections::Reused };
        let (format, end_after_silences) = (FeedFormat::Millrace, END_AFTER_SILENCES);
        Ok(Self { http: HttpClient::new(address, limits)?, format, end_after_silences })
    }
}

impl<S> HttpFeedClient<S> {
    /// The same client with the credentials of `secrets`; `None` if the server requires none.
    pub fn with_secrets<T: Secrets>(self, secrets: Option<T>) -> HttpFeedClient<T> {
        let Self { http, format, end_after_silences } = self;
        HttpFeedClient { http: http.with_secrets(secrets), format, end_after_silences }
    }

    /// The same client for this format; without an end marker, a feed ends after that many consecutive requests without
    /// a response.
    pub fn in_format(self, format: FeedFormat, end_after_silences: u32) -> Self {
        Self { format, end_after_silences: end_after_silences.max(1), ..self }
    }

    fn page(&self, body: Result<Vec<u8>, BodyError>) -> Result<Vec<u8>, FetchError> {
        body.map_err(|error| match error {
            BodyError::TooLarge(bytes) => FetchError::TooLarge(u64::try_from(bytes).unwrap_or(u64::MAX)),
            // The server may have moved its cursor: it does not repeat the received part.
            BodyError::Cut { received, .. } if self.format == FeedFormat::Cdm && !received.is_empty() => {
                FetchError::Cut(CutAnswer(received))
            }
            error => FetchError::Failing(error.to_string()),
        })
    }
}

impl<S: Secrets + Sync> FeedClient for HttpFeedClient<S> {
    fn format(&self) -> FeedFormat {
        self.format
    }

    fn end_after_silences(&self) -> u32 {
        self.end_after_silences
    }

    async fn fetch_page(&self, feed: Feed, cursor: &str) -> Result<Vec<u8>, FetchError> {
        let query = match self.format {
            FeedFormat::Millrace => format!("?cursor={}", utf8_percent_encode(cursor, NON_ALPHANUMERIC)),
            FeedFormat::Cdm => String::new(),
        };
        let answer = self.http.get(&format!("{}{query}", feed.path())).await.map_err(failed)?;
        if may_pass(answer.status) {
            return Err(FetchError::Failing(format!("status {}", answer.status.as_u16())));
        }
        if !answer.status.is_success() {
            return Err(FetchError::Refused(answer.status.as_u16()));
        }
        self.page(answer.body)
    }
}

/// Whether a retry of the same request may succeed.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

fn failed(error: CallError) -> FetchError {
    match error {
        CallError::NoAnswer(why) => FetchError::NoAnswer(why),
        CallError::Failing(why) => FetchError::Failing(why),
        error => FetchError::Credentials(error.into()),
    }
}
