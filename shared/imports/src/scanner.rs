//! Splits a text that arrives in pieces into rows, and a row into fields (RFC 4180, with any delimiter and quote).
//!
//! A row without quotes, the usual one, is never copied. A quote opens a quoted field only at the field's start;
//! a quoted field may hold delimiters, line breaks and doubled quotes. A line ends with LF, CRLF, or, as old
//! spreadsheets write it, with CR.

use memchr::{memchr, memchr_iter, memchr2, memchr2_iter};

use crate::Refusal;

/// The longest row, in bytes.
pub(crate) const MAX_ROW_BYTES: usize = 64 * 1024;
/// The maximum number of rows with an unclosed quote before the file is refused.
const MAX_UNCLOSED: u32 = 100;

/// A raw row of the file.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    /// Its first line, from 1.
    pub(crate) line: u64,
    /// Its bytes, without the line break.
    pub(crate) bytes: &'a [u8],
    /// Whether it can be read.
    pub(crate) shape: Shape,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    Whole,
    /// A quote is not closed within [`MAX_ROW_BYTES`].
    Unclosed,
    /// It is longer than [`MAX_ROW_BYTES`]; these are its first bytes.
    TooLong,
}

/// How rows are split into fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
}

/// The position of the scanner in a row.
#[derive(Clone, Copy)]
enum At {
    FieldStart,
    Plain,
    Quoted,
    /// After a quote inside a quoted field: the end of the field, or half of a doubled quote.
    QuoteInQuoted,
}

impl Dialect {
    fn advance(self, mut at: At, bytes: &[u8]) -> At {
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

    fn has_quote(self, bytes: &[u8]) -> bool {
        self.quote.is_some_and(|quote| memchr(quote, bytes).is_some())
    }
}

/// Splits text into rows.
pub(crate) struct Scanner {
    dialect: Dialect,
    /// The beginning of an incomplete row.
    carry: Vec<u8>,
    carry_at: At,
    /// Inside a row that is too long: drops bytes up to its end.
    skipping: bool,
    /// The last row ended with a CR at the end of a piece: a following LF belongs to it.
    after_cr: bool,
    line: u64,
    unclosed: u32,
    first_unclosed: u64,
}

impl Scanner {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            carry: Vec::new(),
            carry_at: At::FieldStart,
            skipping: false,
            after_cr: false,
            line: 1,
            unclosed: 0,
            first_unclosed: 0,
        }
    }

    /// Reads the next piece of the text and passes each complete row to `sink`.
    pub(crate) fn feed(
        &mut self,
        piece: &[u8],
        sink: &mut dyn FnMut(&mut Dialect, Row<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let Some(last) = piece.last() else { return Ok(()) };
        let mut rest = if self.after_cr { piece.strip_prefix(b"\n").unwrap_or(piece) } else { piece };
        while !rest.is_empty() && (self.skipping || !self.carry.is_empty()) {
            let end = end_of_line(rest);
            let (head, tail) = rest.split_at(end.unwrap_or(rest.len()));
            rest = tail;
            if self.skipping {
                self.skipping = end.is_none();
                self.line = self.line.saturating_add(u64::from(end.is_some()));
                continue;
            }
            self.carry.extend_from_slice(head);
            self.carry_at = self.dialect.advance(self.carry_at, head);
            let open = matches!(self.carry_at, At::Quoted);
            let too_long = self.carry.len() > MAX_ROW_BYTES;
            // If several lines together are too long, only the first one is lost.
            let several = too_long && end_of_line(&self.carry) != Some(self.carry.len());
            if end.is_some() && !open && !several {
                let carry = std::mem::take(&mut self.carry);
                self.emit(&carry, Shape::Whole, sink)?;
                self.keep_allocation(carry);
            } else if too_long {
                self.give_up(end.is_some(), sink)?;
            }
        }
        self.scan(rest, sink)?;
        // A carried CR is part of a quoted field.
        self.after_cr = *last == b'\r' && self.carry.is_empty();
        Ok(())
    }

    /// Ends the text.
    pub(crate) fn finish(
        &mut self,
        sink: &mut dyn FnMut(&mut Dialect, Row<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        while !self.carry.is_empty() {
            if matches!(self.carry_at, At::Quoted) {
                self.give_up(true, sink)?;
            } else {
                let carry = std::mem::take(&mut self.carry);
                self.emit(&carry, Shape::Whole, sink)?;
            }
        }
        Ok(())
    }

    /// Processes the complete rows of `rest` and carries the remainder.
    fn scan(
        &mut self,
        mut rest: &[u8],
        sink: &mut dyn FnMut(&mut Dialect, Row<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut quotes = self.dialect.has_quote(rest);
        while let Some(mut end) = end_of_line(rest) {
            if quotes && self.dialect.has_quote(rest.get(..end).unwrap_or_default()) {
                match self.end_of_row(rest, end) {
                    Ok(whole) => end = whole,
                    Err(at) if rest.len() <= MAX_ROW_BYTES => {
                        self.carry.extend_from_slice(rest);
                        self.carry_at = at;
                        return Ok(());
                    }
                    Err(_) => {
                        let (row, tail) = rest.split_at(end);
                        self.emit(row, Shape::Unclosed, sink)?;
                        rest = tail;
                        continue;
                    }
                }
            }
            let (row, tail) = rest.split_at(end);
            let before = self.dialect;
            self.emit(row, Shape::Whole, sink)?;
            rest = tail;
            if self.dialect != before {
                quotes = self.dialect.has_quote(rest);
            }
        }
        if rest.is_empty() {
            return Ok(());
        }
        self.carry.extend_from_slice(rest);
        self.carry_at = self.dialect.advance(At::FieldStart, rest);
        if self.carry.len() > MAX_ROW_BYTES {
            self.give_up(false, sink)?;
        }
        Ok(())
    }

    /// The end of the first row of `rest`, given the end of its first line; or the scanner position at the end of
    /// `rest` or of the maximum row length.
    fn end_of_row(&self, rest: &[u8], first_end: usize) -> Result<usize, At> {
        // One more byte: the last one may be a CR followed by an LF.
        let most = rest.get(..MAX_ROW_BYTES.saturating_add(1).min(rest.len())).unwrap_or_default();
        let (mut from, mut to, mut at) = (0, first_end, At::FieldStart);
        loop {
            at = self.dialect.advance(at, rest.get(from..to).unwrap_or_default());
            if !matches!(at, At::Quoted) {
                return Ok(to);
            }
            from = to;
            let next = end_of_line(most.get(to..).unwrap_or_default()).map(|next| to.saturating_add(next));
            match next.filter(|next| *next <= MAX_ROW_BYTES) {
                Some(next) => to = next,
                None => return Err(self.dialect.advance(at, rest.get(from..).unwrap_or_default())),
            }
        }
    }

    /// The carried row is too long: its first line is reported, and the rest is scanned again.
    fn give_up(
        &mut self,
        line_ended: bool,
        sink: &mut dyn FnMut(&mut Dialect, Row<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let carry = std::mem::take(&mut self.carry);
        let Some(end) = end_of_line(&carry) else {
            let shape = if line_ended { Shape::Unclosed } else { Shape::TooLong };
            self.skipping = !line_ended;
            return self.emit(&carry, shape, sink);
        };
        let (first, rest) = carry.split_at(end);
        self.emit(first, Shape::Unclosed, sink)?;
        self.scan(rest, sink)
    }

    fn emit(
        &mut self,
        bytes: &[u8],
        shape: Shape,
        sink: &mut dyn FnMut(&mut Dialect, Row<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let line = self.line;
        self.line = line.saturating_add(line_ends(bytes));
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
        sink(&mut self.dialect, Row { line, bytes, shape })
    }

    fn keep_allocation(&mut self, mut carry: Vec<u8>) {
        if self.carry.is_empty() {
            carry.clear();
            self.carry = carry;
        }
    }
}

/// The end of the first line of `bytes`, including its line break. A CR at the very end may be half of a CRLF.
fn end_of_line(bytes: &[u8]) -> Option<usize> {
    let at = memchr2(b'\n', b'\r', bytes)?;
    let breaks = if bytes.get(at..).is_some_and(|it| it.starts_with(b"\r\n")) { 2 } else { 1 };
    Some(at.saturating_add(breaks))
}

/// How many lines end in `bytes`.
fn line_ends(bytes: &[u8]) -> u64 {
    let is_half = |at: usize| at.checked_sub(1).and_then(|before| bytes.get(before..=at)) == Some(b"\r\n");
    memchr2_iter(b'\n', b'\r', bytes).map(|at| u64::from(!is_half(at))).fold(0, u64::saturating_add)
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

    /// The number of batches.
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

#[cfg(test)]
mod tests;
