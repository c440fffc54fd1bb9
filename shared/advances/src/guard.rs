use std::collections::BTreeMap;

use money::Currency;
use serde::{Deserialize, Serialize};

/// How many earlier runs a run is compared with.
pub const COMPARED_RUNS: usize = 30;

/// The payments of a run: how many, and how much in each currency, in minor units.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunTotals {
    /// The number of payments.
    pub count: u64,
    /// By currency. Credits and debits both count as positive.
    pub minor: BTreeMap<Currency, i128>,
}

impl RunTotals {
    /// Adds a payment.
    pub fn add(&mut self, amount: money::Money) {
        self.count = self.count.saturating_add(1);
        let sum = self.minor.entry(amount.currency()).or_default();
        *sum = sum.saturating_add(amount.minor());
    }
}

/// When a run is large enough to wait for an operator's approval.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RunGuard {
    /// Runs with fewer payments are not compared: the first days of a small portfolio.
    pub min_count: u64,
}

impl RunGuard {
    /// Why the run has to be approved: its count, or a total, exceeds 1.5 × the median of the last
    /// [`COMPARED_RUNS`] runs with payments. `None` if it may start.
    ///
    /// `earlier` are the totals of the last runs; those without payments do not count. Without any, a run of
    /// [`RunGuard::min_count`] payments has to be approved.
    pub fn objection(&self, run: &RunTotals, earlier: &[RunTotals]) -> Option<String> {
        if run.count < self.min_count {
            return None;
        }
        let earlier: Vec<&RunTotals> = earlier.iter().filter(|it| it.count > 0).collect();
        let counts = earlier.iter().map(|it| i128::from(it.count)).collect();
        if exceeds(i128::from(run.count), counts) {
            return Some(format!("{} payments are more than 1.5 × the median of the last runs", run.count));
        }
        run.minor.iter().find_map(|(currency, total)| {
            let totals = earlier.iter().filter_map(|it| it.minor.get(currency).copied()).collect();
            let total_text = money::Money::new(*total, *currency);
            exceeds(*total, totals).then(|| format!("{total_text} is more than 1.5 × the median of the last runs"))
        })
    }
}

/// Whether `value > 1.5 × median`, with the mean of the two middle values for an even number.
fn exceeds(value: i128, mut values: Vec<i128>) -> bool {
    values.sort_unstable();
    let half = values.len().checked_div(2).unwrap_or(0);
    let upper = values.get(half).copied().unwrap_or(0);
    let lower =
        if values.len().is_multiple_of(2) { values.get(half.saturating_sub(1)).copied().unwrap_or(0) } else { upper };
    // value > 3/2 × (lower + upper)/2
    value.saturating_mul(4) > lower.saturating_add(upper).saturating_mul(3)
}
