//! The expected results of the transfers: the balance of each account, at the end of each quarter, in each currency.

use crate::transfers::CURRENCIES;

/// Movements of each account in each quarter and currency, in minor units: clean ones, and all.
pub(crate) struct Sums {
    quarters: usize,
    moved: Vec<(i128, i128)>,
}

impl Sums {
    pub(crate) fn new(accounts: usize, quarters: usize) -> Self {
        Self { quarters, moved: vec![(0, 0); accounts * quarters * CURRENCIES.len()] }
    }

    /// An empty table of the same size.
    pub(crate) fn emptied(&self) -> Self {
        Self { quarters: self.quarters, moved: vec![(0, 0); self.moved.len()] }
    }

    fn place(&self, account: usize, quarter: usize, currency: usize) -> usize {
        (account * self.quarters + quarter) * CURRENCIES.len() + currency
    }

    pub(crate) fn add(&mut self, account: usize, quarter: usize, currency: usize, clean: i128, all: i128) {
        let place = self.place(account, quarter, currency);
        if let Some(moved) = self.moved.get_mut(place) {
            moved.0 += clean;
            moved.1 += all;
        }
    }

    /// Adds the counts of another thread.
    pub(crate) fn and(&mut self, other: &Self) {
        for (mine, theirs) in self.moved.iter_mut().zip(&other.moved) {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
        }
    }

    /// Calls `each` with the balance after each quarter: account, quarter, currency, and the clean and the full balance
    /// in minor units. Omits balances that were always zero.
    pub(crate) fn balances(&self, mut each: impl FnMut(usize, usize, usize, i128, i128)) {
        let per_account = (self.quarters * CURRENCIES.len()).max(1);
        for (account, moved) in self.moved.chunks(per_account).enumerate() {
            let mut balances = [None; CURRENCIES.len()];
            for (quarter, of_quarter) in moved.chunks(CURRENCIES.len()).enumerate() {
                for (currency, ((clean, all), balance)) in of_quarter.iter().zip(&mut balances).enumerate() {
                    if (*clean, *all) != (0, 0) {
                        let (was_clean, was_all) = balance.unwrap_or((0, 0));
                        *balance = Some((was_clean + clean, was_all + all));
                    }
                    if let Some((clean, all)) = *balance {
                        each(account, quarter, currency, clean, all);
                    }
                }
            }
        }
    }
}
