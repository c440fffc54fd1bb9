//! Answers in the format of the original assignment: objects like `{"sepa_transactions": "[…]"}`, one after the other
//! without separators. The value of each is a text that contains a JSON list of rows.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::row_writer::RowWriter;
use crate::rows::cdm::{CompanyRow, RateRow, TransferRow};
use crate::{Counted, Feed, Page, PageError};

/// The content of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CdmAnswer {
    /// The rows of its complete objects. Such a page declares no counts.
    pub page: Page,
    /// The first unreadable position: the answer ends in the middle of an object, or an object has another form. Rows
    /// may be missing then.
    pub damage: Option<PageError>,
}

/// Reads an answer of `feed`. An answer without a complete object gives a page without rows, and damage unless it is
/// empty.
pub fn parse(feed: Feed, body: &[u8]) -> CdmAnswer {
    let body = String::from_utf8_lossy(body);
    let (mut rows, mut damage) = (RowWriter::new(), None);
    for object in serde_json::Deserializer::from_str(&body).into_iter::<&RawValue>() {
        if let Err(error) = object.and_then(|object| add(&mut rows, feed, object)) {
            damage.get_or_insert(PageError::at(&error));
        }
    }
    let (received, csv) = rows.finish();
    let page = Page {
        cursor: String::new(),
        next: String::new(),
        more: true,
        declared: Counted::default(),
        unreadable_sums: Vec::new(),
        received,
        csv,
    };
    CdmAnswer { page, damage }
}

/// The field of an object that contains the rows of `feed`.
fn name(feed: Feed) -> &'static str {
    match feed {
        Feed::CompanyInfo => "company_info",
        Feed::ExchangeRates => "exchange_rates",
        Feed::Sepa => "sepa_transactions",
        Feed::Swift => "swift_transactions",
    }
}

/// Adds all rows of an object, or none if its list cannot be read.
fn add(rows: &mut RowWriter, feed: Feed, object: &RawValue) -> Result<(), serde_json::Error> {
    let object: BTreeMap<String, &RawValue> = serde_json::from_str(object.get())?;
    let list = object.get(name(feed)).ok_or_else(|| serde::de::Error::custom("an object without rows"))?;
    let list: String = serde_json::from_str(list.get())?;
    let list: Vec<&RawValue> = serde_json::from_str(&list)?;
    match feed {
        Feed::CompanyInfo => rows.add_all::<CompanyRow<'_>>(&list),
        Feed::ExchangeRates => rows.add_all::<RateRow<'_>>(&list),
        Feed::Sepa | Feed::Swift => rows.add_all::<TransferRow<'_>>(&list),
    }
    Ok(())
}
