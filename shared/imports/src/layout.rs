use std::collections::BTreeMap;

use calendar::{Date, DateError, DateFormat, Moment, parse_moment, parse_month_day};
use encoding_rs::Encoding;
use money::{Currency, DecimalMark};

use crate::euro_table::EuroTable;
use crate::kind::Named;
use crate::{Column, Kind, Refusal};

/// How to read a file: its header or profile, resolved to column indexes.
pub(crate) struct Layout {
    pub(crate) kind: Kind,
    /// The source of the rows; part of an entry's identity.
    pub(crate) source: String,
    /// `None`: UTF-8.
    pub(crate) encoding: Option<&'static Encoding>,
    pub(crate) decimal_mark: DecimalMark,
    pub(crate) dates: Dates,
    /// The currency of amounts without a currency.
    pub(crate) currency: Currency,
    pub(crate) sign: Sign,
    pub(crate) column_map: ColumnMap,
}

impl Layout {
    /// Decodes a row to UTF-8 if the profile names another encoding.
    pub(crate) fn decode<'a>(&self, bytes: &'a [u8], decoded: &'a mut String) -> &'a [u8] {
        match self.encoding {
            Some(encoding) if !bytes.is_ascii() => {
                decoded.clear();
                decoded.push_str(&encoding.decode_without_bom_handling(bytes).0);
                decoded.as_bytes()
            }
            _ => bytes,
        }
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
    TwoColumns,
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

/// Recognises the kind of a file from its header.
pub(crate) fn recognise(names: &[String]) -> Result<(Kind, ColumnMap), Refusal> {
    let plain: Vec<String> = names.iter().map(|it| plain(it)).collect();
    let fits = |kind: Kind| {
        let has = |named: &Named| named.names.iter().any(|name| plain.iter().any(|it| it == name));
        kind.columns().iter().filter(|it| it.needed).all(has)
    };
    let kind = Kind::ALL.into_iter().find(|kind| fits(*kind));
    let kind = kind.or_else(|| EuroTable::of(names).map(|_| Kind::Rates));
    let kind = kind.ok_or_else(|| Refusal::UnknownHeader { found: shown(names) })?;
    let mut column_map = ColumnMap::new(names.to_vec());
    for named in kind.columns() {
        let mut found = plain.iter().enumerate().filter(|(_, it)| named.names.contains(&it.as_str()));
        let Some((index, _)) = found.next() else { continue };
        if let (Some((other, _)), true) = (found.next(), named.column != Column::Text) {
            let name = |index: usize| names.get(index).cloned().unwrap_or_default();
            let meaning = named.names.first().copied().unwrap_or_default().to_owned();
            return Err(Refusal::AmbiguousHeader { first: name(index), second: name(other), meaning });
        }
        column_map.put(named.column, index);
    }
    Ok((kind, column_map))
}

/// A header for messages, cut after 200 bytes.
pub(crate) fn shown(names: &[String]) -> String {
    crate::rejects::cut(names.join(",").as_bytes(), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(header: &str) -> Result<Kind, Refusal> {
        let names: Vec<String> = header.split(',').map(str::to_owned).collect();
        recognise(&names).map(|(kind, _)| kind)
    }

    #[test]
    fn kinds_are_recognised_in_any_case_and_order() {
        for (header, expected) in [
            ("Id,Date,Transaction", Kind::Account),
            ("TRANSACTION,id,date,Branch", Kind::Account),
            (
                "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction",
                Kind::Holders,
            ),
            ("id,payer,beneficiary,amount,currency,timestamp", Kind::Transfers),
            ("ID,Sender IBAN,receiver-iban,Amount,CCY,time", Kind::Transfers),
            ("id,name,owner,address,email,ibans", Kind::Customers),
            ("currency,usd_rate,eur_rate", Kind::Rates),
            ("date,currency,eur_rate,usd_rate", Kind::Rates),
            ("Date,JPY,usd, ROL", Kind::Rates),
        ] {
            assert_eq!(kind(header), Ok(expected), "{header}");
        }
    }

    #[test]
    fn an_unknown_header_lists_the_known_kinds() {
        let message = kind("a,b,c").unwrap_err().to_string();
        assert!(message.starts_with("the header `a,b,c` is of no known kind of file."), "{message}");
        for header in ["id,date,transaction", "currency,usd_rate,eur_rate or Date,USD,…"] {
            assert!(message.contains(header), "{message}");
        }
        for header in ["Date,JPY,GBP", "Day,USD,JPY", "Date,USD,Pound", "Date", "USD,Date,JPY"] {
            assert!(kind(header).is_err(), "no table with a column for each currency: {header}");
        }
    }

    #[test]
    fn two_columns_of_one_meaning_are_refused() {
        let refusal = kind("id,payer,sender,beneficiary,amount,currency,timestamp").unwrap_err();
        assert!(matches!(refusal, Refusal::AmbiguousHeader { .. }), "{refusal}");
    }
}
