//! Hints why rows are rejected: a decimal mark, date order or delimiter that differs from the expected one.

use calendar::DateFormat;
use money::{DecimalMark, parse_minor};

use crate::format::fields::{Dialect, Fields};
use crate::layout::{Dates, Layout};
use crate::{Column, Warning};

/// The most common date formats of banks.
const DATE_FORMATS: [&str; 9] =
    ["%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y-%m-%d", "%Y%m%d", "%d.%m.%y", "%d/%m/%y"];
/// The most common delimiters of banks.
pub(crate) const DELIMITERS: [u8; 4] = *b",;\t|";
/// An amount with more decimals than this may have grouped thousands instead.
const MAX_DECIMALS: u32 = 2;

/// Statistics about the rejected rows of a file.
#[derive(Default)]
pub(crate) struct Hints {
    /// The number of rows that each of [`DELIMITERS`] splits into the columns of the header.
    delimiters: [u64; DELIMITERS.len()],
    other_decimal_mark: u64,
    /// The number of rows with a `D/M`.
    day_first: u64,
    /// The number of rows with a date in each of [`DATE_FORMATS`].
    date_formats: [u64; DATE_FORMATS.len()],
    /// The formats, parsed at the first rejected row.
    formats: Vec<Option<DateFormat>>,
    fields: Fields,
}

impl Hints {
    /// Records a rejected row with its `fields`.
    pub(crate) fn note(&mut self, layout: &Layout, fields: &Fields, row: &[u8]) {
        if fields.len() < layout.column_map.width() && self.note_delimiter(layout, row) {
            return;
        }
        let amounts = [Column::Amount, Column::Debit].map(|it| layout.column_map.find(it));
        let looks_other = |index: &usize| has_other_mark(layout, fields, row, *index);
        if amounts.iter().flatten().any(looks_other) {
            self.other_decimal_mark = self.other_decimal_mark.saturating_add(1);
        }
        if let Some(date) = layout.column_map.find(Column::Date) {
            self.note_date(layout, fields.get(row, date));
        }
    }

    fn note_delimiter(&mut self, layout: &Layout, row: &[u8]) -> bool {
        for (delimiter, rows) in DELIMITERS.into_iter().zip(&mut self.delimiters) {
            self.fields.split(row, Dialect { delimiter, ..layout.dialect });
            if delimiter != layout.dialect.delimiter && self.fields.len() == layout.column_map.width() {
                *rows = rows.saturating_add(1);
                return true;
            }
        }
        false
    }

    fn note_date(&mut self, layout: &Layout, text: &[u8]) {
        if layout.dates.read(text).is_ok() {
            return;
        }
        if matches!(layout.dates, Dates::Usual { .. }) && is_day_and_month(text) {
            self.day_first = self.day_first.saturating_add(1);
            return;
        }
        if self.formats.is_empty() {
            self.formats = DATE_FORMATS.iter().map(|it| DateFormat::parse(it).ok()).collect();
        }
        // A time of day may follow.
        let date = text.split(|byte| matches!(byte, b' ' | b'T')).next().unwrap_or_default();
        for (format, rows) in self.formats.iter().zip(&mut self.date_formats) {
            let fits = format.as_ref().is_some_and(|it| it.read(date).is_ok());
            *rows = rows.saturating_add(u64::from(fits));
        }
    }

    /// The hints, each with its number of rows.
    pub(crate) fn warnings(&self, layout: &Layout) -> Vec<Warning> {
        let has_profile = matches!(layout.dates, Dates::Format(_));
        let mut hints = Vec::new();
        for (delimiter, rows) in DELIMITERS.into_iter().zip(self.delimiters) {
            let (row, header) = (name(delimiter), name(layout.dialect.delimiter));
            let what = format!(
                "the row looks delimited by {row}, but the header by {header}; use one delimiter in the whole file"
            );
            hints.push(Warning { what, rows });
        }
        hints.push(self.date_order());
        hints.extend(self.date_format(has_profile));
        let mark = if layout.decimal_mark == DecimalMark::Point { "comma" } else { "point" };
        let cure = if has_profile {
            "the profile's `decimal_mark` differs"
        } else {
            "name `decimal_mark` in a profile, or write 60.5"
        };
        let what = format!("the amount looks as if it had a decimal {mark}; {cure}");
        hints.push(Warning { what, rows: self.other_decimal_mark });
        hints.retain(|it| it.rows > 0);
        hints
    }

    fn date_order(&self) -> Warning {
        let what = "the date looks like D/M, but is read as M/D, so a day up to 12 is taken for a month; write \
                    YYYY-MM-DD, or name `date_format` in a profile";
        Warning { what: what.to_owned(), rows: self.day_first }
    }

    /// The format that fits most rows; of several, the first.
    fn date_format(&self, has_profile: bool) -> Option<Warning> {
        let most = self.date_formats.iter().copied().max()?;
        let (format, rows) = DATE_FORMATS.iter().zip(self.date_formats).find(|(_, rows)| *rows == most)?;
        let cure = if has_profile {
            "the profile's `date_format` differs"
        } else {
            "name that as `date_format` in a profile, or write YYYY-MM-DD"
        };
        Some(Warning { what: format!("the date looks like {format}; {cure}"), rows })
    }
}

/// A delimiter for messages.
pub(crate) fn name(delimiter: u8) -> String {
    if delimiter == b'\t' { "tabs".to_owned() } else { format!("`{}`", char::from(delimiter)) }
}

/// Whether an amount is valid only with the other decimal mark.
fn has_other_mark(layout: &Layout, fields: &Fields, row: &[u8], index: usize) -> bool {
    let text = fields.get(row, index);
    let (other, mark, group) = match layout.decimal_mark {
        DecimalMark::Point => (DecimalMark::Comma, b',', b'.'),
        DecimalMark::Comma => (DecimalMark::Point, b'.', b','),
    };
    let reads = |text: &[u8]| {
        let plain: Vec<u8> = text.iter().copied().filter(|byte| *byte != group && *byte != b' ').collect();
        plain.contains(&mark) && parse_minor(&plain, MAX_DECIMALS, other).is_ok()
    };
    // Without quotes, the decimal mark has split the amount into two fields.
    if layout.dialect.delimiter == mark && fields.len() == layout.column_map.width().saturating_add(1) {
        let decimals = fields.get(row, index.saturating_add(1));
        return reads(&[text, &[mark], decimals].concat());
    }
    parse_minor(text, MAX_DECIMALS, layout.decimal_mark).is_err() && reads(text)
}

/// Whether a text is `D/M` with a day above 12.
fn is_day_and_month(text: &[u8]) -> bool {
    let number = |text: &str| text.parse::<u32>().ok();
    let parts = std::str::from_utf8(text).ok().and_then(|it| it.split_once('/'));
    let parts = parts.and_then(|(day, month)| number(day).zip(number(month)));
    parts.is_some_and(|(day, month)| (13..=31).contains(&day) && (1..=12).contains(&month))
}
