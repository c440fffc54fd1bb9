use std::collections::BTreeMap;

use money::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::Feed;
use crate::rows::{CompanyRow, RateRow, Row, RowAmount, SepaRow, SwiftRow};
use crate::sums::{DeclaredSums, UnreadableSum};

/// A page of a feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// The cursor that it answers.
    pub cursor: String,
    /// The cursor of what follows.
    pub next: String,
    /// Whether something follows now. Without, `next` is where later rows will appear.
    pub more: bool,
    /// What the page says is on it.
    pub declared: Counted,
    /// The sums it declares that cannot be read; they are not in `declared`.
    pub unreadable_sums: Vec<UnreadableSum>,
    /// What is.
    pub received: Counted,
    /// Its rows as CSV, without a header.
    pub csv: Vec<u8>,
}

/// Rows, and the sums of their amounts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Counted {
    /// How many rows.
    pub rows: u64,
    /// Those of them whose amount or currency cannot be read; they are in no sum.
    #[serde(default)]
    pub unreadable: u64,
    /// The sum of each currency, but those of zero.
    pub sums: Vec<Money>,
}

/// Why an answer is no page. Asking again may help: a body may be cut off.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageError {
    /// It is no JSON, or not of this form. It does not quote the answer.
    #[error("the answer is no page of the feed (line {line}, column {column})")]
    Unreadable {
        /// In which line.
        line: usize,
        /// At which column of it.
        column: usize,
    },
}

impl Counted {
    /// The sum of one currency, in minor units.
    pub fn sum_minor(&self, currency: Currency) -> i128 {
        self.sums.iter().find(|it| it.currency() == currency).map_or(0, |it| it.minor())
    }

    /// These rows and those.
    pub fn and(&self, other: &Self) -> Self {
        let mut sums = BTreeMap::<Currency, i128>::new();
        for money in self.sums.iter().chain(&other.sums) {
            let sum = sums.entry(money.currency()).or_default();
            *sum = sum.saturating_add(money.minor());
        }
        Self {
            rows: self.rows.saturating_add(other.rows),
            unreadable: self.unreadable.saturating_add(other.unreadable),
            sums: monies(sums),
        }
    }

    /// Whether these are the rows that were declared: as many, with the same sums.
    pub fn is_as_declared(&self, declared: &Self) -> bool {
        self.rows == declared.rows && self.sums == declared.sums
    }
}

impl Page {
    /// Whether the page has what it declares: as many rows, with the same sums, each of which can be read.
    pub fn is_as_declared(&self) -> bool {
        self.received.is_as_declared(&self.declared) && self.unreadable_sums.is_empty()
    }

    /// Reads the answer of `feed`. A declared sum or a row that cannot be read does not make the answer unreadable: the
    /// sum is a finding of the proof, the row a reject of its import.
    pub fn parse(feed: Feed, body: &[u8]) -> Result<Self, PageError> {
        match feed {
            Feed::CompanyInfo => read::<CompanyRow<'_>>(body),
            Feed::ExchangeRates => read::<RateRow<'_>>(body),
            Feed::Sepa => read::<SepaRow<'_>>(body),
            Feed::Swift => read::<SwiftRow<'_>>(body),
        }
    }

    /// The columns of its rows, as an import's header.
    pub fn columns(feed: Feed) -> &'static [&'static str] {
        match feed {
            Feed::CompanyInfo => CompanyRow::COLUMNS,
            Feed::ExchangeRates => RateRow::COLUMNS,
            Feed::Sepa => SepaRow::COLUMNS,
            Feed::Swift => SwiftRow::COLUMNS,
        }
    }
}

/// A page as it is served.
#[derive(Deserialize)]
struct Served<'a, R> {
    cursor: String,
    next: String,
    more: bool,
    rows: u64,
    #[serde(borrow, default)]
    sums: DeclaredSums<'a>,
    #[serde(alias = "companies", alias = "rates")]
    transfers: Vec<R>,
}

fn read<'a, R: Row + Deserialize<'a>>(body: &'a [u8]) -> Result<Page, PageError> {
    let served: Served<'a, R> = serde_json::from_slice(body)
        .map_err(|error| PageError::Unreadable { line: error.line(), column: error.column() })?;
    let (declared, unreadable_sums) = served.sums.read();
    let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    let (mut sums, mut unreadable) = (BTreeMap::<Currency, i128>::new(), 0_u64);
    for row in &served.transfers {
        match row.amount() {
            RowAmount::Minor(currency, minor) => {
                let sum = sums.entry(currency).or_default();
                *sum = sum.saturating_add(i128::from(minor));
            }
            RowAmount::Unreadable => unreadable = unreadable.saturating_add(1),
            RowAmount::None => {}
        }
        // Writing to memory does not fail, and every row has as many fields as the first.
        csv.write_record(row.fields().iter().map(|it| it.as_bytes())).unwrap_or_default();
    }
    let rows = u64::try_from(served.transfers.len()).unwrap_or(u64::MAX);
    Ok(Page {
        cursor: served.cursor,
        next: served.next,
        more: served.more,
        declared: Counted { rows: served.rows, unreadable: 0, sums: monies(declared) },
        unreadable_sums,
        received: Counted { rows, unreadable, sums: monies(sums) },
        csv: csv.into_inner().unwrap_or_default(),
    })
}

fn monies(sums: BTreeMap<Currency, i128>) -> Vec<Money> {
    sums.into_iter().filter(|(_, minor)| *minor != 0).map(|(currency, minor)| Money::new(minor, currency)).collect()
}
