use calendar::Date;
use money::{Money, average_minor};

use crate::DailyFlows;

/// The number of weeks that a forecast looks back: a quarter, which always contains three ends of months.
const WEEKS: usize = 13;
const WEEK: usize = 7;
const WINDOW: usize = WEEKS * WEEK;
/// The resolution of an error relative to the variation of its period.
const PARTS: i128 = 1_000_000_000;
/// The minimum number of errors of a backtest.
const MIN_ERRORS: usize = 28;
/// The minimum number of horizons of errors to calibrate an interval: with fewer than four independent errors, no rank
/// covers 80 % of the cases.
const MIN_HORIZONS: usize = 4;
/// The minimum number of past intervals, out of ten, that must have held.
const MIN_HELD_OF_TEN: usize = 7;

/// The result of a forecast.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ForecastOutcome {
    /// The forecast.
    Made(Forecast),
    /// The history is too short to make and evaluate a forecast.
    TooShort {
        /// The number of available days.
        days: usize,
        /// The number of required days, see [`days_needed`].
        needed: usize,
        /// The maximum number of days ahead for this history; zero if not even one.
        most_days_ahead: usize,
    },
}

impl ForecastOutcome {
    /// The last possible day of a forecast that is made at the end of `on`; `None` if the history is too short for any
    /// day, or if it is long enough.
    pub fn last_possible(&self, on: Date) -> Option<Date> {
        let Self::TooShort { most_days_ahead, .. } = self else { return None };
        let ahead = i32::try_from(*most_days_ahead).ok().filter(|it| *it > 0)?;
        on.plus_days(ahead).ok()
    }
}

/// An expected balance and the accuracy of such forecasts in the past.
///
/// A backtest gives the errors: it makes the same forecast on every past day with enough days before and after it and
/// compares it with the actual balance. No forecast uses the days that it is compared with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forecast {
    /// The expected balance.
    pub expected: Money,
    /// The range of the balance in eight of ten cases. `None` if the history is too short to calibrate and evaluate an
    /// interval (`judged` is 0), or if fewer than seven of ten past intervals held.
    pub interval: Option<Interval>,
    /// The mean of the errors regardless of sign.
    pub mean_error: Money,
    /// The number of past forecasts in the backtest.
    pub compared: usize,
    /// The number of past forecasts with an interval, calibrated on the errors known on their day.
    pub judged: usize,
    /// The number of those with the actual balance inside the interval.
    pub held: usize,
}

/// An interval of 80 %, symmetric around the expected balance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    /// Its lower end.
    pub low: Money,
    /// Its upper end.
    pub high: Money,
}

/// The days of history that a forecast of `days` days needs: a quarter to look back, four weeks of errors, and three
/// times the days ahead. An interval needs the quarter and about seven times the days ahead.
pub fn days_needed(days: usize) -> usize {
    days.saturating_mul(3).saturating_add(WINDOW).saturating_add(MIN_ERRORS)
}

/// The longest horizon with at most `days` [`days_needed`].
fn most_days_ahead(days: usize) -> usize {
    days.saturating_sub(WINDOW).saturating_sub(MIN_ERRORS).div_euclid(3)
}

/// The balance `days` days after the last of `flows`.
///
/// The expected flow of each day ahead is the mean of its weekday over the last 13 weeks. The interval of 80 % is split
/// conformal: its half width is the error, regardless of sign, at rank 80 % among the errors of past forecasts with the
/// same horizon. Each error is divided by the weekly variation of the flows at its time, and the result is multiplied
/// by the current variation, so that the width follows the business. Errors of neighbouring days share most of their
/// days; `n` of them count as `n / days` independent ones, `m`, and the rank is 80 % · (m + 1) / m, which holds in 80 %
/// of the cases for any distribution of exchangeable errors (Vovk et al., Algorithmic Learning in a Random World,
/// 2005). Integers throughout; a mean is rounded half to even.
pub fn forecast(flows: &DailyFlows, days: usize) -> ForecastOutcome {
    let needed = days_needed(days);
    let past = Past::of(&flows.net_minor);
    let made = if past.days() < needed { None } else { past.forecast(flows.balance, days) };
    let too_short =
        ForecastOutcome::TooShort { days: past.days(), needed, most_days_ahead: most_days_ahead(past.days()) };
    made.map_or(too_short, ForecastOutcome::Made)
}

/// The history, as running sums that start with zero before the first day.
struct Past {
    /// The balances after each day.
    balances: Vec<i128>,
    /// The sum of differences between each day's flow and that of a week earlier, regardless of sign.
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

    /// How much the flows varied from week to week in the window before day `origin`, and in such a window on average
    /// until then: a quiet quarter makes no error infinite. At least 1.
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

    /// The flow of `days` days from day `from`; `None` if the history does not contain them.
    fn moved(&self, from: usize, days: usize) -> Option<i128> {
        let after = self.balances.get(from.checked_add(days)?)?;
        after.checked_sub(*self.balances.get(from)?)
    }

    /// The expected flow of `days` days from day `origin`, computed only from earlier days.
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

    fn forecast(&self, balance: Money, days: usize) -> Option<Forecast> {
        let expected = balance.minor().checked_add(self.expected(self.days(), days)?)?;
        let money = |minor: i128| Money::new(minor, balance.currency());
        let errors = self.errors(days)?;
        let sum = errors.iter().try_fold(0_i128, |sum, (error, _)| sum.checked_add(*error))?;
        let compared = errors.len();
        let mut measured: Vec<i128> = errors.into_iter().map(|(_, measured)| measured).collect();
        let (judged, held) = judge(&measured, days);
        let keeps_its_promise = judged > 0 && held.saturating_mul(10) >= judged.saturating_mul(MIN_HELD_OF_TEN);
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
        Some(Forecast {
            expected: money(expected),
            interval: interval.flatten(),
            mean_error: money(average_minor(sum, u64::try_from(compared).ok()?)?),
            compared,
            judged,
            held,
        })
    }

    /// The forecast error, regardless of sign, for each origin with a window before it and `days` after it: in minor
    /// units, and relative to the variation before the origin.
    fn errors(&self, days: usize) -> Option<Vec<(i128, i128)>> {
        let last = self.days().checked_sub(days)?;
        let error = |origin| {
            let error = self.moved(origin, days)?.checked_sub(self.expected(origin, days)?)?.checked_abs()?;
            Some((error, ceil_div(error.checked_mul(PARTS)?, self.variation(origin)?)?))
        };
        (WINDOW..=last).map(error).collect()
    }
}

/// The quotient of non-negative numbers, rounded up.
fn ceil_div(amount: i128, by: i128) -> Option<i128> {
    amount.checked_add(by.checked_sub(1)?)?.checked_div(by)
}

/// The number of past forecasts with an interval from the errors known at their time, and how many of these intervals
/// held. Zero if there are fewer than one horizon of them.
fn judge(errors: &[i128], days: usize) -> (usize, usize) {
    let (mut judged, mut held) = (0_usize, 0_usize);
    let mut known: Vec<i128> = Vec::new();
    // The error of an origin becomes known `days` days later.
    for (learnt, error) in errors.iter().zip(errors.iter().skip(days)) {
        known.insert(known.partition_point(|it| it < learnt), *learnt);
        let Some(reach) = reach(&known, days) else { continue };
        judged = judged.saturating_add(1);
        held = held.saturating_add(usize::from(*error <= reach));
    }
    if judged < days { (0, 0) } else { (judged, held) }
}

/// The half width of an interval of 80 %, from the sorted errors; `None` if there are too few.
fn reach(sorted: &[i128], days: usize) -> Option<i128> {
    let known = sorted.len();
    let independent = known.checked_div(days)?;
    if known < MIN_ERRORS || independent < MIN_HORIZONS {
        return None;
    }
    let rank = known.checked_mul(8)?.checked_mul(independent.checked_add(1)?)?;
    let rank = rank.div_ceil(independent.checked_mul(10)?).min(known);
    sorted.get(rank.checked_sub(1)?).copied()
}
