use std::collections::BTreeMap;

use calendar::Month;
use money::{Currency, Money};

use crate::{Entry, Mark};

/// Counts and sums of some entries of one currency.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Figures {
    /// All entries, including those of zero.
    pub count: u64,
    /// Entries above zero.
    pub credits: u64,
    /// Entries below zero.
    pub debits: u64,
    /// The sum of the credits, in minor units.
    pub in_minor: i128,
    /// The sum of the debits, in minor units; zero or below.
    pub out_minor: i128,
}

impl Figures {
    /// In plus out, in minor units.
    pub fn net_minor(&self) -> i128 {
        self.in_minor.saturating_add(self.out_minor)
    }

    /// The sum of all amounts without their signs, in minor units.
    pub fn gross_minor(&self) -> u128 {
        self.in_minor.unsigned_abs().saturating_add(self.out_minor.unsigned_abs())
    }

    /// These entries and those. Saturates if 10^20 entries of the largest amount would overflow.
    pub fn and(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            credits: self.credits.saturating_add(other.credits),
            debits: self.debits.saturating_add(other.debits),
            in_minor: self.in_minor.saturating_add(other.in_minor),
            out_minor: self.out_minor.saturating_add(other.out_minor),
        }
    }

    /// Those of one entry.
    pub fn of(amount_minor: i64) -> Self {
        Self {
            count: 1,
            credits: u64::from(amount_minor > 0),
            debits: u64::from(amount_minor < 0),
            in_minor: i128::from(amount_minor.max(0)),
            out_minor: i128::from(amount_minor.min(0)),
        }
    }
}

/// Clean and dirty entries separately; together they are all entries.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Split {
    /// Entries that count.
    pub clean: Figures,
    /// Batch payments and those with an invalid IBAN.
    pub dirty: Figures,
}

/// Which entries a query counts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum View {
    /// Without dirty transfers.
    #[default]
    Clean,
    /// Including batch payments and invalid IBANs.
    All,
}

impl Split {
    /// The figures for `view`.
    pub fn seen(&self, view: View) -> Figures {
        match view {
            View::Clean => self.clean,
            View::All => self.clean.and(self.dirty),
        }
    }

    /// These entries and those.
    pub fn and(self, other: Self) -> Self {
        Self { clean: self.clean.and(other.clean), dirty: self.dirty.and(other.dirty) }
    }

    /// Those of one entry.
    pub(crate) fn of(entry: &Entry) -> Self {
        let figures = Figures::of(entry.amount_minor);
        match entry.mark {
            Mark::Clean => Self { clean: figures, ..Self::default() },
            Mark::BatchPayment | Mark::InvalidIban => Self { dirty: figures, ..Self::default() },
        }
    }
}

/// The figures of some entries in each currency, clean and dirty separately.
pub type Splits = BTreeMap<Currency, Split>;

/// Adds to the figures of a currency.
pub(crate) fn add(sums: &mut Splits, currency: Currency, split: Split) {
    let sum = sums.entry(currency).or_default();
    *sum = sum.and(split);
}

/// The figures for `view`.
pub(crate) fn seen(splits: Splits, view: View) -> BTreeMap<Currency, Figures> {
    splits.into_iter().map(|(currency, split)| (currency, split.seen(view))).collect()
}

/// The balance of each currency.
pub fn balances(figures: &Splits, view: View) -> Vec<Money> {
    figures.iter().map(|(currency, it)| Money::new(it.seen(view).net_minor(), *currency)).collect()
}

/// The figures of every month of an account. Always a fold of its entries, never incremented.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Totals {
    /// The months that have entries.
    pub months: BTreeMap<Month, Splits>,
}

impl Totals {
    /// Each currency's figures over the months before `before` (all months if `None`), for `view`.
    pub fn figures(&self, before: Option<Month>, view: View) -> BTreeMap<Currency, Figures> {
        seen(self.splits(before), view)
    }

    /// How many entries `month` has, clean and dirty, in all currencies.
    pub fn entries_in(&self, month: Month) -> u64 {
        let currencies = self.months.get(&month).into_iter().flat_map(BTreeMap::values);
        currencies.map(|split| split.seen(View::All).count).fold(0, u64::saturating_add)
    }

    /// Each currency's figures over the months before `before` (all months if `None`), clean and dirty separately.
    pub fn splits(&self, before: Option<Month>) -> Splits {
        let mut sums = Splits::new();
        let months = self.months.iter().filter(|(month, _)| before.is_none_or(|end| **month < end));
        for (currency, split) in months.flat_map(|(_, it)| it) {
            add(&mut sums, *currency, *split);
        }
        sums
    }

    /// The balance of each currency after all entries.
    pub fn balances(&self, view: View) -> Vec<Money> {
        balances(&self.splits(None), view)
    }
}

/// The fold of entries into their figures.
pub(crate) fn fold(entries: &[Entry]) -> Splits {
    let mut totals = Splits::new();
    for entry in entries {
        add(&mut totals, entry.currency, Split::of(entry));
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_are_above_zero_and_debits_below() {
        let [credit, debit, zero] = [7, -5, 0].map(Figures::of);
        let figures = |it: Figures| (it.count, it.credits, it.debits, it.in_minor, it.out_minor);
        assert_eq!(figures(credit), (1, 1, 0, 7, 0));
        assert_eq!(figures(debit), (1, 0, 1, 0, -5));
        assert_eq!(figures(zero), (1, 0, 0, 0, 0));
        let all = credit.and(debit).and(zero).and(credit);
        assert_eq!(figures(all), (4, 2, 1, 14, -5));
        assert_eq!((all.net_minor(), all.gross_minor()), (9, 19));
        let split = Split { clean: credit, dirty: debit };
        assert_eq!((split.seen(View::Clean), split.seen(View::All)), (credit, credit.and(debit)));
    }
}
