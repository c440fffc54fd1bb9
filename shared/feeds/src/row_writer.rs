//! Rows of a page: counted, added up by currency, and written as CSV.

use std::borrow::Cow;
use std::collections::BTreeMap;

use money::Currency;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::counted::{Counted, monies};
use crate::rows::{Row, RowAmount};

/// The maximum length of a field. An import rejects a longer row, so no valid field is longer.
pub(crate) const MAX_FIELD_BYTES: usize = 64 * 1024;
/// The end mark of a truncated field: a truncated amount, date or IBAN is never valid.
const CUT_MARK: &str = "…";

/// Collects the rows of one page.
pub(crate) struct RowWriter {
    rows: u64,
    unreadable: u64,
    sums: BTreeMap<Currency, i128>,
    csv: csv::Writer<Vec<u8>>,
}

impl RowWriter {
    /// No rows yet.
    pub(crate) fn new() -> Self {
        let csv = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        Self { rows: 0, unreadable: 0, sums: BTreeMap::new(), csv }
    }

    /// Adds rows. An unreadable row becomes a row of empty fields, which the import rejects: it does not affect other
    /// rows, and the page keeps its declared number of rows.
    pub(crate) fn add_all<'a, R: Row + Default + Deserialize<'a>>(&mut self, rows: &[&'a RawValue]) {
        for row in rows {
            self.add(&parse::<R>(row));
        }
    }

    fn add(&mut self, row: &impl Row) {
        self.rows = self.rows.saturating_add(1);
        match row.amount() {
            RowAmount::Minor(currency, minor) => {
                let sum = self.sums.entry(currency).or_default();
                *sum = sum.saturating_add(i128::from(minor));
            }
            RowAmount::Unreadable => self.unreadable = self.unreadable.saturating_add(1),
            RowAmount::None => {}
        }
        let fields = row.fields().into_iter().map(on_one_line).collect::<Vec<_>>();
        // Writing to memory does not fail, and every row has as many fields as the first.
        self.csv.write_record(fields.iter().map(|it| it.as_bytes())).unwrap_or_default();
    }

    /// The number and sums of the rows, and their CSV without a header.
    pub(crate) fn finish(self) -> (Counted, Vec<u8>) {
        let received = Counted { rows: self.rows, unreadable: self.unreadable, sums: monies(self.sums) };
        (received, self.csv.into_inner().unwrap_or_default())
    }
}

/// A row; an empty row if `raw` is not an object or has a duplicate field.
fn parse<'a, R: Row + Default + Deserialize<'a>>(raw: &'a RawValue) -> R {
    let raw = raw.get();
    // serde would read a list as the fields in their order.
    if raw.starts_with('{') { serde_json::from_str(raw).unwrap_or_default() } else { R::default() }
}

/// A field without control characters and of bounded length, so that each row is one line of the import. A line break
/// in a quoted field could make one long row several rows.
fn on_one_line(field: Cow<'_, str>) -> Cow<'_, str> {
    if field.len() <= MAX_FIELD_BYTES && !field.contains(char::is_control) {
        return field;
    }
    let (kept, mark) = match field.get(..field.floor_char_boundary(MAX_FIELD_BYTES)) {
        Some(kept) if kept.len() < field.len() => (kept, CUT_MARK),
        _ => (&*field, ""),
    };
    Cow::Owned(kept.replace(char::is_control, " ") + mark)
}
