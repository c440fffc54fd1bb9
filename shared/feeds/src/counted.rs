use std::collections::BTreeMap;

use money::{Currency, Money};
use serde::{Deserialize, Serialize};

/// Rows, and the sums of their amounts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Counted {
    /// How many rows.
    pub rows: u64,
    /// The rows with an unreadable amount or currency; they are not part of any sum.
    pub unreadable: u64,
    /// The sum of each currency, without zero sums.
    pub sums: Vec<Money>,
}

impl Counted {
    /// The sum of one currency, in minor units.
    pub fn sum_minor(&self, currency: Currency) -> i128 {
        self.sums.iter().find(|it| it.currency() == currency).map_or(0, |it| it.minor())
    }

    /// These rows and those.
    pub fn and(&self, other: &Self) -> Self {
        let mut sums = BTreeMap::<Currency, i128>::new();
        for money in self.sums.iter().chain(&other.sums) {
            let sum = sums.entry(money.currency()).or_default();
            *sum = sum.saturating_add(money.minor());
        }
        Self {
            rows: self.rows.saturating_add(other.rows),
            unreadable: self.unreadable.saturating_add(other.unreadable),
            sums: monies(sums),
        }
    }

    /// Whether these rows match the declared number and sums.
    pub fn is_as_declared(&self, declared: &Self) -> bool {
        self.rows == declared.rows && self.sums == declared.sums
    }
}

pub(crate) fn monies(sums: BTreeMap<Currency, i128>) -> Vec<Money> {
    sums.into_iter().filter(|(_, minor)| *minor != 0).map(|(currency, minor)| Money::new(minor, currency)).collect()
}
