use calendar::Date;
use money::{Money, average_minor};
use serde::Serialize;

use crate::DailyFlows;

/// The weeks that a forecast looks back: a quarter, which has three ends of months wherever it begins.
const WEEKS: usize = 13;
const WEEK: usize = 7;
const WINDOW: usize = WEEKS * WEEK;
/// How finely an error is measured against the variation of its time.
const PARTS: i128 = 1_000_000_000;
/// How many errors a forecast is compared with at least.
const FEWEST_ERRORS: usize = 28;
/// How many horizons' worth of errors an interval is calibrated on at least: with fewer independent errors than four, no
/// rank among them covers 80 % of the cases.
const FEWEST_HORIZONS: usize = 4;
/// Of ten past intervals, at least so many must have held for another to be given.
const FEWEST_HELD_OF_TEN: usize = 7;

/// What comes of asking for a forecast.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Forecast {
    /// There is one.
    Made(Outlook),
    /// The account's past is too short to make one and to say how good it is.
    TooShort {
        /// The days there are.
        days: usize,
        /// The days it takes, see [`days_needed`].
        needed: usize,
        /// How many days ahead the past allows; zero if not even one.
        most_days_ahead: usize,
    },
}

impl Forecast {
    /// The last day for which the past would be long enough, of a forecast made at the end of `on`; none if it is too
    /// short for any day, or long enough.
    pub fn last_possible(&self, on: Date) -> Option<Date> {
        let Self::TooShort { most_days_ahead, .. } = self else { return None };
        let ahead = i32::try_from(*most_days_ahead).ok().filter(|it| *it > 0)?;
        on.plus_days(ahead).ok()
    }
}

/// A balance some days ahead and how such forecasts did in the past.
///
/// Its errors are those of a backtest: the same forecast made on every past day that has enough days before and behind
/// it, compared with what the balance became. No forecast of it has seen the days that it is compared with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Outlook {
    /// The balance expected.
    pub expected: Money,
    /// Where the balance will be in eight of ten cases. None if the past is too short to calibrate and judge one
    /// (`judged` is 0), or if fewer than seven of ten past ones held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// The mean of the errors regardless of sign.
    pub mean_error: Money,
    /// How many past forecasts were compared.
    pub compared: usize,
    /// How many of them were judged by an interval calibrated on the errors known on their day.
    pub judged: usize,
    /// In how many of those the balance fell into the interval.
    pub held: usize,
}

/// An interval of 80 %, as far below the balance expected as above it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Interval {
    /// Its lower end.
    pub low: Money,
    /// Its upper end.
    pub high: Money,
}

/// The days of history that a forecast of `days` days takes: a quarter to look back on, four weeks of errors, and three
/// times the days ahead. An interval takes about seven times the days ahead and the quarter.
pub fn days_needed(days: usize) -> usize {
    days.saturating_mul(3).saturating_add(WINDOW).saturating_add(FEWEST_ERRORS)
}

/// The longest horizon whose [`days_needed`] are not more than `days`.
fn most_days_ahead(days: usize) -> usize {
    days.saturating_sub(WINDOW).saturating_sub(FEWEST_ERRORS).div_euclid(3)
}

/// The balance `days` days after the last of `flows`.
///
/// Each day ahead is expected to bring the mean of its weekday over the last 13 weeks. The interval of 80 % is split
/// conformal: its half width is the error, regardless of sign, at rank 80 % among the errors that such forecasts made at
/// this distance. Each error is measured against how much the flows varied from week to week when its forecast was made,
/// and the half width is as many times the variation of today, so that it grows and shrinks with the business. Errors of
/// neighbouring days share most of their days; `n` of them count as `n / days` independent ones, `m`, and the rank is 80 % · (m + 1) / m, which holds in 80 % of the cases for any distribution of exchangeable errors
/// (Vovk et al., Algorithmic Learning in a Random World, 2005). Integers throughout; a mean is rounded half to even.
pub fn forecast(flows: &DailyFlows, days: usize) -> Forecast {
    let needed = days_needed(days);
    let past = Past::of(&flows.net_minor);
    let made = if past.days() < needed { None } else { past.outlook(flows.balance, days) };
    let too_short = Forecast::TooShort { days: past.days(), needed, most_days_ahead: most_days_ahead(past.days()) };
    made.map_or(too_short, Forecast::Made)
}

/// The past, as running sums that begin with the zero before the first day.
struct Past {
    /// The balances after each day.
    balances: Vec<i128>,
    /// By how much the flows of the days so far differed from those a week earlier, regardless of sign.
    changes: Vec<i128>,
}

impl Past {
    fn of(flows_minor: &[i128]) -> Self {
        let running = |values: Vec<i128>| {
            let sums = values.into_iter().scan(0_i128, |sum, it| {
                *sum = sum.saturating_add(it);
                Some(*sum)
            });
            std::iter::once(0).chain(sums).collect()
        };
        let differ = |(day, week_before): (&i128, &i128)| day.saturating_sub(*week_before).saturating_abs();
        let changes = flows_minor.iter().skip(WEEK).zip(flows_minor).map(differ);
        let first_week = std::iter::repeat_n(0, WEEK.min(flows_minor.len()));
        Self { balances: running(flows_minor.to_vec()), changes: running(first_week.chain(changes).collect()) }
    }

    /// How much the flows varied from week to week in the window before day `origin`, and in such a window on average until
    /// then: a quiet quarter makes no error infinite. At least 1.
    fn variation(&self, origin: usize) -> Option<i128> {
        let days = WINDOW.saturating_sub(WEEK);
        let before = *self.changes.get(origin.checked_sub(days)?)?;
        let of_window = self.changes.get(origin)?.checked_sub(before)?;
        let of_all = self.changes.get(origin)?.checked_mul(i128::try_from(days).ok()?)?;
        let average = of_all.checked_div(i128::try_from(origin).ok()?)?;
        Some(of_window.checked_add(average)?.max(1))
    }

    fn days(&self) -> usize {
        self.balances.len().saturating_sub(1)
    }

    /// What `days` days from day `from` brought; `None` where there are none.
    fn moved(&self, from: usize, days: usize) -> Option<i128> {
        let after = self.balances.get(from.checked_add(days)?)?;
        after.checked_sub(*self.balances.get(from)?)
    }

    /// What `days` days from day `origin` were expected to bring, of the days before alone.
    fn expected(&self, origin: usize, days: usize) -> Option<i128> {
        let whole_weeks = i128::try_from(days.div_euclid(WEEK)).ok()?;
        let rest_days = days.rem_euclid(WEEK);
        let mut sum = 0_i128;
        for week in 1..=WEEKS {
            let start = origin.checked_sub(week.checked_mul(WEEK)?)?;
            let of_weeks = self.moved(start, WEEK)?.checked_mul(whole_weeks)?;
            sum = sum.checked_add(of_weeks)?.checked_add(self.moved(start, rest_days)?)?;
        }
        average_minor(sum, u64::try_from(WEEKS).ok()?)
    }

    fn outlook(&self, balance: Money, days: usize) -> Option<Outlook> {
        let expected = balance.minor().checked_add(self.expected(self.days(), days)?)?;
        let money = |minor: i128| Money::new(minor, balance.currency());
        let errors = self.errors(days)?;
        let sum = errors.iter().try_fold(0_i128, |sum, (error, _)| sum.checked_add(*error))?;
        let compared = errors.len();
        let mut measured: Vec<i128> = errors.into_iter().map(|(_, measured)| measured).collect();
        let (judged, held) = judge(&measured, days);
        let keeps_its_promise = judged > 0 && held.saturating_mul(10) >= judged.saturating_mul(FEWEST_HELD_OF_TEN);
        measured.sort_unstable();
        let reach = reach(&measured, days).filter(|_| keeps_its_promise);
        let half_width = match reach {
            None => None,
            Some(reach) => Some(ceil_div(reach.checked_mul(self.variation(self.days())?)?, PARTS)?),
        };
        let interval = half_width.map(|it| {
            let (low, high) = (expected.checked_sub(it)?, expected.checked_add(it)?);
            Some(Interval { low: money(low), high: money(high) })
        });
        Some(Outlook {
            expected: money(expected),
            interval: interval.flatten(),
            mean_error: money(average_minor(sum, u64::try_from(compared).ok()?)?),
            compared,
            judged,
            held,
        })
    }

    /// By how much the balance missed what was expected, regardless of sign, for each origin that has a window before
    /// and `days` behind: in minor units, and in parts of the variation before the origin.
    fn errors(&self, days: usize) -> Option<Vec<(i128, i128)>> {
        let last = self.days().checked_sub(days)?;
        let error = |origin| {
            let error = self.moved(origin, days)?.checked_sub(self.expected(origin, days)?)?.checked_abs()?;
            Some((error, ceil_div(error.checked_mul(PARTS)?, self.variation(origin)?)?))
        };
        (WINDOW..=last).map(error).collect()
    }
}

/// The quotient of numbers that are not negative, rounded up.
fn ceil_div(amount: i128, by: i128) -> Option<i128> {
    amount.checked_add(by.checked_sub(1)?)?.checked_div(by)
}

/// How many errors could be judged by an interval of the errors known when their forecast was made, and how many of them
/// fell into it. None are judged if fewer than one horizon's worth can be.
fn judge(errors: &[i128], days: usize) -> (usize, usize) {
    let (mut judged, mut held) = (0_usize, 0_usize);
    let mut known: Vec<i128> = Vec::new();
    // The error of an origin is known `days` days later.
    for (learnt, error) in errors.iter().zip(errors.iter().skip(days)) {
        known.insert(known.partition_point(|it| it < learnt), *learnt);
        let Some(reach) = reach(&known, days) else { continue };
        judged = judged.saturating_add(1);
        held = held.saturating_add(usize::from(*error <= reach));
    }
    if judged < days { (0, 0) } else { (judged, held) }
}

/// The error that an interval of 80 % reaches to, of the errors sorted; none if there are too few.
fn reach(sorted: &[i128], days: usize) -> Option<i128> {
    let known = sorted.len();
    let independent = known.checked_div(days)?;
    if known < FEWEST_ERRORS || independent < FEWEST_HORIZONS {
        return None;
    }
    let rank = known.checked_mul(8)?.checked_mul(independent.checked_add(1)?)?;
    let rank = rank.div_ceil(independent.checked_mul(10)?).min(known);
    sorted.get(rank.checked_sub(1)?).copied()
}
