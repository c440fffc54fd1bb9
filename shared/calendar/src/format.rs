use crate::date::{Date, DateError, digits_to_u32};
use crate::moment::{Moment, at, second_of_day};

/// How a bank writes its dates, in the notation of `strftime`: `%Y %y %m %d %H %M %S %%` and literal characters.
///
/// `%y` is a year of two digits: 70–99 are the 1900s, 00–69 the 2000s (as POSIX reads them, one year apart).
/// Without `%H` the result is a day; with it, an instant of UTC.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DateFormat {
    parts: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Year,
    ShortYear,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Literal(u8),
}

/// Why a text is not a date format.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DateFormatError {
    /// A `%` with a letter that is not supported.
    #[error("%{0} is not one of %Y %y %m %d %H %M %S %%")]
    UnknownPart(char),
    /// The same part twice.
    #[error("%{0} occurs twice")]
    Twice(char),
    /// A year, a month or a day is missing.
    #[error("a date needs a year (%Y or %y), %m and %d")]
    Incomplete,
}

impl DateFormat {
    /// Reads a format such as `%d.%m.%Y` or `%y%m%d`.
    pub fn parse(text: &str) -> Result<Self, DateFormatError> {
        let mut parts = Vec::new();
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            let part = if byte == b'%' { Self::part(bytes.next())? } else { Part::Literal(byte) };
            if parts.contains(&part) && !matches!(part, Part::Literal(_)) {
                return Err(DateFormatError::Twice(letter(part)));
            }
            parts.push(part);
        }
        let years =
            usize::from(parts.contains(&Part::Year)).saturating_add(usize::from(parts.contains(&Part::ShortYear)));
        if years == 1 && parts.contains(&Part::Month) && parts.contains(&Part::Day) {
            Ok(Self { parts })
        } else {
            Err(DateFormatError::Incomplete)
        }
    }

    fn part(letter: Option<u8>) -> Result<Part, DateFormatError> {
        Ok(match letter {
            Some(b'Y') => Part::Year,
            Some(b'y') => Part::ShortYear,
            Some(b'm') => Part::Month,
            Some(b'd') => Part::Day,
            Some(b'H') => Part::Hour,
            Some(b'M') => Part::Minute,
            Some(b'S') => Part::Second,
            Some(b'%') => Part::Literal(b'%'),
            other => return Err(DateFormatError::UnknownPart(char::from(other.unwrap_or(b' ')))),
        })
    }

    /// Reads a date or a time stamp written in this format. `%m` and `%d` may omit the leading zero if a character that
    /// is not a digit follows.
    pub fn read(&self, text: &[u8]) -> Result<Moment, DateError> {
        let mut rest = text;
        let (mut year, mut month, mut day) = (0_i32, 0_u32, 0_u32);
        let (mut hour, mut minute, mut second) = (None, *b"00", *b"00");
        for part in &self.parts {
            match part {
                Part::Literal(byte) => rest = rest.strip_prefix(&[*byte]).ok_or(DateError::Malformed)?,
                Part::Year => year = signed(number(&mut rest, 4, 4)?)?,
                Part::ShortYear => {
                    let short = signed(number(&mut rest, 2, 2)?)?;
                    year = short.saturating_add(if short >= 70 { 1900 } else { 2000 });
                }
                Part::Month => month = number(&mut rest, 1, 2)?,
                Part::Day => day = number(&mut rest, 1, 2)?,
                Part::Hour => hour = Some(two(&mut rest)?),
                Part::Minute => minute = two(&mut rest)?,
                Part::Second => second = two(&mut rest)?,
            }
        }
        if !rest.is_empty() {
            return Err(DateError::Malformed);
        }
        let date = Date::try_new(year, month, day)?;
        match hour {
            None => Ok(Moment::day(date)),
            Some(hour) => at(date, second_of_day(hour, minute, second)?, 0, 0),
        }
    }
}

fn letter(part: Part) -> char {
    match part {
        Part::Year => 'Y',
        Part::ShortYear => 'y',
        Part::Month => 'm',
        Part::Day => 'd',
        Part::Hour => 'H',
        Part::Minute => 'M',
        Part::Second => 'S',
        Part::Literal(byte) => char::from(byte),
    }
}

fn number(rest: &mut &[u8], least: usize, most: usize) -> Result<u32, DateError> {
    let digits = rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if digits < least {
        return Err(DateError::Malformed);
    }
    let (taken, left) = rest.split_at_checked(digits).ok_or(DateError::Malformed)?;
    *rest = left;
    digits_to_u32(taken).ok_or(DateError::Malformed)
}

fn two(rest: &mut &[u8]) -> Result<[u8; 2], DateError> {
    let [a, b, left @ ..] = *rest else {
        return Err(DateError::Malformed);
    };
    *rest = left;
    Ok([*a, *b])
}

fn signed(year: u32) -> Result<i32, DateError> {
    i32::try_from(year).map_err(|_| DateError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_may_write_dates_its_own_way() {
        for (format, text, expected) in [
            ("%y%m%d", "930101", Ok("1993-01-01")),
            ("%y%m%d", "240229", Ok("2024-02-29")),
            ("%d.%m.%Y", "1.3.2024", Ok("2024-03-01")),
            ("%m/%d/%Y", "03/01/2024", Ok("2024-03-01")),
            ("%Y-%m-%d %H:%M", "2024-03-01 09:30", Ok("2024-03-01T09:30:00Z")),
            ("%Y%m%dT%H%M%S", "20240301T093005", Ok("2024-03-01T09:30:05Z")),
            ("%y%m%d", "930231", Err(DateError::NoSuchDay)),
            ("%y%m%d", "9301011", Err(DateError::Malformed)),
            ("%y%m%d", "9301", Err(DateError::Malformed)),
            ("%d.%m.%Y", "2024-03-01", Err(DateError::Malformed)),
        ] {
            let read = DateFormat::parse(format).unwrap().read(text.as_bytes());
            assert_eq!(read.map(|it| it.to_string()), expected.map(str::to_owned), "{format} {text}");
        }
    }

    #[test]
    fn an_invalid_format_is_an_error() {
        for (format, error) in [
            ("%Y-%m", DateFormatError::Incomplete),
            ("%Y-%y-%m-%d", DateFormatError::Incomplete),
            ("%Y-%m-%d %b", DateFormatError::UnknownPart('b')),
            ("%Y-%m-%d%", DateFormatError::UnknownPart(' ')),
            ("%Y-%m-%m-%d", DateFormatError::Twice('m')),
            ("", DateFormatError::Incomplete),
        ] {
            assert_eq!(DateFormat::parse(format), Err(error), "{format}");
        }
    }

    #[test]
    fn a_date_has_a_year_a_month_and_a_day() {
        for format in ["%m-%d", "%Y-%d", "%Y-%m", "%Y", "%m", "%d", "%Y-%y-%m-%d", "%H:%M:%S"] {
            assert_eq!(DateFormat::parse(format), Err(DateFormatError::Incomplete), "{format}");
        }
        for letter in ['Y', 'y', 'm', 'd', 'H', 'M', 'S'] {
            let format = format!("%{letter} %{letter}");
            assert_eq!(DateFormat::parse(&format), Err(DateFormatError::Twice(letter)));
        }
    }

    #[test]
    fn a_year_of_two_digits_is_between_1970_and_2069() {
        let format = DateFormat::parse("%y%m%d").unwrap();
        for (text, date) in
            [("700101", "1970-01-01"), ("991231", "1999-12-31"), ("000101", "2000-01-01"), ("691231", "2069-12-31")]
        {
            assert_eq!(format.read(text.as_bytes()).map(|it| it.to_string()), Ok(date.to_owned()));
        }
    }

    #[test]
    fn a_percent_sign_may_be_part_of_a_format() {
        let format = DateFormat::parse("%%%Y%%%m%%%d").unwrap();
        assert_eq!(format.read(b"%2024%03%01").map(|it| it.to_string()), Ok("2024-03-01".to_owned()));
        assert_eq!(format.read(b"20240301"), Err(DateError::Malformed));
    }
}
