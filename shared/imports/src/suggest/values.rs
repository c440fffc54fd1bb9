//! Dates and amounts of a column.

use calendar::DateFormat;
use money::{DecimalMark, parse_minor};

use crate::thousands::{MAX_AMOUNT_BYTES, without_thousands_marks};

/// The formats of dates, the more common ones first: where a day could be a month, the day is first.
const DATES: [&str; 14] = [
    "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%y", "%d/%m/%y",
    "%m/%d/%y", "%d-%m-%y", "%Y%m%d", "%y%m%d", "%d%m%Y",
];
/// The times of day that may follow a date.
const TIMES: [&str; 5] = ["", " %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M:%SZ"];
/// The decimals of most currencies: an amount with three has thousands marks.
const MAX_DECIMALS: u32 = 2;
/// The marks of amounts, the more common ones first.
const MARKS: [(DecimalMark, Option<char>); 9] = [
    (DecimalMark::Point, None),
    (DecimalMark::Comma, None),
    (DecimalMark::Comma, Some('.')),
    (DecimalMark::Point, Some(',')),
    (DecimalMark::Comma, Some(' ')),
    (DecimalMark::Comma, Some('\u{a0}')),
    (DecimalMark::Comma, Some('\u{202f}')),
    (DecimalMark::Point, Some('\'')),
    (DecimalMark::Point, Some('\u{2019}')),
];

/// The formats that fit all of these dates, the most likely first; none without dates.
pub(super) fn date_formats(dates: &[&str]) -> Vec<String> {
    let Some(shortest) = dates.iter().map(|it| it.len()).min().filter(|it| *it >= 6) else { return Vec::new() };
    let times = TIMES.iter().filter(|time| time.is_empty() || shortest > 10);
    let all = times.flat_map(|time| DATES.iter().map(move |date| format!("{date}{time}")));
    let fits = |format: &String| {
        let format = DateFormat::parse(format);
        format.is_ok_and(|it| dates.iter().all(|date| it.read(date.as_bytes()).is_ok()))
    };
    all.filter(fits).collect()
}

/// How amounts are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Amounts {
    pub(super) decimal_mark: DecimalMark,
    pub(super) thousands_mark: Option<char>,
}

impl Amounts {
    /// The marks that fit all of these amounts, the most likely ones; `None` without amounts.
    pub(super) fn of(amounts: &[&str]) -> Option<Self> {
        if amounts.is_empty() {
            return None;
        }
        let all = MARKS.into_iter().map(|(decimal_mark, thousands_mark)| Self { decimal_mark, thousands_mark });
        all.into_iter().find(|it| amounts.iter().all(|amount| it.reads(amount)))
    }

    fn reads(self, amount: &str) -> bool {
        let mut buffer = [0; MAX_AMOUNT_BYTES];
        let plain = without_thousands_marks(amount.as_bytes(), self.thousands_mark, &mut buffer);
        plain.is_ok_and(|it| parse_minor(it, MAX_DECIMALS, self.decimal_mark).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_dates_shows_their_format() {
        for (dates, expected) in [
            (&["31.01.2024", "01.02.2024"][..], Some("%d.%m.%Y")),
            (&["02/01/2024", "01/31/2024"], Some("%m/%d/%Y")),
            (&["02/01/2024"], Some("%d/%m/%Y")),
            (&["930101", "991231"], Some("%y%m%d")),
            (&["2024-01-31 10:00:00"], Some("%Y-%m-%d %H:%M:%S")),
            (&["2024-01-31", "later"], None),
            (&["1,5"], None),
            (&[], None),
        ] {
            assert_eq!(date_formats(dates).first().map(String::as_str), expected, "{dates:?}");
        }
    }

    #[test]
    fn a_column_of_amounts_shows_their_marks() {
        let marks = |decimal_mark, thousands_mark| Some(Amounts { decimal_mark, thousands_mark });
        for (amounts, expected) in [
            (&["60.5", "-20.46", "10"][..], marks(DecimalMark::Point, None)),
            (&["-1234,56", "3"], marks(DecimalMark::Comma, None)),
            (&["-1.234,56", "3,00"], marks(DecimalMark::Comma, Some('.'))),
            (&["1.234", "12.345"], marks(DecimalMark::Comma, Some('.'))),
            (&["1,234.56"], marks(DecimalMark::Point, Some(','))),
            (&["1\u{202f}234,56"], marks(DecimalMark::Comma, Some('\u{202f}'))),
            (&["12,50 €"], None),
            (&["rent"], None),
            (&[], None),
        ] {
            assert_eq!(Amounts::of(amounts), expected, "{amounts:?}");
        }
    }
}
