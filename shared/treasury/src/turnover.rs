use std::collections::BTreeMap;

use ledger::{Entry, Figures};
use money::{Currency, Money};
use serde::Serialize;

/// What came in and went out in one currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Turnover {
    /// How many entries, those of zero too.
    pub transactions: u64,
    /// The sum of the credits.
    pub r#in: Money,
    /// The sum of the debits; zero or below.
    pub out: Money,
}

pub(crate) fn add(currencies: &mut BTreeMap<Currency, Figures>, entry: &Entry) {
    let figures = currencies.entry(entry.currency).or_default();
    *figures = figures.and(Figures::of(entry.amount_minor));
}

pub(crate) fn count(currencies: &BTreeMap<Currency, Figures>) -> u64 {
    currencies.values().map(|it| it.count).fold(0, u64::saturating_add)
}

pub(crate) fn turnover(currencies: &BTreeMap<Currency, Figures>) -> Vec<Turnover> {
    let turnover = |(currency, it): (&Currency, &Figures)| Turnover {
        transactions: it.count,
        r#in: Money::new(it.in_minor, *currency),
        out: Money::new(it.out_minor, *currency),
    };
    currencies.iter().map(turnover).collect()
}
