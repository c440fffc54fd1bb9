use std::collections::BTreeMap;

use calendar::{Date, DateError, DateFormat, Moment, parse_moment, parse_month_day};
use encoding_rs::Encoding;
use money::{Currency, DecimalMark};

use crate::format::fields::Dialect;
use crate::{Column, Kind};

/// How to read a file: its header or profile, resolved to column indexes.
pub(crate) struct Layout {
    pub(crate) kind: Kind,
    /// The source of the rows; part of an entry's identity.
    pub(crate) source: String,
    pub(crate) dialect: Dialect,
    /// `None`: UTF-8.
    pub(crate) encoding: Option<&'static Encoding>,
    pub(crate) decimal_mark: DecimalMark,
    /// The character between the thousands of an amount, if there may be one.
    pub(crate) thousands_mark: Option<char>,
    pub(crate) dates: Dates,
    /// The currency of amounts without a currency.
    pub(crate) currency: Currency,
    pub(crate) sign: Sign,
    pub(crate) column_map: ColumnMap,
}

impl Layout {
    /// Decodes a row to UTF-8 if the profile names another encoding.
    pub(crate) fn decode<'a>(&self, bytes: &'a [u8], decoded: &'a mut String) -> &'a [u8] {
        decode(self.encoding, bytes, decoded)
    }
}

/// Decodes bytes to UTF-8 if they have another encoding.
pub(crate) fn decode<'a>(encoding: Option<&'static Encoding>, bytes: &'a [u8], decoded: &'a mut String) -> &'a [u8] {
    match encoding {
        Some(encoding) if !bytes.is_ascii() => {
            decoded.clear();
            decoded.push_str(&encoding.decode_without_bom_handling(bytes).0);
            decoded.as_bytes()
        }
        _ => bytes,
    }
}

/// Maps each column to its index in a row.
#[derive(Default)]
pub(crate) struct ColumnMap {
    columns: BTreeMap<Column, usize>,
    /// The columns that form an entry's text.
    pub(crate) texts: Vec<usize>,
    /// The names in the header.
    names: Vec<String>,
}

/// The format of dates.
pub(crate) enum Dates {
    /// An ISO date, an RFC 3339 time stamp, or `M/D`.
    Usual {
        /// The year of `M/D`.
        year: Option<i32>,
        /// The day that `M/D` without a year must not be after.
        reference: Date,
    },
    /// The format of the profile.
    Format(DateFormat),
}

/// How a file states the sign of an amount.
pub(crate) enum Sign {
    /// In the amount itself; an unsigned amount is a credit.
    Amount,
    /// As a word in [`Column::Sign`]; the amount is unsigned.
    Words {
        /// The words for a credit.
        credit: Vec<String>,
        /// The words for a debit.
        debit: Vec<String>,
    },
    /// By column: [`Column::Amount`] holds credits, [`Column::Debit`] debits; one of them is empty.
    TwoColumns {
        /// Whether debits have a minus sign.
        debit_has_minus: bool,
    },
}

impl Dates {
    pub(crate) fn read(&self, text: &[u8]) -> Result<Moment, DateError> {
        match self {
            Self::Format(format) => format.read(text),
            Self::Usual { year, reference } if text.contains(&b'/') => {
                parse_month_day(text, *year, *reference).map(Moment::day)
            }
            Self::Usual { .. } => parse_moment(text),
        }
    }

    /// Whether the year of this date is assumed: neither the date nor the upload gives it.
    pub(crate) fn assumes_year(&self, text: &[u8]) -> bool {
        matches!(self, Self::Usual { year: None, .. }) && text.contains(&b'/')
    }
}

impl ColumnMap {
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self { names, ..Self::default() }
    }

    pub(crate) fn put(&mut self, column: Column, index: usize) {
        if column == Column::Text {
            self.texts.push(index);
        } else {
            self.columns.insert(column, index);
        }
    }

    pub(crate) fn find(&self, column: Column) -> Option<usize> {
        self.columns.get(&column).copied()
    }

    /// The name of the column at `index`.
    pub(crate) fn name(&self, index: usize) -> &str {
        self.names.get(index).map_or("?", String::as_str)
    }

    /// The names in the header.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The number of fields of a row.
    pub(crate) fn width(&self) -> usize {
        self.names.len()
    }
}

/// A header's name, normalised in case, surrounding spaces and separators.
pub(crate) fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}
