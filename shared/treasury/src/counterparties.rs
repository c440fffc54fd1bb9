use std::cmp::Reverse;
use std::collections::BTreeMap;

use ledger::Entry;
use money::{Money, MoneyError, Unrounded};

use crate::Valuation;
use crate::rates::by_currency;
use crate::turnover::{CurrencyFigures, Turnover};

/// The turnover by counterparty: a fold of entries with one item for each counterparty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counterparties(BTreeMap<Box<str>, CurrencyFigures>);

/// The turnover with a counterparty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterparty {
    /// Its account, as the entries name it.
    pub account: Box<str>,
    /// How many entries, in all currencies.
    pub transactions: u64,
    /// Credits and debits, one line for each currency.
    pub turnover: Vec<Turnover>,
    /// The converted and rounded sum of credits and debits regardless of sign, for currencies with a rate; only if the
    /// ranking uses it.
    pub gross: Option<Money>,
}

/// The top counterparties.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopCounterparties {
    /// The number of all counterparties.
    pub of: usize,
    /// The top ones.
    pub counterparties: Vec<Counterparty>,
    /// The sum of credits and debits, regardless of sign, of all counterparties in the currencies without a rate, which
    /// the ranking excludes.
    pub unconverted: Vec<Money>,
}

/// The ranking of counterparties. Ties are resolved by account number.
#[derive(Clone, Copy, Debug)]
pub enum Ranking<'a> {
    /// By number of entries.
    Count,
    /// By turnover: credits and debits regardless of sign.
    Gross(Valuation<'a>),
}

impl Counterparties {
    /// Adds an entry; one without a counterparty is left out.
    pub fn take(&mut self, entry: &Entry) {
        let Some(counterparty) = &entry.counterparty else { return };
        match self.0.get_mut(counterparty) {
            Some(figures) => figures.take(entry),
            None => self.0.entry(counterparty.clone()).or_default().take(entry),
        }
    }

    /// The top ones, at most `limit`. Returns [`MoneyError::Overflow`] if a converted sum does not fit an `i128` of
    /// minor units.
    pub fn top(self, limit: usize, ranking: &Ranking<'_>) -> Result<TopCounterparties, MoneyError> {
        let of = self.0.len();
        let valuation = match ranking {
            Ranking::Count => None,
            Ranking::Gross(valuation) => Some(valuation),
        };
        let gross = by_currency(self.0.values().flat_map(CurrencyFigures::gross))?;
        let unconverted = valuation.map(|it| it.sum(gross)).transpose()?.unwrap_or_default().unconverted;
        let mut ranked = Vec::new();
        for (account, currencies) in self.0 {
            let worth = valuation.map(|it| it.sum(currencies.gross())).transpose()?.map(|it| it.worth);
            ranked.push((worth, currencies.count(), account, currencies));
        }
        // By count if there is no worth; the stable sort keeps ties in the order of accounts.
        ranked.sort_by_key(|(worth, count, ..)| Reverse((*worth, *count)));
        ranked.truncate(limit);
        let counterparty = |(worth, transactions, account, figures): (Option<Unrounded>, _, _, CurrencyFigures)| {
            let gross = worth.zip(valuation).map(|(worth, it)| it.round(worth)).transpose()?;
            Ok(Counterparty { account, transactions, turnover: figures.turnover(), gross })
        };
        let counterparties = ranked.into_iter().map(counterparty).collect::<Result<_, MoneyError>>()?;
        Ok(TopCounterparties { of, counterparties, unconverted })
    }
}
