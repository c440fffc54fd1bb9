use std::cmp::Reverse;
use std::collections::BTreeMap;

use ledger::Entry;
use money::{MoneyError, Reference};

use crate::ExchangeRates;
use crate::converted_turnover::{ConvertedTotal, ConvertedTurnover, Line, rounded};
use crate::turnover::Turnover;

/// The turnover by counterparty: a fold of entries with one item for each counterparty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counterparties {
    into: Option<Reference>,
    none: Line,
    by_account: BTreeMap<Box<str>, Line>,
}

/// The turnover with a counterparty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterparty {
    /// Its account, as the entries name it.
    pub account: Box<str>,
    /// How many entries, in all currencies.
    pub transactions: u64,
    /// Credits and debits, one line for each currency.
    pub turnover: Vec<Turnover>,
    /// The entries with a rate on their day in one currency, if requested.
    pub converted: Option<ConvertedTurnover>,
}

/// The top counterparties.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopCounterparties {
    /// The number of all counterparties.
    pub of: usize,
    /// The top ones.
    pub counterparties: Vec<Counterparty>,
    /// All entries in one currency, if requested: those of all counterparties, and those without one.
    pub converted: Option<ConvertedTotal>,
}

impl Counterparties {
    /// An empty fold that also converts each entry, if a currency is given.
    pub fn new(into: Option<Reference>) -> Self {
        Self { into, ..Self::default() }
    }

    /// Adds an entry; one without a counterparty is only part of the total. Only a conversion needs `rates`. Returns
    /// [`MoneyError::Overflow`] if a converted sum does not fit an `i128` of minor units.
    pub fn take(&mut self, entry: &Entry, rates: &ExchangeRates) -> Result<(), MoneyError> {
        let Some(account) = &entry.counterparty else { return self.none.take(entry, self.into, rates) };
        match self.by_account.get_mut(account) {
            Some(line) => line.take(entry, self.into, rates),
            None => self.by_account.entry(account.clone()).or_default().take(entry, self.into, rates),
        }
    }

    /// The top ones, at most `limit`: by converted turnover, or by number of entries without a conversion. Ties are
    /// resolved by account number. Returns [`MoneyError::Overflow`] if a converted sum does not fit an `i128` of minor
    /// units.
    pub fn top(self, limit: usize) -> Result<TopCounterparties, MoneyError> {
        let of = self.by_account.len();
        let rounded = |into| rounded(&self.by_account.values().chain([&self.none]), into);
        let (converted, total) = self.into.map(rounded).transpose()?.unzip();
        let mut converted = converted.into_iter().flatten();
        let mut ranked: Vec<_> = self.by_account.into_iter().map(|it| (it, converted.next())).collect();
        // By count if nothing is converted; the stable sort keeps ties in the order of accounts.
        ranked.sort_by_key(|((_, line), _)| Reverse((line.worth(), line.figures.count())));
        ranked.truncate(limit);
        let counterparty = |((account, line), converted): ((_, Line), _)| Counterparty {
            account,
            transactions: line.figures.count(),
            turnover: line.figures.turnover(),
            converted,
        };
        let counterparties = ranked.into_iter().map(counterparty).collect();
        Ok(TopCounterparties { of, counterparties, converted: total })
    }
}
