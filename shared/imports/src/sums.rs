use std::collections::BTreeMap;

use money::{Currency, Money};

use crate::{Sums, TransferSums};

/// Sums by currency, while entries are created.
#[derive(Default)]
pub(crate) struct EntrySums(BTreeMap<Currency, (i128, i128)>);

impl EntrySums {
    pub(crate) fn add(&mut self, currency: Currency, minor: i64) {
        let sum = self.0.entry(currency).or_default();
        let side = if minor < 0 { &mut sum.1 } else { &mut sum.0 };
        *side = side.saturating_add(i128::from(minor));
    }

    pub(crate) fn finish(self) -> Vec<Sums> {
        let of = |minor: i128, currency: Currency| Money::new(minor, currency);
        self.0
            .into_iter()
            .map(|(it, (credits, debits))| Sums { credits: of(credits, it), debits: of(debits, it) })
            .collect()
    }
}

/// The sums of transfers by currency, while they are read.
#[derive(Clone, Default)]
pub(crate) struct RowSums(BTreeMap<Currency, [RowSum; 3]>);

#[derive(Clone, Copy, Default)]
struct RowSum {
    rows: u64,
    minor: i128,
}

impl RowSum {
    fn add(&mut self, minor: i64) {
        self.rows = self.rows.saturating_add(1);
        self.minor = self.minor.saturating_add(i128::from(minor));
    }
}

impl RowSums {
    /// Adds an accepted row; `both`: it gives two entries.
    pub(crate) fn take(&mut self, currency: Currency, minor: i64, both: bool) {
        let [taken, of_both, _] = self.0.entry(currency).or_default();
        taken.add(minor);
        if both {
            of_both.add(minor);
        }
    }

    /// Adds a rejected row.
    pub(crate) fn reject(&mut self, currency: Currency, minor: i64) {
        let [_, _, rejected] = self.0.entry(currency).or_default();
        rejected.add(minor);
    }

    pub(crate) fn finish(self) -> Vec<TransferSums> {
        let sums = self.0.into_iter().map(|(currency, [taken, both, rejected])| TransferSums {
            taken_rows: taken.rows,
            taken: Money::new(taken.minor, currency),
            both_rows: both.rows,
            both: Money::new(both.minor, currency),
            rejected_rows: rejected.rows,
            rejected: Money::new(rejected.minor, currency),
        });
        sums.collect()
    }
}
