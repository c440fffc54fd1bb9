use std::collections::BTreeMap;

use money::Currency;

use crate::Splits;

/// The entries that postings have added to the books.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Added {
    /// Entries that are new.
    pub entries: u64,
    /// Entries that became dirty: new ones, and existing ones that a new row identifies as part of a batch payment.
    pub dirty: u64,
    /// The sums of both, by currency.
    pub gross: BTreeMap<Currency, Gross>,
}

/// New entries of one currency, and sums of amounts without their signs, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Gross {
    /// How many entries are new.
    pub entries: u64,
    /// Of the new entries.
    pub added_minor: u128,
    /// Of those that are dirty since.
    pub dirty_minor: u128,
}

impl Added {
    /// Adds the entries of another posting.
    pub fn and(mut self, other: &Self) -> Self {
        self.entries = self.entries.saturating_add(other.entries);
        self.dirty = self.dirty.saturating_add(other.dirty);
        for (currency, gross) in &other.gross {
            let sum = self.gross.entry(*currency).or_default();
            sum.entries = sum.entries.saturating_add(gross.entries);
            sum.added_minor = sum.added_minor.saturating_add(gross.added_minor);
            sum.dirty_minor = sum.dirty_minor.saturating_add(gross.dirty_minor);
        }
        self
    }

    /// The growth of a month's totals. Entries and marks are never removed.
    pub(crate) fn between(before: Option<&Splits>, after: &Splits) -> Self {
        let mut added = Self::default();
        for (currency, split) in after {
            let was = before.and_then(|it| it.get(currency)).copied().unwrap_or_default();
            let (all, was_all) = (split.clean.and(split.dirty), was.clean.and(was.dirty));
            let gross = Gross {
                entries: all.count.saturating_sub(was_all.count),
                added_minor: all.gross_minor().saturating_sub(was_all.gross_minor()),
                dirty_minor: split.dirty.gross_minor().saturating_sub(was.dirty.gross_minor()),
            };
            added.entries = added.entries.saturating_add(gross.entries);
            added.dirty = added.dirty.saturating_add(split.dirty.count.saturating_sub(was.dirty.count));
            if gross != Gross::default() {
                added.gross.insert(*currency, gross);
            }
        }
        added
    }
}
