use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::date::{Date, DateError, digits_to_u32};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// When an entry happened: a day, or an instant of UTC to the microsecond. A day sorts before the instants in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    micros: i64,
    precise: bool,
}

impl Moment {
    /// A whole day.
    pub fn day(date: Date) -> Self {
        Self { micros: i64::from(date.days()).saturating_mul(MICROS_PER_DAY), precise: false }
    }

    /// An instant, in microseconds since 1970-01-01T00:00:00Z.
    pub fn instant(micros: i64) -> Result<Self, DateError> {
        date_of(micros)?;
        Ok(Self { micros, precise: true })
    }

    /// Microseconds since 1970-01-01T00:00:00Z; for a day, of its first instant.
    pub fn micros(self) -> i64 {
        self.micros
    }

    /// The instant `duration` later; the same moment if that is beyond the calendar.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::instant(self.micros.saturating_add(micros)).unwrap_or(self)
    }

    /// The instant `duration` earlier; the same moment if that is beyond the calendar.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::instant(self.micros.saturating_sub(micros)).unwrap_or(self)
    }

    /// How long it is from `earlier` to this moment; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.micros.saturating_sub(earlier.micros)).unwrap_or(0))
    }

    /// Whether it is an instant, not just a day.
    pub fn is_instant(self) -> bool {
        self.precise
    }

    /// Its date in UTC.
    pub fn date(self) -> Date {
        date_of(self.micros).unwrap_or(Date::MIN)
    }
}

fn date_of(micros: i64) -> Result<Date, DateError> {
    let days = i32::try_from(micros.div_euclid(MICROS_PER_DAY)).map_err(|_| DateError::OutOfRange)?;
    Date::from_days(days)
}

impl fmt::Display for Moment {
    /// `2024-03-01`, `2024-03-01T10:00:00Z` or `2024-03-01T10:00:00.25Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date())?;
        if !self.precise {
            return Ok(());
        }
        let of_day = self.micros.rem_euclid(MICROS_PER_DAY);
        let (second, fraction) = (of_day.div_euclid(MICROS_PER_SECOND), of_day.rem_euclid(MICROS_PER_SECOND));
        let (hour, minute) = (second.div_euclid(3600), second.div_euclid(60).rem_euclid(60));
        write!(f, "T{hour:02}:{minute:02}:{:02}", second.rem_euclid(60))?;
        if fraction != 0 {
            let digits = format!("{fraction:06}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Moment {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        parse_moment(text.as_bytes())
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Reads an ISO date or an RFC 3339 time stamp: `2024-03-01`, `2024-03-01T10:00:00Z`, `…+02:00`, with a space
/// for the `T`, with a fraction of a second (cut to microseconds), without an offset (then it is UTC).
pub fn parse_moment(text: &[u8]) -> Result<Moment, DateError> {
    let Some((date, rest)) = text.split_at_checked(10) else {
        return Err(DateError::Malformed);
    };
    let date = Date::parse(date)?;
    let [b'T' | b't' | b' ', h0, h1, b':', m0, m1, b':', s0, s1, rest @ ..] = rest else {
        return if rest.is_empty() { Ok(Moment::day(date)) } else { Err(DateError::Malformed) };
    };
    let second_of_day = second_of_day([*h0, *h1], [*m0, *m1], [*s0, *s1])?;
    let (fraction, offset) = match rest {
        [b'.', rest @ ..] => fraction_micros(rest)?,
        rest => (0, rest),
    };
    at(date, second_of_day, fraction, offset_seconds(offset)?)
}

pub(crate) fn at(date: Date, second_of_day: u32, fraction_micros: u32, offset: i64) -> Result<Moment, DateError> {
    let seconds = i64::from(second_of_day).saturating_sub(offset);
    let of_day = seconds.saturating_mul(MICROS_PER_SECOND).saturating_add(i64::from(fraction_micros));
    Moment::instant(Moment::day(date).micros.saturating_add(of_day))
}

pub(crate) fn second_of_day(hour: [u8; 2], minute: [u8; 2], second: [u8; 2]) -> Result<u32, DateError> {
    let number = |digits: [u8; 2]| digits_to_u32(&digits).ok_or(DateError::Malformed);
    let (hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
    if hour > 23 || minute > 59 || second > 59 {
        return Err(DateError::NoSuchDay);
    }
    Ok(hour.saturating_mul(3600).saturating_add(minute.saturating_mul(60)).saturating_add(second))
}

fn fraction_micros(rest: &[u8]) -> Result<(u32, &[u8]), DateError> {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (fraction, rest) = rest.split_at_checked(digits).ok_or(DateError::Malformed)?;
    if !(1..=9).contains(&digits) {
        return Err(DateError::Malformed);
    }
    let kept = fraction.get(..digits.min(6)).unwrap_or_default();
    let value = digits_to_u32(kept).ok_or(DateError::Malformed)?;
    let missing = u32::try_from(6_usize.saturating_sub(kept.len())).unwrap_or(0);
    Ok((value.saturating_mul(10_u32.saturating_pow(missing)), rest))
}

fn offset_seconds(text: &[u8]) -> Result<i64, DateError> {
    let (sign, hour, minute) = match text {
        [] | [b'Z' | b'z'] => return Ok(0),
        [b'+', h0, h1, b':', m0, m1] => (1, [*h0, *h1], [*m0, *m1]),
        [b'-', h0, h1, b':', m0, m1] => (-1, [*h0, *h1], [*m0, *m1]),
        _ => return Err(DateError::Malformed),
    };
    Ok(i64::from(second_of_day(hour, minute, *b"00")?).saturating_mul(sign))
}

/// Reads `M/D`, padded or not. In `year`, if one is given; else in the latest year in which the day is not after
/// `uploaded_on`.
pub fn parse_month_day(text: &[u8], year: Option<i32>, uploaded_on: Date) -> Result<Date, DateError> {
    let slash = text.iter().position(|byte| *byte == b'/').ok_or(DateError::Malformed)?;
    let (month, day) = (text.get(..slash).unwrap_or_default(), text.get(slash.saturating_add(1)..).unwrap_or_default());
    if month.len() > 2 || day.len() > 2 {
        return Err(DateError::Malformed);
    }
    let month = digits_to_u32(month).ok_or(DateError::Malformed)?;
    let day = digits_to_u32(day).ok_or(DateError::Malformed)?;
    if let Some(year) = year {
        return Date::try_new(year, month, day);
    }
    let (this_year, _, _) = uploaded_on.civil();
    // A leap day may be up to eight years back: 2104-02-28 yields 2096-02-29, because 2100 is not a leap year.
    (0..=8)
        .filter_map(|back| Date::try_new(this_year.saturating_sub(back), month, day).ok())
        .find(|date| *date <= uploaded_on)
        .ok_or(DateError::NoSuchDay)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn time_stamps_are_read_as_utc() {
        for (text, expected) in [
            ("2024-03-01", "2024-03-01"),
            ("2024-03-01T10:00:00Z", "2024-03-01T10:00:00Z"),
            ("2024-03-01 10:00:00", "2024-03-01T10:00:00Z"),
            ("2024-03-01T00:30:00+02:00", "2024-02-29T22:30:00Z"),
            ("2023-12-31T23:30:00-01:00", "2024-01-01T00:30:00Z"),
            ("2024-03-01T10:00:00.250Z", "2024-03-01T10:00:00.25Z"),
            ("2024-03-01T10:00:00.123456789Z", "2024-03-01T10:00:00.123456Z"),
        ] {
            assert_eq!(text.parse::<Moment>().unwrap().to_string(), expected, "{text}");
        }
        for text in
            ["2024-03-01T", "2024-03-01T10:00Z", "2024-03-01T10:00:00.Z", "2024-03-01T10:00:00+2", "yesterday", "１"]
        {
            assert_eq!(text.parse::<Moment>(), Err(DateError::Malformed), "{text}");
        }
        assert_eq!("2024-03-01T24:00:00Z".parse::<Moment>(), Err(DateError::NoSuchDay));
    }

    #[test]
    fn month_and_day_take_the_latest_year_not_after_the_upload() {
        for (text, year, uploaded_on, expected) in [
            ("7/15", None, "2026-11-21", Ok("2026-07-15")),
            ("08/2", None, "2026-11-21", Ok("2026-08-02")),
            ("11/21", None, "2026-11-21", Ok("2026-11-21")),
            ("11/22", None, "2026-11-21", Ok("2025-11-22")),
            ("12/31", None, "2027-01-01", Ok("2026-12-31")),
            ("2/29", None, "2026-11-21", Ok("2024-02-29")),
            ("2/29", None, "2104-02-28", Ok("2096-02-29")),
            ("7/15", Some(2021), "2026-11-21", Ok("2021-07-15")),
            ("2/29", Some(2023), "2026-11-21", Err(DateError::NoSuchDay)),
            ("13/1", None, "2026-11-21", Err(DateError::NoSuchDay)),
            ("7-15", None, "2026-11-21", Err(DateError::Malformed)),
            ("007/15", None, "2026-11-21", Err(DateError::Malformed)),
            ("/15", None, "2026-11-21", Err(DateError::Malformed)),
        ] {
            let read = parse_month_day(text.as_bytes(), year, uploaded_on.parse().unwrap());
            assert_eq!(read, expected.map(|it| it.parse().unwrap()), "{text} {year:?} {uploaded_on}");
        }
    }

    proptest! {
        #[test]
        fn a_moment_reads_back(micros in -2_208_988_800_000_000_i64..7_258_118_399_000_000) {
            let moment = Moment::instant(micros).unwrap();
            prop_assert_eq!(moment.to_string().parse::<Moment>(), Ok(moment));
            prop_assert_eq!(moment.date().to_string().parse::<Moment>(), Ok(Moment::day(moment.date())));
        }
    }

    #[test]
    fn hours_minutes_and_seconds_end_where_the_clock_does() {
        for time in ["00:00:00", "23:00:00", "10:59:00", "10:00:59", "23:59:59"] {
            let text = format!("2024-03-01T{time}Z");
            assert_eq!(text.parse::<Moment>().map(|it| it.to_string()), Ok(text.clone()));
        }
        for time in ["24:00:00", "10:60:00", "10:00:60", "99:99:99"] {
            assert_eq!(format!("2024-03-01T{time}Z").parse::<Moment>(), Err(DateError::NoSuchDay), "{time}");
        }
        for offset in ["+24:00", "-10:60"] {
            assert_eq!(format!("2024-03-01T10:00:00{offset}").parse::<Moment>(), Err(DateError::NoSuchDay), "{offset}");
        }
    }

    #[test]
    fn a_fraction_has_one_to_nine_digits() {
        for (fraction, micros) in [("5", 500_000), ("000001", 1), ("0000009", 0), ("999999999", 999_999)] {
            let moment: Moment = format!("1970-01-01T00:00:00.{fraction}+00:00").parse().unwrap();
            assert_eq!(moment.micros(), micros, "{fraction}");
        }
        for wrong in ["1970-01-01T00:00:00.0000000001Z", "1970-01-01T00:00:00.", "1970-01-01T00:00:00.1.1Z"] {
            assert_eq!(wrong.parse::<Moment>(), Err(DateError::Malformed), "{wrong}");
        }
    }

    #[test]
    fn a_day_is_its_first_instant_and_sorts_before_it() {
        let day = Moment::day("1970-01-02".parse().unwrap());
        let instant = Moment::instant(86_400_000_000).unwrap();
        assert_eq!((day.micros(), instant.micros()), (86_400_000_000, 86_400_000_000));
        assert_eq!((day.is_instant(), instant.is_instant()), (false, true));
        assert_eq!((day.date(), instant.date()), (day.date(), day.date()));
        assert!(day < instant);
        assert_eq!(format!("{day:?} {instant:?}"), "1970-01-02 1970-01-02T00:00:00Z");
        assert_eq!(Moment::instant(-1).unwrap().to_string(), "1969-12-31T23:59:59.999999Z");
    }

    #[test]
    fn month_and_day_have_one_or_two_digits() {
        let on: Date = "2026-11-21".parse().unwrap();
        for (text, expected) in [
            ("07/05", Ok("2026-07-05")),
            ("7/005", Err(DateError::Malformed)),
            ("007/5", Err(DateError::Malformed)),
            ("7/", Err(DateError::Malformed)),
            ("7/1/1", Err(DateError::Malformed)),
            ("2/30", Err(DateError::NoSuchDay)),
        ] {
            assert_eq!(parse_month_day(text.as_bytes(), None, on), expected.map(|it| it.parse().unwrap()), "{text}");
        }
    }
}
