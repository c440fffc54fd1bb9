use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Feed;
use crate::counted::{Counted, monies};
use crate::row_writer::RowWriter;
use crate::rows::{CompanyRow, RateRow, Row, SepaRow, SwiftRow};
use crate::sums::{DeclaredSums, UnreadableSum};

/// A page of a feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// The cursor of this page.
    pub cursor: String,
    /// The cursor of the next page.
    pub next: String,
    /// Whether more rows exist now. If not, later rows will appear at `next`.
    pub more: bool,
    /// The declared rows and sums.
    pub declared: Counted,
    /// The declared sums that cannot be read; they are not in `declared`.
    pub unreadable_sums: Vec<UnreadableSum>,
    /// What is.
    pub received: Counted,
    /// Its rows as CSV, without a header.
    pub csv: Vec<u8>,
}

/// Why an answer is not a page. A retry may help: the body may be truncated.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageError {
    /// It is not JSON, or of another form. The message does not quote the answer.
    #[error("the answer is not a page of the feed (line {line}, column {column})")]
    Unreadable {
        /// In which line.
        line: usize,
        /// At which column of it.
        column: usize,
    },
}

impl PageError {
    /// The position in the answer.
    pub(crate) fn at(error: &serde_json::Error) -> Self {
        Self::Unreadable { line: error.line(), column: error.column() }
    }
}

impl Page {
    /// Whether the page matches its declared rows and readable sums.
    pub fn is_as_declared(&self) -> bool {
        self.received.is_as_declared(&self.declared) && self.unreadable_sums.is_empty()
    }

    /// The number of rows of this page that are missing on `other`.
    pub fn rows_not_on(&self, other: &Self) -> u64 {
        let mut there = BTreeMap::<&[u8], u64>::new();
        for row in lines(&other.csv) {
            let count = there.entry(row).or_default();
            *count = count.saturating_add(1);
        }
        let is_missing = |row: &&[u8]| match there.get_mut(*row) {
            Some(count) if *count > 0 => {
                *count = count.saturating_sub(1);
                false
            }
            _ => true,
        };
        u64::try_from(lines(&self.csv).filter(is_missing).count()).unwrap_or(u64::MAX)
    }

    /// Reads the answer of `feed`. A byte that is not UTF-8, a declared sum or a row that cannot be read does not make
    /// the answer unreadable: the byte becomes `U+FFFD`, the sum a finding of the proof, the row a reject of its
    /// import.
    pub fn parse(feed: Feed, body: &[u8]) -> Result<Self, PageError> {
        let body = String::from_utf8_lossy(body);
        let served: Served<'_> = serde_json::from_str(&body).map_err(|error| PageError::at(&error))?;
        let mut rows = RowWriter::new();
        match feed {
            Feed::CompanyInfo => rows.add_all::<CompanyRow<'_>>(&served.transfers),
            Feed::ExchangeRates => rows.add_all::<RateRow<'_>>(&served.transfers),
            Feed::Sepa => rows.add_all::<SepaRow<'_>>(&served.transfers),
            Feed::Swift => rows.add_all::<SwiftRow<'_>>(&served.transfers),
        }
        let ((received, csv), (declared, unreadable_sums)) = (rows.finish(), served.sums.read());
        Ok(Self {
            cursor: served.cursor,
            next: served.next,
            more: served.more,
            declared: Counted { rows: served.rows, unreadable: 0, sums: monies(declared) },
            unreadable_sums,
            received,
            csv,
        })
    }

    /// The columns of its rows, as header of an import.
    pub fn columns(feed: Feed) -> &'static [&'static str] {
        match feed {
            Feed::CompanyInfo => CompanyRow::COLUMNS,
            Feed::ExchangeRates => RateRow::COLUMNS,
            Feed::Sepa => SepaRow::COLUMNS,
            Feed::Swift => SwiftRow::COLUMNS,
        }
    }
}

/// The raw page. Its rows are parsed one by one, so that an invalid row does not affect the others.
#[derive(Deserialize)]
struct Served<'a> {
    cursor: String,
    next: String,
    more: bool,
    rows: u64,
    #[serde(borrow, default)]
    sums: DeclaredSums<'a>,
    #[serde(borrow, alias = "companies", alias = "rates")]
    transfers: Vec<&'a RawValue>,
}

/// The lines of a CSV; each line is one row.
fn lines(csv: &[u8]) -> impl Iterator<Item = &[u8]> {
    csv.split(|it| *it == b'\n').filter(|it| !it.is_empty())
}
