use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Feed, Page, PageError, cdm};

/// In which format a bank serves its feeds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedFormat {
    /// Pages with cursors that declare how many rows they have and what these come to.
    #[default]
    Millrace,
    /// The format of the original assignment: lists of rows as texts, without a cursor and without any declaration. The
    /// server keeps the cursor: each request for transfers gets the next page, and none at the end.
    Cdm,
}

/// A text that is the name of no format.
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

    /// Whether a page says how many rows it has and what they come to.
    pub fn declares(self) -> bool {
        self == Self::Millrace
    }

    /// Reads an answer of `feed`. Of one that ends in the middle, [`FeedFormat::Cdm`] reads what is whole,
    /// and no answer is unreadable.
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
