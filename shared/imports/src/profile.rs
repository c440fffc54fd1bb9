use std::collections::BTreeMap;

use calendar::DateFormat;
use encoding_rs::Encoding;
use money::{Currency, DecimalMark};
use serde::{Deserialize, Serialize};

use crate::format::csv::columns::shown;
use crate::format::fields::Dialect;
use crate::layout::{ColumnMap, Dates, Layout, Sign, plain};
use crate::thousands::THOUSANDS_MARKS;
use crate::{Column, Kind, Refusal};

/// Maps another bank's CSV to a kind of file; a JSON document under `profiles/` in the bucket. See
/// `docs/PROFILES.md`.
pub struct Profile {
    name: String,
    kind: Kind,
    dialect: Dialect,
    encoding: Option<&'static Encoding>,
    decimal_mark: DecimalMark,
    thousands_mark: Option<char>,
    date_format: DateFormat,
    currency: Option<Currency>,
    skip_lines: u64,
    columns: Vec<(Column, String)>,
    sign: Sign,
}

/// A profile as JSON.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) kind: String,
    #[serde(default = "comma")]
    pub(crate) delimiter: String,
    #[serde(default = "quote")]
    pub(crate) quote: Option<String>,
    #[serde(default = "utf8")]
    pub(crate) encoding: String,
    #[serde(default = "point")]
    pub(crate) decimal_mark: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) thousands_mark: Option<String>,
    pub(crate) date_format: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) skip_lines: Option<u64>,
    pub(crate) columns: BTreeMap<String, OneOrMore>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sign: Option<SignDocument>,
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Deserialize, Serialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) credit: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) debit: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) credit_column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) debit_column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) debit_has_minus: Option<bool>,
}

fn comma() -> String {
    ",".to_owned()
}

// serde needs the `Option`: the field may be `null`.
#[allow(clippy::unnecessary_wraps, reason = "the default of an optional field")]
fn quote() -> Option<String> {
    Some("\"".to_owned())
}

fn utf8() -> String {
    "utf-8".to_owned()
}

fn point() -> String {
    ".".to_owned()
}

/// The columns that a profile of a kind must map, by their name in `columns`. Names and birth dates of holders are
/// optional: an account without them is registered by its number.
fn needed(kind: Kind, by_columns: bool) -> &'static [&'static str] {
    match (kind, by_columns) {
        (Kind::Account, false) => &["date", "transaction"],
        (Kind::Account, true) => &["date"],
        (Kind::Holders, false) => &["account_number", "transaction_ts", "transaction"],
        (Kind::Holders, true) => &["account_number", "transaction_ts"],
        _ => &["payer", "beneficiary", "amount", "timestamp"],
    }
}

impl Profile {
    /// Whether it is of transfers: the profile's name is their source then, and must have been declared.
    pub fn is_of_transfers(&self) -> bool {
        self.kind == Kind::Transfers
    }

    /// Reads and checks a profile. The refusal lists all problems.
    pub fn parse(name: &str, json: &[u8]) -> Result<Self, Refusal> {
        let bad = |what: String| Refusal::BadProfile { name: name.to_owned(), what };
        let document: Document = serde_json::from_slice(json).map_err(|error| bad(error.to_string()))?;
        let mut wrong = Vec::new();
        let kind = kind(&document.kind, &mut wrong);
        let dialect = dialect(&document, &mut wrong);
        let decimal_mark = decimal_mark(&document.decimal_mark, &mut wrong);
        let thousands_mark = document.thousands_mark.as_deref().and_then(|it| thousands_mark(it, &mut wrong));
        if thousands_mark == Some(decimal_mark.char()) {
            wrong.push("`decimal_mark` and `thousands_mark` are the same character".to_owned());
        }
        let skip_lines = document.skip_lines.unwrap_or(0);
        let encoding = encoding(&document.encoding).unwrap_or_else(|| {
            wrong.push(format!("`encoding` {} is unknown or cannot be read line by line", document.encoding));
            None
        });
        let date_format = DateFormat::parse(&document.date_format);
        if let Err(error) = &date_format {
            wrong.push(format!("`date_format`: {error}"));
        }
        let currency = document.currency.as_deref().map(str::parse::<Currency>).transpose().unwrap_or_else(|error| {
            wrong.push(format!("`currency`: {error}"));
            None
        });
        let (sign, mut columns) = sign(document.sign, &mut wrong);
        let by_columns = matches!(sign, Sign::TwoColumns { .. });
        columns.extend(mapped(kind, &document.columns, &mut wrong));
        for name in needed(kind, by_columns).iter().filter(|it| !document.columns.contains_key(**it)) {
            wrong.push(format!("`columns` does not map `{name}`"));
        }
        if kind == Kind::Transfers && currency.is_none() && !document.columns.contains_key("currency") {
            wrong.push("neither `currency` nor a column `currency` is given".to_owned());
        }
        match date_format {
            Ok(date_format) if wrong.is_empty() => {
                let name = name.to_owned();
                Ok(Self {
                    name,
                    kind,
                    dialect,
                    encoding,
                    decimal_mark,
                    thousands_mark,
                    date_format,
                    currency,
                    skip_lines,
                    columns,
                    sign,
                })
            }
            _ => Err(bad(wrong.join("; "))),
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The number of lines before the header.
    pub(crate) fn skip_lines(&self) -> u64 {
        self.skip_lines
    }

    /// The encoding of the file; `None` for UTF-8.
    pub(crate) fn encoding(&self) -> Option<&'static Encoding> {
        self.encoding
    }

    /// The layout of a file with this header.
    pub(crate) fn layout(self, names: Vec<String>, currency: Currency) -> Result<Layout, Refusal> {
        let header: Vec<String> = names.iter().map(|it| plain(it)).collect();
        let mut missing = Vec::new();
        let shown = shown(&names);
        let mut column_map = ColumnMap::new(names);
        for (column, name) in &self.columns {
            match header.iter().position(|it| *it == plain(name)) {
                Some(index) => column_map.put(*column, index),
                None => missing.push(format!("`{name}`")),
            }
        }
        if !missing.is_empty() {
            return Err(Refusal::ProfileDoesNotFit { name: self.name, missing: missing.join(", "), found: shown });
        }
        Ok(Layout {
            kind: self.kind,
            source: self.name,
            dialect: self.dialect,
            encoding: self.encoding,
            decimal_mark: self.decimal_mark,
            thousands_mark: self.thousands_mark,
            dates: Dates::Format(self.date_format),
            currency: self.currency.unwrap_or(currency),
            sign: self.sign,
            column_map,
        })
    }
}

fn kind(name: &str, wrong: &mut Vec<String>) -> Kind {
    let known = [Kind::Account, Kind::Holders, Kind::Transfers].into_iter().find(|kind| kind.name() == name);
    known.unwrap_or_else(|| {
        wrong.push("`kind` is none of account, holders and transfers".to_owned());
        Kind::Holders
    })
}

fn dialect(document: &Document, wrong: &mut Vec<String>) -> Dialect {
    let mut one_byte = |field: &str, text: &str| match text.as_bytes() {
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\r\n.-+".contains(byte) => *byte,
        _ => {
            wrong.push(format!("`{field}` is not one ASCII character that can separate fields"));
            b','
        }
    };
    let delimiter = one_byte("delimiter", &document.delimiter);
    let quote = document.quote.as_deref().map(|it| one_byte("quote", it));
    if quote == Some(delimiter) {
        wrong.push("`delimiter` and `quote` are the same character".to_owned());
    }
    Dialect { delimiter, quote }
}

fn decimal_mark(text: &str, wrong: &mut Vec<String>) -> DecimalMark {
    match text {
        "." => DecimalMark::Point,
        "," => DecimalMark::Comma,
        _ => {
            wrong.push("`decimal_mark` is neither `.` nor `,`".to_owned());
            DecimalMark::Point
        }
    }
}

fn thousands_mark(text: &str, wrong: &mut Vec<String>) -> Option<char> {
    let mark = text.chars().next().filter(|it| THOUSANDS_MARKS.contains(it) && text.chars().count() == 1);
    if mark.is_none() {
        wrong.push("`thousands_mark` is not one of point, comma, apostrophe, space and no-break space".to_owned());
    }
    mark
}

/// `Some(None)` for UTF-8, `None` for unknown encodings and those that cannot be split into lines byte by byte.
#[allow(clippy::option_option, reason = "UTF-8 needs no decoder, which differs from an unknown encoding")]
fn encoding(label: &str) -> Option<Option<&'static Encoding>> {
    let encoding = Encoding::for_label(label.as_bytes())?;
    if encoding == encoding_rs::UTF_8 {
        return Some(None);
    }
    encoding.is_ascii_compatible().then_some(Some(encoding))
}

fn sign(document: Option<SignDocument>, wrong: &mut Vec<String>) -> (Sign, Vec<(Column, String)>) {
    match document {
        None => (Sign::Amount, Vec::new()),
        Some(SignDocument {
            column: Some(column),
            credit: Some(credit),
            debit: Some(debit),
            credit_column: None,
            debit_column: None,
            debit_has_minus: None,
        }) => {
            if credit.iter().any(|it| debit.contains(it)) || credit.is_empty() || debit.is_empty() {
                wrong.push("`sign` needs words for credits and other words for debits".to_owned());
            }
            (Sign::Words { credit, debit }, vec![(Column::Sign, column)])
        }
        Some(SignDocument {
            column: None,
            credit: None,
            debit: None,
            credit_column: Some(credit),
            debit_column: Some(debit),
            debit_has_minus,
        }) => {
            let sign = Sign::TwoColumns { debit_has_minus: debit_has_minus.unwrap_or(false) };
            (sign, vec![(Column::Amount, credit), (Column::Debit, debit)])
        }
        Some(_) => {
            wrong.push(
                "`sign` is neither {column, credit, debit} nor {credit_column, debit_column, debit_has_minus}; leave it out where the \
                 amount itself has a sign"
                    .to_owned(),
            );
            (Sign::Amount, Vec::new())
        }
    }
}

fn mapped(kind: Kind, columns: &BTreeMap<String, OneOrMore>, wrong: &mut Vec<String>) -> Vec<(Column, String)> {
    let mut mapped = Vec::new();
    for (name, from) in columns {
        let Some(named) = kind.columns().iter().find(|it| it.names.first() == Some(&name.as_str())) else {
            let known: Vec<&str> = kind.columns().iter().filter_map(|it| it.names.first().copied()).collect();
            wrong.push(format!(
                "`columns` has `{name}`, which is not a column of {}; the columns are {}",
                kind.name(),
                known.join(", ")
            ));
            continue;
        };
        match from {
            OneOrMore::One(from) => mapped.push((named.column, from.clone())),
            OneOrMore::More(from) if named.column == Column::Text => {
                mapped.extend(from.iter().map(|it| (Column::Text, it.clone())));
            }
            OneOrMore::More(_) => {
                wrong.push(format!("`columns` names several columns for `{name}`; only `text` may have several"));
            }
        }
    }
    mapped
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERKA: &str = include_str!("../../../profiles/berka.json");

    #[test]
    fn the_shipped_profile_fits_its_bank() {
        let header = "trans_id;account_id;date;type;operation;amount;balance;k_symbol;bank;account";
        let names: Vec<String> = header.split(';').map(str::to_owned).collect();
        let profile = Profile::parse("berka", BERKA.as_bytes()).unwrap();
        let layout = profile.layout(names, Currency::EUR).unwrap();
        assert_eq!((layout.kind, layout.currency.code(), layout.source.as_str()), (Kind::Holders, "CZK", "berka"));
        let missing = Profile::parse("berka", BERKA.as_bytes()).unwrap().layout(vec!["date".to_owned()], Currency::EUR);
        let message = missing.err().unwrap().to_string();
        assert!(message.contains("`account_id`"), "{message}");
    }

    #[test]
    fn one_refusal_lists_all_problems_of_a_profile() {
        let json = r#"{"kind": "rates", "delimiter": ";;", "encoding": "utf-16le", "decimal_mark": "'", "thousands_mark": "_",
            "date_format": "%Q", "currency": "euro", "columns": {"colour": "c", "transaction": ["a", "b"]},
            "sign": {"column": "x"}}"#;
        let message = Profile::parse("x", json.as_bytes()).err().unwrap().to_string();
        for part in [
            "`kind`",
            "`delimiter`",
            "`encoding`",
            "`decimal_mark`",
            "`thousands_mark`",
            "`date_format`",
            "`currency`",
            "`colour`",
            "several columns for `transaction`",
            "`sign`",
            "`account_number`",
            "`transaction_ts`",
        ] {
            assert!(message.contains(part), "{part} is not in: {message}");
        }
        for json in ["", "[]", "{}", r#"{"kind": "holders", "colour": 1}"#] {
            assert!(Profile::parse("x", json.as_bytes()).is_err(), "{json}");
        }
    }
}
