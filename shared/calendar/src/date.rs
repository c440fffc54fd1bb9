use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Month;

/// A business date: a day of the Gregorian calendar between 1900-01-01 and 2199-12-31.
///
/// Stored as days since 1970-01-01, so that it packs small and subtracts cheaply.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// Why a text or a triple of numbers is not a date.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DateError {
    /// Not written as expected.
    #[error("not a date")]
    Malformed,
    /// Written as expected, but no such day: `2023-02-29`.
    #[error("no such day")]
    NoSuchDay,
    /// Before 1900 or after 2199.
    #[error("the year is not between 1900 and 2199")]
    OutOfRange,
}

impl Date {
    /// The earliest supported date.
    pub const MIN: Self = Self(-25_567);
    /// The latest supported date.
    pub const MAX: Self = Self(84_005);

    /// The day of `year`, `month` (1–12) and `day` (1–31).
    pub fn try_new(year: i32, month: u32, day: u32) -> Result<Self, DateError> {
        if !(1900..=2199).contains(&year) {
            return Err(DateError::OutOfRange);
        }
        if !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
            return Err(DateError::NoSuchDay);
        }
        Ok(Self(days_from_civil(year, month, day)))
    }

    /// `days` days after 1970-01-01.
    pub fn from_days(days: i32) -> Result<Self, DateError> {
        if (Self::MIN.0..=Self::MAX.0).contains(&days) { Ok(Self(days)) } else { Err(DateError::OutOfRange) }
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i32 {
        self.0
    }

    /// Year, month (1–12) and day (1–31).
    pub fn civil(self) -> (i32, u32, u32) {
        civil_from_days(self.0)
    }

    /// The month of the date.
    pub fn month(self) -> Month {
        let (year, month, _) = self.civil();
        Month::from_civil(year, month)
    }

    /// The date `days` later (earlier, if negative).
    pub fn plus_days(self, days: i32) -> Result<Self, DateError> {
        self.0.checked_add(days).map_or(Err(DateError::OutOfRange), Self::from_days)
    }

    /// Reads `YYYY-MM-DD` (ISO 8601).
    pub fn parse(text: &[u8]) -> Result<Self, DateError> {
        let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text else {
            return Err(DateError::Malformed);
        };
        let number = |digits: &[u8]| digits_to_u32(digits).ok_or(DateError::Malformed);
        let year = i32::try_from(number(&[*y0, *y1, *y2, *y3])?).map_err(|_| DateError::OutOfRange)?;
        Self::try_new(year, number(&[*m0, *m1])?, number(&[*d0, *d1])?)
    }
}

/// The value of a run of one to nine ASCII digits.
pub(crate) fn digits_to_u32(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0_u32, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 { None } else { value.checked_mul(10)?.checked_add(u32::from(digit)) }
    })
}

pub(crate) fn is_leap(year: i32) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

pub(crate) fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

// Both directions after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"; the years are limited to
// 1900–2199, so nothing here can overflow.
#[allow(clippy::arithmetic_side_effects, reason = "years are between 1900 and 2199")]
#[allow(clippy::cast_possible_wrap, clippy::as_conversions, reason = "months and days are below 400")]
fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = ((153 * month_from_march + 2) / 5 + day - 1) as i32;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[allow(clippy::arithmetic_side_effects, reason = "years are between 1900 and 2199")]
#[allow(clippy::cast_sign_loss, clippy::as_conversions, reason = "the rest of a Euclidean division is positive")]
fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u32;
    let year = year_of_era + era * 400 + i32::from(month <= 2);
    (year, month, day)
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        Self::parse(text.as_bytes())
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_and_write_iso_8601() {
        for text in ["1900-01-01", "1970-01-01", "1994-03-30", "2000-02-29", "2024-12-31", "2199-12-31"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
        }
        assert_eq!("1970-01-01".parse::<Date>().unwrap().days(), 0);
        assert_eq!("1900-01-01".parse::<Date>(), Ok(Date::MIN));
        assert_eq!("2199-12-31".parse::<Date>(), Ok(Date::MAX));
        for (text, error) in [
            ("2023-02-29", DateError::NoSuchDay),
            ("2100-02-29", DateError::NoSuchDay),
            ("2024-13-01", DateError::NoSuchDay),
            ("2024-00-10", DateError::NoSuchDay),
            ("1899-12-31", DateError::OutOfRange),
            ("2024-1-01", DateError::Malformed),
            ("2024/01/01", DateError::Malformed),
            ("", DateError::Malformed),
        ] {
            assert_eq!(text.parse::<Date>(), Err(error), "{text}");
        }
    }

    #[test]
    fn every_day_there_is_agrees_with_an_independent_calendar() {
        let mut civil = jiff::civil::date(1900, 1, 1);
        for days in Date::MIN.0..=Date::MAX.0 {
            let date = Date::from_days(days).unwrap();
            let (year, month, day) =
                (i32::from(civil.year()), civil.month().unsigned_abs().into(), civil.day().unsigned_abs().into());
            assert_eq!(date.civil(), (year, month, day));
            assert_eq!(Date::try_new(year, month, day), Ok(date));
            civil = civil.tomorrow().unwrap();
        }
        assert_eq!(civil, jiff::civil::date(2200, 1, 1));
    }

    #[test]
    fn there_is_no_day_before_the_first_and_after_the_last_of_a_month() {
        for year in [1900, 2000, 2023, 2024, 2199] {
            let lasts: [u32; 12] = std::array::from_fn(|month| {
                let month = i8::try_from(month).unwrap().saturating_add(1);
                jiff::civil::date(i16::try_from(year).unwrap(), month, 1).days_in_month().unsigned_abs().into()
            });
            for (month, last) in (1..).zip(lasts) {
                assert!(Date::try_new(year, month, last).is_ok(), "{year} {month}");
                for day in [0, last.saturating_add(1)] {
                    assert_eq!(Date::try_new(year, month, day), Err(DateError::NoSuchDay), "{year} {month} {day}");
                }
            }
        }
        assert_eq!(Date::MIN.plus_days(-1), Err(DateError::OutOfRange));
        assert_eq!(Date::MAX.plus_days(1), Err(DateError::OutOfRange));
        assert_eq!(Date::MAX.plus_days(i32::MAX), Err(DateError::OutOfRange));
    }

    #[test]
    fn numbers_have_one_to_nine_digits() {
        for (text, number) in [
            ("0", Some(0)),
            ("007", Some(7)),
            ("123456789", Some(123_456_789)),
            ("1234567890", None),
            ("0000000001", None),
            ("", None),
            ("1a", None),
            ("/", None),
            (":", None),
            ("-1", None),
        ] {
            assert_eq!(digits_to_u32(text.as_bytes()), number, "{text:?}");
        }
    }

    #[test]
    fn a_log_shows_a_date_as_iso_8601() {
        assert_eq!(format!("{:?} {:?}", Date::MIN, Date::MAX.month()), "1900-01-01 2199-12");
    }
}
