//! Rows of delimited fields.

use memchr::{memchr, memchr_iter};

/// The longest row, in bytes.
pub(crate) const MAX_ROW_BYTES: usize = 64 * 1024;

/// A row of a file.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    /// Its first line, from 1.
    pub(crate) line: u64,
    /// Its fields, delimited as the layout states, without the line break.
    pub(crate) bytes: &'a [u8],
    /// Whether it can be read.
    pub(crate) shape: Shape,
}

impl Row<'_> {
    pub(crate) fn is_blank(&self) -> bool {
        self.shape == Shape::Whole && self.bytes.trim_ascii().is_empty()
    }

    pub(crate) fn has_nul(&self) -> bool {
        memchr(0, self.bytes).is_some()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    Whole,
    /// A quote is not closed within [`MAX_ROW_BYTES`].
    Unclosed,
    /// It is longer than [`MAX_ROW_BYTES`]; these are its first bytes.
    TooLong,
    /// An entry of a statement that is not in the balance yet.
    NotBooked,
}

impl Shape {
    /// Why the row cannot be read.
    pub(crate) fn error(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Unclosed => Some("a quote is not closed; is the file cut off?"),
            Self::TooLong => Some("the row is longer than 64 KB"),
            Self::NotBooked => Some("Sts: the entry is not booked; import the statement that books it"),
        }
    }
}

/// How rows are split into fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
}

/// The position in a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    FieldStart,
    Plain,
    Quoted,
    /// After a quote inside a quoted field: the end of the field, or half of a doubled quote.
    QuoteInQuoted,
}

impl Dialect {
    pub(crate) fn advance(self, mut at: At, bytes: &[u8]) -> At {
        let Some(quote) = self.quote else { return At::Plain };
        for byte in bytes {
            at = match at {
                At::FieldStart | At::QuoteInQuoted if *byte == quote => At::Quoted,
                At::Quoted => {
                    if *byte == quote {
                        At::QuoteInQuoted
                    } else {
                        At::Quoted
                    }
                }
                _ if *byte == self.delimiter || matches!(byte, b'\n' | b'\r') => At::FieldStart,
                _ => At::Plain,
            };
        }
        at
    }

    pub(crate) fn has_quote(self, bytes: &[u8]) -> bool {
        self.quote.is_some_and(|quote| memchr(quote, bytes).is_some())
    }
}

/// The fields of one row. Allocated once and reused for each row.
#[derive(Default)]
pub(crate) struct Fields {
    ranges: Vec<(usize, usize)>,
    unquoted: Vec<u8>,
    has_quotes: bool,
}

impl Fields {
    /// Splits a complete row.
    pub(crate) fn split(&mut self, row: &[u8], dialect: Dialect) {
        self.ranges.clear();
        self.unquoted.clear();
        self.has_quotes = dialect.has_quote(row);
        if self.has_quotes {
            return self.split_quoted(row, dialect);
        }
        let mut from = 0;
        for at in memchr_iter(dialect.delimiter, row) {
            self.ranges.push((from, at));
            from = at.saturating_add(1);
        }
        self.ranges.push((from, row.len()));
    }

    fn split_quoted(&mut self, row: &[u8], dialect: Dialect) {
        let (mut from, mut at) = (0, At::FieldStart);
        for byte in row {
            let next = dialect.advance(at, std::slice::from_ref(byte));
            match (at, next) {
                // The opening quote and a possible closing quote: both are dropped, unless the latter is doubled.
                (At::FieldStart, At::Quoted) | (At::Quoted, At::QuoteInQuoted) => {}
                (At::FieldStart | At::Plain | At::QuoteInQuoted, At::FieldStart) => {
                    self.ranges.push((from, self.unquoted.len()));
                    from = self.unquoted.len();
                }
                _ => self.unquoted.push(*byte),
            }
            at = next;
        }
        self.ranges.push((from, self.unquoted.len()));
    }

    /// The number of fields.
    pub(crate) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// The field at `index` of the split row, without surrounding spaces; empty if there is no such field.
    pub(crate) fn get<'a>(&'a self, row: &'a [u8], index: usize) -> &'a [u8] {
        let Some((from, to)) = self.ranges.get(index).copied() else {
            return &[];
        };
        let text = if self.has_quotes { &self.unquoted } else { row };
        text.get(from..to).unwrap_or_default().trim_ascii()
    }
}
