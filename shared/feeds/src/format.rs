use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Feed, Page, PageError, cdm};

/// The format of a bank's feeds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedFormat {
    /// Pages with cursors that declare their number of rows and sums.
    #[default]
    Millrace,
    /// The format of the original assignment: lists of rows as strings, without cursors and declared counts. The server
    /// keeps the cursor: each request for transfers returns the next page, and no response at the end.
    Cdm,
}

/// A text that is not the name of a format.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("not a format of feeds: millrace or cdm")]
pub struct UnknownFormat;

impl FeedFormat {
    /// Its name in parameters and arguments.
    pub fn name(self) -> &'static str {
        match self {
            Self::Millrace => "millrace",
            Self::Cdm => "cdm",
        }
    }

    /// Whether pages declare their number of rows and sums.
    pub fn declares(self) -> bool {
        self == Self::Millrace
    }

    /// Reads an answer of `feed`. [`FeedFormat::Cdm`] reads the complete objects of a truncated answer, so every answer
    /// is readable.
    pub fn parse(self, feed: Feed, body: &[u8]) -> Result<Page, PageError> {
        match self {
            Self::Millrace => Page::parse(feed, body),
            Self::Cdm => Ok(cdm::parse(feed, body).page),
        }
    }
}

impl fmt::Display for FeedFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for FeedFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        [Self::Millrace, Self::Cdm].into_iter().find(|it| it.name() == text).ok_or(UnknownFormat)
    }
}
