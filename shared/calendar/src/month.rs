use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::date::{Date, DateError, days_in_month, digits_to_u32};

/// A calendar month of the years 1900 to 2199.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// The month of `year` and `month` (1–12), both known to be of a date.
    pub(crate) fn from_civil(year: i32, month: u32) -> Self {
        let month = i32::try_from(month).unwrap_or(1);
        Self(year.saturating_mul(12).saturating_add(month).saturating_sub(1))
    }

    /// Months since January of the year 0, as kept in packed items.
    pub fn ordinal(self) -> i32 {
        self.0
    }

    /// The month of an [`Month::ordinal`].
    pub fn from_ordinal(ordinal: i32) -> Result<Self, DateError> {
        if (1900 * 12..2200 * 12).contains(&ordinal) { Ok(Self(ordinal)) } else { Err(DateError::OutOfRange) }
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// The month of the year, 1–12.
    pub fn number(self) -> u32 {
        u32::try_from(self.0.rem_euclid(12)).unwrap_or(0).saturating_add(1)
    }

    /// Its English name.
    pub fn name(self) -> &'static str {
        match self.number() {
            1 => "January",
            2 => "February",
            3 => "March",
            4 => "April",
            5 => "May",
            6 => "June",
            7 => "July",
            8 => "August",
            9 => "September",
            10 => "October",
            11 => "November",
            _ => "December",
        }
    }

    /// Its first day.
    pub fn first_day(self) -> Date {
        Date::try_new(self.year(), self.number(), 1).unwrap_or(Date::MIN)
    }

    /// Its last day.
    pub fn last_day(self) -> Date {
        let (year, month) = (self.year(), self.number());
        Date::try_new(year, month, days_in_month(year, month)).unwrap_or(Date::MAX)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Month {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let [y0, y1, y2, y3, b'-', m0, m1] = text.as_bytes() else {
            return Err(DateError::Malformed);
        };
        let year = digits_to_u32(&[*y0, *y1, *y2, *y3]).ok_or(DateError::Malformed)?;
        let month = digits_to_u32(&[*m0, *m1]).ok_or(DateError::Malformed)?;
        let year = i32::try_from(year).map_err(|_| DateError::OutOfRange)?;
        Ok(Date::try_new(year, month, 1)?.month())
    }
}

impl Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_and_end_where_the_calendar_says() {
        for (text, first, last) in [
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("1900-02", "1900-02-01", "1900-02-28"),
            ("2023-12", "2023-12-01", "2023-12-31"),
        ] {
            let month: Month = text.parse().unwrap();
            assert_eq!(month.to_string(), text);
            assert_eq!(month.first_day().to_string(), first);
            assert_eq!(month.last_day().to_string(), last);
            assert_eq!(Month::from_ordinal(month.ordinal()), Ok(month));
        }
        assert_eq!("2024-13".parse::<Month>(), Err(DateError::NoSuchDay));
        assert_eq!("2024-3".parse::<Month>(), Err(DateError::Malformed));
    }

    #[test]
    fn the_months_of_a_year_have_their_names() {
        let names = (1..=12).map(|number| Month::from_civil(2024, number).name()).collect::<Vec<_>>().join(" ");
        assert_eq!(names, "January February March April May June July August September October November December");
    }

    #[test]
    fn there_are_the_months_of_1900_to_2199() {
        let month = |ordinal| Month::from_ordinal(ordinal).map(|it| it.to_string());
        assert_eq!(month(22_799), Err(DateError::OutOfRange));
        assert_eq!(month(22_800), Ok("1900-01".to_owned()));
        assert_eq!(month(26_399), Ok("2199-12".to_owned()));
        assert_eq!(month(26_400), Err(DateError::OutOfRange));
    }
}
