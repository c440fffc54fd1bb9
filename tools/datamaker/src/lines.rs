//! The formats of rows. No generated text contains a quote, a comma or a backslash.

use std::io::{self, Write};
use std::str::FromStr;

/// The format of a file's rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// Comma-separated, with a header.
    #[default]
    Csv,
    /// A JSON object in each line; all values are texts.
    Json,
}

/// A text that is not the name of a format.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("not a format: csv or json")]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            _ => Err(UnknownFormat),
        }
    }
}

impl Format {
    /// The name of a file of `table`.
    pub(crate) fn file(self, table: &str) -> String {
        match self {
            Self::Csv => format!("{table}.csv"),
            Self::Json => format!("{table}.jsonl"),
        }
    }

    /// The number of the first row's line.
    pub(crate) fn first_line(self) -> u64 {
        match self {
            Self::Csv => 2,
            Self::Json => 1,
        }
    }
}

/// The lines of a file: the text before, between and after the values.
#[derive(Clone)]
pub(crate) struct Lines {
    header: String,
    before: Vec<String>,
    end: &'static str,
}

impl Lines {
    pub(crate) fn new(format: Format, columns: &[&str]) -> Self {
        let before = |(place, column): (usize, &&str)| match (format, place) {
            (Format::Csv, 0) => String::new(),
            (Format::Csv, _) => ",".to_owned(),
            (Format::Json, 0) => format!("{{\"{column}\":\""),
            (Format::Json, _) => format!("\",\"{column}\":\""),
        };
        let (header, end) = match format {
            Format::Csv => (columns.join(",") + "\n", "\n"),
            Format::Json => (String::new(), "\"}\n"),
        };
        Self { header, before: columns.iter().enumerate().map(before).collect(), end }
    }

    pub(crate) fn header(&self) -> &[u8] {
        self.header.as_bytes()
    }

    /// The text before the value of a column, counted from 0.
    pub(crate) fn before(&self, column: usize) -> &[u8] {
        self.before.get(column).map_or(b"", String::as_bytes)
    }

    pub(crate) fn end(&self) -> &[u8] {
        self.end.as_bytes()
    }

    /// Writes a whole line.
    pub(crate) fn write<const N: usize>(&self, values: [&str; N], out: &mut impl Write) -> io::Result<()> {
        for (column, value) in values.into_iter().enumerate() {
            out.write_all(self.before(column))?;
            out.write_all(value.as_bytes())?;
        }
        out.write_all(self.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_written_in_both_formats() {
        for (format, expected) in [
            (Format::Csv, "currency,usd_rate\nEUR,1.0956\n"),
            (Format::Json, "{\"currency\":\"EUR\",\"usd_rate\":\"1.0956\"}\n"),
        ] {
            let lines = Lines::new(format, &["currency", "usd_rate"]);
            let mut out = lines.header().to_vec();
            lines.write(["EUR", "1.0956"], &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
