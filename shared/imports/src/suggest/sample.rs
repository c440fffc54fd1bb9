//! The header and the first rows of a file.

use encoding_rs::WINDOWS_1252;

use crate::Refusal;
use crate::format::fields::{Dialect, Fields};
use crate::hints::DELIMITERS;
use crate::suggest::NoSuggestion;
use crate::suggest::values::{Amounts, date_formats};

/// The maximum number of lines that are examined.
const MAX_LINES: usize = 2_000;

/// The header and the first rows of a file.
pub(super) struct Sample {
    /// The WHATWG label of its encoding.
    pub(super) encoding: &'static str,
    pub(super) delimiter: u8,
    /// The number of lines before the header.
    pub(super) skip_lines: u64,
    /// The names in the header.
    pub(super) names: Vec<String>,
    /// The rows, each with as many fields as the header.
    pub(super) rows: Vec<Vec<String>>,
}

impl Sample {
    pub(super) fn of(bytes: &[u8]) -> Result<Self, NoSuggestion> {
        let (text, encoding) = decoded(bytes);
        let lines: Vec<&str> = text.lines().take(MAX_LINES).collect();
        if lines.iter().all(|it| it.trim().is_empty()) {
            return Err(Refusal::Empty.into());
        }
        let (delimiter, width) = delimiter_and_width(&lines);
        let rows: Vec<Vec<String>> = lines.iter().map(|it| split(it.as_bytes(), delimiter)).collect();
        let is_row = |it: &Vec<String>| it.len() == width && has_date_and_amount(it);
        let first = rows.iter().position(is_row).ok_or(NoSuggestion::NoRows)?;
        let before = rows.get(..first).unwrap_or_default();
        let header = before.iter().rposition(|it| it.iter().any(|field| !field.is_empty()));
        let header = header.ok_or(NoSuggestion::NoHeader)?;
        let names = rows.get(header).filter(|it| names_columns(it, width)).ok_or(NoSuggestion::NoHeader)?.clone();
        Ok(Self {
            encoding,
            delimiter,
            skip_lines: u64::try_from(header).unwrap_or(0),
            rows: rows.into_iter().skip(first).filter(|it| it.len() == width).collect(),
            names,
        })
    }

    /// The values of the column at `index` that are not empty.
    pub(super) fn values(&self, index: usize) -> Vec<&str> {
        self.rows.iter().filter_map(|it| it.get(index)).map(String::as_str).filter(|it| !it.is_empty()).collect()
    }

    /// Whether the column at `index` has a value in each row.
    pub(super) fn is_full(&self, index: usize) -> bool {
        self.values(index).len() == self.rows.len()
    }

    /// The distinct values of the column at `index`, in their order.
    pub(super) fn distinct(&self, index: usize) -> Vec<&str> {
        let mut distinct = Vec::new();
        for value in self.values(index) {
            if !distinct.contains(&value) {
                distinct.push(value);
            }
        }
        distinct
    }
}

/// A text that may be cut off in the middle of a character; what is not UTF-8 is taken for Windows-1252, which most
/// banks write.
fn decoded(bytes: &[u8]) -> (String, &'static str) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), "utf-8"),
        Err(error) if error.error_len().is_none() => {
            (String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default()).into_owned(), "utf-8")
        }
        Err(_) => (WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), "windows-1252"),
    }
}

/// The fields of a line.
pub(super) fn split(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut fields = Fields::default();
    fields.split(line, Dialect { delimiter, quote: Some(b'"') });
    let field = |at| String::from_utf8_lossy(fields.get(line, at)).into_owned();
    (0..fields.len()).map(field).collect()
}

/// The delimiter that splits most lines into the same number of fields, and this number.
fn delimiter_and_width(lines: &[&str]) -> (u8, usize) {
    let usual = DELIMITERS.into_iter().map(|delimiter| {
        let widths: Vec<usize> = lines.iter().map(|it| split(it.as_bytes(), delimiter).len()).collect();
        let count = |width: usize| widths.iter().filter(|it| **it == width).count();
        let most = widths.iter().copied().filter(|it| *it > 1).map(|width| (count(width), width)).max();
        (most.unwrap_or_default(), delimiter)
    });
    let ((_, width), delimiter) = usual.max_by_key(|(most, _)| *most).unwrap_or(((0, 0), b','));
    (delimiter, width)
}

fn has_date_and_amount(fields: &[String]) -> bool {
    let has = |fits: &dyn Fn(&str) -> bool, other: Option<usize>| {
        fields.iter().enumerate().position(|(at, it)| Some(at) != other && fits(it))
    };
    let date = has(&|it| !date_formats(&[it]).is_empty(), None);
    // A date of digits looks like an amount, too.
    date.is_some_and(|date| has(&|it| Amounts::of(&[it]).is_some(), Some(date)).is_some())
}

/// Whether a line names the columns of rows with `width` fields. It may lack an empty last one.
fn names_columns(fields: &[String], width: usize) -> bool {
    let is_name = |it: &String| date_formats(&[it.as_str()]).is_empty() && Amounts::of(&[it.as_str()]).is_none();
    let named = fields.iter().filter(|it| !it.is_empty());
    (fields.len() == width || fields.len().saturating_add(1) == width)
        && named.clone().count() > 1
        && named.clone().all(is_name)
}
