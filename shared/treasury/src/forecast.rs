use money::{Money, average_minor};
use serde::Serialize;

use crate::DailyFlows;

/// The weeks that a forecast looks back: a quarter, which has three ends of months wherever it begins.
const WEEKS: usize = 13;
const WEEK: usize = 7;
const WINDOW: usize = WEEKS * WEEK;
/// How many errors must be known before an interval is made of them.
const FEWEST_ERRORS: usize = 28;

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
    },
}

/// A balance some days ahead and how such forecasts did in the past.
///
/// Its errors are those of a backtest: the same forecast made on every past day that has enough days before and behind
/// it, compared with what the balance became.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Outlook {
    /// The balance expected.
    pub expected: Money,
    /// The balance is above this in nine of ten cases.
    pub low: Money,
    /// The balance is below this in nine of ten cases.
    pub high: Money,
    /// The mean of the errors regardless of sign.
    pub mean_error: Money,
    /// How many past forecasts were compared.
    pub compared: usize,
    /// How many of them were judged by an interval of the errors known on their day.
    pub judged: usize,
    /// In how many of those the balance fell into the interval.
    pub held: usize,
}

/// The days of history that a forecast of `days` days takes: a quarter to look back on, four weeks of known errors, and
/// three times the days ahead: to learn errors, to know them, and to judge the interval made of them.
pub fn days_needed(days: usize) -> usize {
    days.saturating_mul(3).saturating_add(WINDOW).saturating_add(FEWEST_ERRORS)
}

/// The balance `days` days after the last of `flows`.
///
/// Each day ahead is expected to bring the mean of its weekday over the last 13 weeks. The interval of 80 % lies between
/// the tenth and the ninetieth hundredth of the errors that such forecasts made at this distance. Integers throughout;
/// a mean is rounded half to even.
pub fn forecast(flows: &DailyFlows, days: usize) -> Forecast {
    let needed = days_needed(days);
    let past = Past::of(&flows.net_minor);
    let made = if past.days() < needed { None } else { past.outlook(flows.balance, days) };
    made.map_or(Forecast::TooShort { days: past.days(), needed }, Forecast::Made)
}

/// The balances after each day, beginning with the zero before the first.
struct Past(Vec<i128>);

impl Past {
    fn of(flows_minor: &[i128]) -> Self {
        let later = flows_minor.iter().scan(0_i128, |balance, flow| {
            *balance = balance.saturating_add(*flow);
            Some(*balance)
        });
        Self(std::iter::once(0).chain(later).collect())
    }

    fn days(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// What `days` days from day `from` brought; `None` where there are none.
    fn moved(&self, from: usize, days: usize) -> Option<i128> {
        let after = self.0.get(from.checked_add(days)?)?;
        after.checked_sub(*self.0.get(from)?)
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
        let absolute = errors.iter().try_fold(0_i128, |sum, it| sum.checked_add(it.checked_abs()?))?;
        let (judged, held) = judge(&errors, days);
        let mut sorted = errors;
        sorted.sort_unstable();
        let (low, high) = interval(&sorted)?;
        Some(Outlook {
            expected: money(expected),
            low: money(expected.checked_add(low)?),
            high: money(expected.checked_add(high)?),
            mean_error: money(average_minor(absolute, u64::try_from(sorted.len()).ok()?)?),
            compared: sorted.len(),
            judged,
            held,
        })
    }

    /// By how much the balance was above what was expected, for each origin that has a window before and `days` behind.
    fn errors(&self, days: usize) -> Option<Vec<i128>> {
        let last = self.days().checked_sub(days)?;
        (WINDOW..=last).map(|origin| self.moved(origin, days)?.checked_sub(self.expected(origin, days)?)).collect()
    }
}

/// How many errors could be judged by an interval of the errors known when their forecast was made, and how many of them
/// fell into it.
fn judge(errors: &[i128], days: usize) -> (usize, usize) {
    let (mut judged, mut held) = (0_usize, 0_usize);
    let mut known: Vec<i128> = Vec::new();
    // The error of an origin is known `days` days later.
    for (learnt, error) in errors.iter().zip(errors.iter().skip(days)) {
        known.insert(known.partition_point(|it| it < learnt), *learnt);
        if known.len() < FEWEST_ERRORS {
            continue;
        }
        let is_in = interval(&known).is_some_and(|(low, high)| (low..=high).contains(error));
        judged = judged.saturating_add(1);
        held = held.saturating_add(usize::from(is_in));
    }
    (judged, held)
}

/// Between which of the sorted errors 80 % of them lie.
fn interval(sorted: &[i128]) -> Option<(i128, i128)> {
    let tenth = sorted.len().checked_add(1)?.div_euclid(10).saturating_sub(1);
    let mirrored = sorted.len().checked_sub(1)?.checked_sub(tenth)?;
    Some((*sorted.get(tenth)?, *sorted.get(mirrored)?))
}
