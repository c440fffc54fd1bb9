use std::str::FromStr;

use crate::{Date, Month};

/// The period into which a history is divided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bucket {
    /// A day.
    Day,
    /// A week of ISO 8601: Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// Three months, from January, April, July or October.
    Quarter,
    /// A calendar year.
    Year,
}

/// A text that is not the name of a bucket.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("none of day, week, month, quarter and year")]
pub struct UnknownBucket;

impl Bucket {
    /// Its name in requests and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The last day of the bucket that `date` is in.
    pub fn last_day(self, date: Date) -> Date {
        let months = match self {
            Self::Day => return date,
            Self::Week => {
                // 1970-01-01 was a Thursday; a week ends three days later.
                let to_sunday = 3_i32.saturating_sub(date.days()).rem_euclid(7);
                return date.plus_days(to_sunday).unwrap_or(Date::MAX);
            }
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        };
        let last = date.month().ordinal().div_euclid(months).saturating_add(1).saturating_mul(months).saturating_sub(1);
        Month::from_ordinal(last).map_or(Date::MAX, Month::last_day)
    }

    /// The days from `from` to `to`, both inclusive, split into buckets: the first and last day of each. The first and
    /// the last bucket may be partial. `None` if `to` is before `from`.
    pub fn cut(self, from: Date, to: Date) -> impl Iterator<Item = (Date, Date)> {
        let mut next = Some(from);
        std::iter::from_fn(move || {
            let from = next.filter(|it| *it <= to)?;
            let last = self.last_day(from).min(to);
            next = last.plus_days(1).ok();
            Some((from, last))
        })
    }

    /// Whether each bucket consists of whole months.
    pub fn is_of_months(self) -> bool {
        matches!(self, Self::Month | Self::Quarter | Self::Year)
    }
}

impl FromStr for Bucket {
    type Err = UnknownBucket;

    fn from_str(text: &str) -> Result<Self, UnknownBucket> {
        let all = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];
        all.into_iter().find(|it| it.name() == text).ok_or(UnknownBucket)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(bucket: &str, from: &str, to: &str) -> Vec<String> {
        let bucket: Bucket = bucket.parse().unwrap();
        bucket.cut(from.parse().unwrap(), to.parse().unwrap()).map(|(from, to)| format!("{from} {to}")).collect()
    }

    #[test]
    fn buckets_end_where_the_calendar_says() {
        assert_eq!(
            cut("day", "2024-02-28", "2024-03-01"),
            ["2024-02-28 2024-02-28", "2024-02-29 2024-02-29", "2024-03-01 2024-03-01"]
        );
        // ISO week 53 of 2026 runs into 2027.
        assert_eq!(
            cut("week", "2026-12-25", "2027-01-05"),
            ["2026-12-25 2026-12-27", "2026-12-28 2027-01-03", "2027-01-04 2027-01-05"]
        );
        assert_eq!(
            cut("month", "2024-01-31", "2024-03-01"),
            ["2024-01-31 2024-01-31", "2024-02-01 2024-02-29", "2024-03-01 2024-03-01"]
        );
        assert_eq!(
            cut("quarter", "2023-12-31", "2024-04-01"),
            ["2023-12-31 2023-12-31", "2024-01-01 2024-03-31", "2024-04-01 2024-04-01"]
        );
        assert_eq!(
            cut("year", "2023-06-01", "2025-01-01"),
            ["2023-06-01 2023-12-31", "2024-01-01 2024-12-31", "2025-01-01 2025-01-01"]
        );
        assert_eq!(cut("year", "2024-01-02", "2024-01-01"), [""; 0]);
        assert_eq!(cut("week", "2199-12-31", "2199-12-31"), ["2199-12-31 2199-12-31"]);
        assert_eq!("hour".parse::<Bucket>(), Err(UnknownBucket));
    }

    proptest! {
        #[test]
        fn buckets_cover_every_day_once(from in -25_567_i32..84_005, days in 0_i32..900, bucket in 0_usize..5) {
            let bucket = [Bucket::Day, Bucket::Week, Bucket::Month, Bucket::Quarter, Bucket::Year][bucket];
            let to = Date::from_days(from.saturating_add(days).min(84_005)).unwrap();
            let mut next = from;
            for (first, last) in bucket.cut(Date::from_days(from).unwrap(), to) {
                prop_assert_eq!(first.days(), next);
                prop_assert!(first <= last && last <= to);
                prop_assert_eq!(bucket.last_day(first), bucket.last_day(last));
                next = last.days().saturating_add(1);
            }
            prop_assert_eq!(next, to.days().saturating_add(1));
        }
    }

    #[test]
    fn months_quarters_and_years_have_whole_months() {
        let of_months =
            ["day", "week", "month", "quarter", "year"].map(|it| it.parse::<Bucket>().unwrap().is_of_months());
        assert_eq!(of_months, [false, false, true, true, true]);
    }
}
