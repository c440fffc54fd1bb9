use std::num::ParseIntError;
use std::time::Duration;

use feeds::{FeedFormat, UnknownFormat};
use lambda_kit::{Environment, MissingEnvironment};

const END_SILENCES: u32 = 3;
/// More than these do not fit into one invocation.
const MOST_END_SILENCES: u32 = 10;

/// Why the environment is no configuration.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// `FEED_FORMAT` is wrong.
    #[error("FEED_FORMAT cannot be read: {0}")]
    Format(#[from] UnknownFormat),
    /// `FEED_END_SILENCES` is wrong.
    #[error("FEED_END_SILENCES must be a number from 1 to 10")]
    EndSilences,
}

/// What the function is told by its environment.
pub struct Config {
    /// Where the bank serves its feeds: `https://…`.
    pub feed_url: String,
    /// How long one of its answers may take.
    pub feed_time_out_seconds: String,
    /// The secret with the credentials that the bank requires; `None`: it requires none.
    pub feed_secret_arn: Option<String>,
    /// In which format the bank serves its feeds; `None`: in ours.
    pub feed_format: Option<String>,
    /// With a format that does not say where a feed ends: after so many requests in a row without an answer it has.
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
    /// Reads the environment; all missing names are told at once.
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

    /// In which format the bank serves its feeds.
    pub fn format(&self) -> Result<FeedFormat, ConfigError> {
        self.feed_format.as_ref().map_or(Ok(FeedFormat::default()), |it| Ok(it.parse()?))
    }

    /// After how many requests in a row without an answer a feed has ended.
    pub fn end_silences(&self) -> Result<u32, ConfigError> {
        let silences = self.feed_end_silences.as_ref().map_or(Ok(END_SILENCES), |it| it.parse());
        silences.ok().filter(|it| (1..=MOST_END_SILENCES).contains(it)).ok_or(ConfigError::EndSilences)
    }

    /// How long one answer of the bank's server may take.
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
