use std::num::ParseIntError;
use std::time::Duration;

use lambda_kit::{Environment, MissingEnvironment};

/// What the function is told by its environment.
pub struct Config {
    /// Where the bank serves its feeds: `https://…`.
    pub feed_url: String,
    /// How long one of its answers may take.
    pub feed_time_out_seconds: String,
    /// The secret with the credentials that the bank requires; `None`: it requires none.
    pub feed_secret_arn: Option<String>,
    /// The bucket of pages and imports.
    pub files_bucket: String,
    /// The table of imports.
    pub imports_table: String,
    /// The table of feeds.
    pub feeds_table: String,
    /// The queue of polls.
    pub polls_queue_url: String,
}

impl Config {
    /// Reads the environment; all missing names are told at once.
    pub fn from_env() -> Result<Self, MissingEnvironment> {
        Environment::read(|env| Self {
            feed_url: env.required("FEED_URL"),
            feed_time_out_seconds: env.required("FEED_TIME_OUT_SECONDS"),
            feed_secret_arn: env.optional("FEED_SECRET_ARN"),
            files_bucket: env.required("FILES_BUCKET"),
            imports_table: env.required("IMPORTS_TABLE"),
            feeds_table: env.required("FEEDS_TABLE"),
            polls_queue_url: env.required("POLLS_QUEUE_URL"),
        })
    }

    /// How long one answer of the bank's server may take.
    pub fn time_out(&self) -> Result<Duration, ParseIntError> {
        self.feed_time_out_seconds.parse().map(Duration::from_secs)
    }
}
