use std::cmp::Reverse;
use std::collections::BTreeMap;

use ledger::{Entry, Figures};
use money::{Currency, Money, MoneyError, Unrounded};

use crate::Valuation;
use crate::countries::add;

/// With whom there was business: a fold of entries that holds one item for each counterparty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counterparties(BTreeMap<Box<str>, BTreeMap<Currency, Figures>>);

/// What was moved with a counterparty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterparty {
    /// Its account, as the entries name it.
    pub account: Box<str>,
    /// Counts and sums in each currency.
    pub currencies: BTreeMap<Currency, Figures>,
    /// What came in and what went out, added regardless of sign and rounded, as far as there are rates; where the
    /// ranking is by it.
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
        if let Some(counterparty) = &entry.counterparty {
            add(self.0.entry(counterparty.clone()).or_default(), entry);
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The top ones, at most `limit`. [`MoneyError::Overflow`] where a converted sum is no `i128` of minor units.
    pub fn top(self, limit: usize, ranking: &Ranking<'_>) -> Result<Vec<Counterparty>, MoneyError> {
        match ranking {
            Ranking::Count => {
                let mut all: Vec<_> = self.0.into_iter().collect();
                all.sort_by_key(|(_, currencies)| Reverse(currencies.values().map(|it| it.count).sum::<u64>()));
                all.truncate(limit);
                let counterparty = |(account, currencies)| Counterparty { account, currencies, gross: None };
                Ok(all.into_iter().map(counterparty).collect())
            }
            Ranking::Gross(valuation) => {
                let worth = |(account, currencies)| Ok((gross(&currencies, valuation)?, account, currencies));
                let mut all = self.0.into_iter().map(worth).collect::<Result<Vec<_>, MoneyError>>()?;
                all.sort_by_key(|(worth, ..)| Reverse(*worth));
                all.truncate(limit);
                let counterparty = |(worth, account, currencies): (Unrounded, _, _)| {
                    let minor = worth.rounded().ok_or(MoneyError::Overflow)?;
                    Ok(Counterparty { account, currencies, gross: Some(valuation.into.money(minor)) })
                };
                all.into_iter().map(counterparty).collect()
            }
        }
    }
}

fn gross(currencies: &BTreeMap<Currency, Figures>, valuation: &Valuation<'_>) -> Result<Unrounded, MoneyError> {
    let gross = |(currency, it): (&Currency, &Figures)| Money::new(it.in_minor.saturating_sub(it.out_minor), *currency);
    Ok(valuation.sum(currencies.iter().map(gross))?.worth)
}
