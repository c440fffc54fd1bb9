//! Answers in the format of the original assignment: objects like `{"sepa_transactions": "[…]"}`, one after the other
//! without separators. The value of each is a text that contains a JSON list of rows.

use std::collections::BTreeMap;

use money::{Currency, Money};
use serde::Deserialize;

use crate::rows::cdm::{CompanyRow, RateRow, TransferRow};
use crate::rows::{Row, RowAmount};
use crate::{Counted, Feed, Page, PageError};

/// What an answer has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CdmAnswer {
    /// The rows of its whole objects. Such a page declares nothing.
    pub page: Page,
    /// Whether it ends in the middle of an object, or has one that cannot be read: rows may be missing.
    pub is_damaged: bool,
}

/// Reads an answer of `feed`. An error: it has not one whole object, and is not empty.
pub fn parse(feed: Feed, body: &[u8]) -> Result<CdmAnswer, PageError> {
    let (mut rows, mut objects, mut damage) = (Rows::default(), 0_u32, None);
    for object in serde_json::Deserializer::from_slice(body).into_iter::<BTreeMap<String, String>>() {
        match object.and_then(|object| rows.add(feed, object.get(name(feed)))) {
            Ok(()) => objects = objects.saturating_add(1),
            Err(error) => {
                damage.get_or_insert(PageError::Unreadable { line: error.line(), column: error.column() });
            }
        }
    }
    match damage {
        Some(error) if objects == 0 => Err(error),
        damage => Ok(CdmAnswer { page: rows.page(), is_damaged: damage.is_some() }),
    }
}

/// The name under which an object has the rows of `feed`.
fn name(feed: Feed) -> &'static str {
    match feed {
        Feed::CompanyInfo => "company_info",
        Feed::ExchangeRates => "exchange_rates",
        Feed::Sepa => "sepa_transactions",
        Feed::Swift => "swift_transactions",
    }
}

/// Rows, while they are read.
#[derive(Default)]
struct Rows {
    read: u64,
    unreadable: u64,
    sums: BTreeMap<Currency, i128>,
    csv: Vec<u8>,
}

impl Rows {
    /// Adds all rows of a list, or none if it cannot be read.
    fn add(&mut self, feed: Feed, list: Option<&String>) -> Result<(), serde_json::Error> {
        let list = list.ok_or_else(|| serde::de::Error::custom("an object without rows"))?;
        match feed {
            Feed::CompanyInfo => self.add_list::<CompanyRow<'_>>(list),
            Feed::ExchangeRates => self.add_list::<RateRow<'_>>(list),
            Feed::Sepa | Feed::Swift => self.add_list::<TransferRow<'_>>(list),
        }
    }

    fn add_list<'a, R: Row + Deserialize<'a>>(&mut self, list: &'a str) -> Result<(), serde_json::Error> {
        let rows: Vec<R> = serde_json::from_str(list)?;
        let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(&mut self.csv);
        for row in &rows {
            match row.amount() {
                RowAmount::Minor(currency, minor) => {
                    let sum = self.sums.entry(currency).or_default();
                    *sum = sum.saturating_add(i128::from(minor));
                }
                RowAmount::Unreadable => self.unreadable = self.unreadable.saturating_add(1),
                RowAmount::None => {}
            }
            // Writing to memory does not fail, and every row has as many fields as the first.
            csv.write_record(row.fields().iter().map(|it| it.as_bytes())).unwrap_or_default();
        }
        self.read = self.read.saturating_add(u64::try_from(rows.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    fn page(self) -> Page {
        let sums = self.sums.into_iter().filter(|(_, minor)| *minor != 0);
        let sums = sums.map(|(currency, minor)| Money::new(minor, currency)).collect();
        Page {
            cursor: String::new(),
            next: String::new(),
            more: true,
            declared: Counted::default(),
            unreadable_sums: Vec::new(),
            received: Counted { rows: self.read, unreadable: self.unreadable, sums },
            csv: self.csv,
        }
    }
}
