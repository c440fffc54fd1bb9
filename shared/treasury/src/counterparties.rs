use std::cmp::Reverse;
use std::collections::BTreeMap;

use ledger::Entry;
use money::{Money, MoneyError, Unrounded};
use serde::Serialize;

use crate::Valuation;
use crate::turnover::{CurrencyFigures, Turnover};

/// With whom there was business: a fold of entries that holds one item for each counterparty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counterparties(BTreeMap<Box<str>, CurrencyFigures>);

/// What was moved with a counterparty.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Counterparty {
    /// Its account, as the entries name it.
    pub account: Box<str>,
    /// How many entries, in all currencies.
    pub transactions: u64,
    /// What came in and went out, one for each currency.
    pub turnover: Vec<Turnover>,
    /// What came in and what went out, added regardless of sign and rounded, as far as there are rates; where the
    /// ranking is by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gross: Option<Money>,
}

/// Which counterparties are the top ones. Of equals, the one whose account sorts first.
#[derive(Clone, Copy, Debug)]
pub enum Ranking<'a> {
    /// Those with most entries.
    Count,
    /// Those with whom most was moved, in and out added regardless of sign.
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

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The top ones, at most `limit`. [`MoneyError::Overflow`] where a converted sum is no `i128` of minor units.
    pub fn top(self, limit: usize, ranking: &Ranking<'_>) -> Result<Vec<Counterparty>, MoneyError> {
        let valuation = match ranking {
            Ranking::Count => None,
            Ranking::Gross(valuation) => Some(valuation),
        };
        let mut ranked = Vec::new();
        for (account, currencies) in self.0 {
            let worth = valuation.map(|it| it.sum(currencies.gross())).transpose()?.map(|it| it.worth);
            ranked.push((worth, currencies.count(), account, currencies));
        }
        // By count where there is no worth; a stable sort leaves equals in the order of their accounts.
        ranked.sort_by_key(|(worth, count, ..)| Reverse((*worth, *count)));
        ranked.truncate(limit);
        let counterparty = |(worth, transactions, account, figures): (Option<Unrounded>, _, _, CurrencyFigures)| {
            let gross = worth.zip(valuation).map(|(worth, it)| it.round(worth)).transpose()?;
            Ok(Counterparty { account, transactions, turnover: figures.turnover(), gross })
        };
        ranked.into_iter().map(counterparty).collect()
    }
}
