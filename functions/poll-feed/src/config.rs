use std::num::ParseIntError;
use std::time::Duration;

use feeds::{FeedFormat, UnknownFormat};
use lambda_kit::{Environment, MissingEnvironment};

const END_SILENCES: u32 = 3;
/// The maximum that fits into one invocation.
const MAX_END_SILENCES: u32 = 10;

/// Why the environment is not a valid configuration.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// `FEED_FORMAT` is invalid.
    #[error("FEED_FORMAT cannot be read: {0}")]
    Format(#[from] UnknownFormat),
    /// `FEED_END_SILENCES` is invalid.
    #[error("FEED_END_SILENCES must be a number from 1 to 10")]
    EndSilences,
}

/// The configuration of the function, from environment variables.
pub struct Config {
    /// The base URL of the bank's feeds: `https://…`.
    pub feed_url: String,
    /// The time-out of one of its responses.
    pub feed_time_out_seconds: String,
    /// The secret with the bank's credentials; `None` if the bank requires none.
    pub feed_secret_arn: Option<String>,
    /// The format of the bank's feeds; `None`: the default format.
    pub feed_format: Option<String>,
    /// For a format without an end marker: the number of consecutive requests without a response that means the end of
    /// a feed.
    pub feed_end_silences: Option<String>,
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
    /// Reads the environment variables; the error lists all missing names.
    pub fn from_env() -> Result<Self, MissingEnvironment> {
        Environment::read(|env| Self {
            feed_url: env.required("FEED_URL"),
            feed_time_out_seconds: env.required("FEED_TIME_OUT_SECONDS"),
            feed_secret_arn: env.optional("FEED_SECRET_ARN"),
            feed_format: env.optional("FEED_FORMAT"),
            feed_end_silences: env.optional("FEED_END_SILENCES"),
            files_bucket: env.required("FILES_BUCKET"),
            imports_table: env.required("IMPORTS_TABLE"),
            feeds_table: env.required("FEEDS_TABLE"),
            polls_queue_url: env.required("POLLS_QUEUE_URL"),
        })
    }

    /// The format of the bank's feeds.
    pub fn format(&self) -> Result<FeedFormat, ConfigError> {
        self.feed_format.as_ref().map_or(Ok(FeedFormat::default()), |it| Ok(it.parse()?))
    }

    /// The number of consecutive requests without a response that means the end of a feed.
    pub fn end_silences(&self) -> Result<u32, ConfigError> {
        let silences = self.feed_end_silences.as_ref().map_or(Ok(END_SILENCES), |it| it.parse());
        silences.ok().filter(|it| (1..=MAX_END_SILENCES).contains(it)).ok_or(ConfigError::EndSilences)
    }

    /// The time-out of one response of the bank's server.
    pub fn time_out(&self) -> Result<Duration, ParseIntError> {
        self.feed_time_out_seconds.parse().map(Duration::from_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(format: Option<&str>, silences: Option<&str>) -> Config {
        let text = || String::new();
        Config {
            feed_url: text(),
            feed_time_out_seconds: text(),
            feed_secret_arn: None,
            feed_format: format.map(str::to_owned),
            feed_end_silences: silences.map(str::to_owned),
            files_bucket: text(),
            imports_table: text(),
            feeds_table: text(),
            polls_queue_url: text(),
        }
    }

    #[test]
    fn a_format_is_one_that_is_known() {
        assert_eq!(config(None, None).format(), Ok(FeedFormat::Millrace));
        assert_eq!(config(Some("cdm"), None).format(), Ok(FeedFormat::Cdm));
        let message = config(Some("xml"), None).format().unwrap_err().to_string();
        assert_eq!(message, "FEED_FORMAT cannot be read: not a format of feeds: millrace or cdm");
    }

    #[test]
    fn a_feed_ends_after_a_few_silences() {
        for (text, silences) in [(None, Ok(3)), (Some("1"), Ok(1)), (Some("10"), Ok(10))] {
            assert_eq!(config(None, text).end_silences(), silences);
        }
        for text in ["0", "11", "-1", "many", ""] {
            assert_eq!(config(None, Some(text)).end_silences(), Err(ConfigError::EndSilences), "{text}");
        }
    }
}
