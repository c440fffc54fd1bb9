//! Checks the balances of a statement against its entries.

use std::collections::BTreeMap;

use money::{Currency, Money};

/// The balances and the booked entries of a statement, by currency.
#[derive(Default)]
pub(crate) struct Balances(BTreeMap<Currency, Figures>);

#[derive(Default)]
struct Figures {
    opening: Option<i128>,
    closing: Option<i128>,
    /// The first and the last interim balance: they open and close a page of a statement.
    interim: Vec<i128>,
    entries: i128,
    count: u64,
}

/// A closing balance that differs from the opening balance and the entries.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) opening: Money,
    pub(crate) entries: Money,
    pub(crate) expected: Money,
    pub(crate) closing: Money,
    pub(crate) count: u64,
}

impl Balances {
    /// Adds a balance with its code of ISO 20022. Several days have several balances: the first one opens the
    /// statement, and the last one closes it.
    pub(crate) fn balance(&mut self, code: &str, currency: Currency, minor: i64) {
        let (of, minor) = (self.0.entry(currency).or_default(), i128::from(minor));
        match code {
            "OPBD" | "PRCD" => {
                of.opening.get_or_insert(minor);
            }
            "CLBD" => of.closing = Some(minor),
            "ITBD" => {
                of.interim.truncate(1);
                of.interim.push(minor);
            }
            _ => {}
        }
    }

    /// Adds a booked entry.
    pub(crate) fn entry(&mut self, currency: Currency, minor: i64) {
        let of = self.0.entry(currency).or_default();
        of.entries = of.entries.saturating_add(i128::from(minor));
        of.count = of.count.saturating_add(1);
    }

    /// The currencies with a difference. A currency without both balances cannot be checked.
    pub(crate) fn differences(&self) -> impl Iterator<Item = Difference> {
        self.0.iter().filter_map(|(currency, of)| {
            let opening = of.opening.or(of.interim.first().copied())?;
            let second = if of.opening.is_some() { of.interim.last() } else { of.interim.get(1) };
            let closing = of.closing.or(second.copied())?;
            let money = |minor| Money::new(minor, *currency);
            let (opening, closing, entries) = (money(opening), money(closing), money(of.entries));
            let expected = money(opening.minor().saturating_add(of.entries));
            (expected != closing).then_some(Difference { opening, entries, expected, closing, count: of.count })
        })
    }
}
