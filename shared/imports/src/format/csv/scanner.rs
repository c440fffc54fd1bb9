//! Splits a text that arrives in pieces into rows (RFC 4180, with any delimiter and quote).
//!
//! A quote opens a quoted field only at the field's start; a quoted field may hold delimiters, line breaks and doubled
//! quotes. A line ends with LF, CRLF, or, as old spreadsheets write it, with CR.

use memchr::{memchr2, memchr2_iter};

use crate::Refusal;
use crate::format::fields::{At, Dialect, MAX_ROW_BYTES, Row, Shape};

/// The maximum number of rows with an unclosed quote before the file is refused.
const MAX_UNCLOSED: u32 = 100;

/// Splits text into rows.
pub(crate) struct Scanner {
    dialect: Dialect,
    /// The text that is not yet yielded, from `start`: a piece, after an incomplete row of at most [`MAX_ROW_BYTES`].
    text: Vec<u8>,
    start: usize,
    ended: bool,
    /// Whether `text` has quotes.
    has_quotes: bool,
    /// Inside a row that is too long: drops bytes up to its end.
    skipping: bool,
    line: u64,
    unclosed: u32,
    first_unclosed: u64,
}

impl Scanner {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            text: Vec::new(),
            start: 0,
            ended: false,
            has_quotes: false,
            skipping: false,
            line: 1,
            unclosed: 0,
            first_unclosed: 0,
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Changes the delimiter of the following rows.
    pub(crate) fn set_delimiter(&mut self, delimiter: u8) {
        self.dialect.delimiter = delimiter;
    }

    /// Adds the next piece of the text.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        self.text.drain(..self.start);
        self.start = 0;
        self.text.extend_from_slice(piece);
        self.has_quotes = self.dialect.has_quote(&self.text);
    }

    /// Ends the text.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// The next row; `None` if it needs more text.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row<'_>>, Refusal> {
        if self.skipping && !self.skip_line() {
            return Ok(None);
        }
        let Some((length, shape)) = self.first_row() else { return Ok(None) };
        let (start, line) = (self.start, self.line);
        self.start = start.saturating_add(length);
        let bytes = self.text.get(start..self.start).unwrap_or_default();
        // Without quotes, a row is one line.
        let lines = if self.has_quotes {
            line_ends(bytes)
        } else {
            u64::from(bytes.ends_with(b"\n") || bytes.ends_with(b"\r"))
        };
        self.line = line.saturating_add(lines);
        let shape = if bytes.len() > MAX_ROW_BYTES { Shape::TooLong } else { shape };
        if shape == Shape::Unclosed {
            if self.unclosed == 0 {
                self.first_unclosed = line;
            }
            self.unclosed = self.unclosed.saturating_add(1);
            if self.unclosed > MAX_UNCLOSED {
                return Err(Refusal::UnbalancedQuotes { limit: MAX_UNCLOSED, line: self.first_unclosed });
            }
        }
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        Ok(Some(Row { line, bytes, shape }))
    }

    /// Drops the rest of a row that is too long. `false` if it needs more text.
    fn skip_line(&mut self) -> bool {
        let rest = self.text.get(self.start..).unwrap_or_default();
        let end = self.end_of_line(rest);
        self.start = self.start.saturating_add(end.unwrap_or_else(|| without_half_break(rest)));
        self.skipping = end.is_none();
        self.line = self.line.saturating_add(u64::from(end.is_some()));
        !self.skipping
    }

    /// The length of the first row, with its line break, and its shape.
    fn first_row(&mut self) -> Option<(usize, Shape)> {
        let rest = self.text.get(self.start..).filter(|it| !it.is_empty())?;
        let has_quote = |bytes| self.has_quotes && self.dialect.has_quote(bytes);
        let Some(first) = self.end_of_line(rest) else {
            if rest.len() > MAX_ROW_BYTES {
                self.skipping = !self.ended;
                return Some((without_half_break(rest), Shape::TooLong));
            }
            let is_open = has_quote(rest) && self.dialect.advance(At::FieldStart, rest) == At::Quoted;
            let shape = if is_open { Shape::Unclosed } else { Shape::Whole };
            return self.ended.then_some((rest.len(), shape));
        };
        if !has_quote(rest.get(..first).unwrap_or_default()) {
            return Some((first, Shape::Whole));
        }
        let (mut from, mut to, mut at) = (0, first, At::FieldStart);
        loop {
            at = self.dialect.advance(at, rest.get(from..to).unwrap_or_default());
            if at != At::Quoted {
                return Some((to, Shape::Whole));
            }
            from = to;
            let tail = rest.get(from..).unwrap_or_default();
            let next = self.end_of_line(tail).map(|end| from.saturating_add(end));
            match next.filter(|it| *it <= MAX_ROW_BYTES) {
                Some(next) => to = next,
                None if rest.len() > MAX_ROW_BYTES => return Some((first, Shape::Unclosed)),
                None if !self.ended => return None,
                None if self.dialect.advance(at, tail) == At::Quoted => return Some((first, Shape::Unclosed)),
                None => return Some((rest.len(), Shape::Whole)),
            }
        }
    }

    /// The end of the first line of `bytes`, including its line break. A CR at the end of the text so far may be half
    /// of a CRLF.
    fn end_of_line(&self, bytes: &[u8]) -> Option<usize> {
        let at = memchr2(b'\n', b'\r', bytes)?;
        match bytes.get(at..)? {
            [b'\r'] if !self.ended => None,
            [b'\r', b'\n', ..] => Some(at.saturating_add(2)),
            _ => Some(at.saturating_add(1)),
        }
    }
}

/// The length of `bytes` without a CR at its end, which may be half of a CRLF.
fn without_half_break(bytes: &[u8]) -> usize {
    bytes.strip_suffix(b"\r").unwrap_or(bytes).len()
}

/// How many lines end in `bytes`.
fn line_ends(bytes: &[u8]) -> u64 {
    let is_half = |at: usize| at.checked_sub(1).and_then(|before| bytes.get(before..=at)) == Some(b"\r\n");
    memchr2_iter(b'\n', b'\r', bytes).map(|at| u64::from(!is_half(at))).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests;
