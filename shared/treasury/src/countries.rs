use std::collections::BTreeMap;

use ledger::Entry;

use crate::turnover::{CurrencyFigures, Turnover};

/// The turnover by country: a fold of entries with one item for each country.
///
/// The country is the prefix of the counterparty's IBAN (ISO 3166); other entries have none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Countries {
    none: CurrencyFigures,
    by_code: BTreeMap<Box<str>, CurrencyFigures>,
}

/// The turnover with a country.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Country {
    /// Its code; `None` for counterparties without a country.
    pub country: Option<Box<str>>,
    /// How many entries, in all currencies.
    pub transactions: u64,
    /// Credits and debits, one line for each currency.
    pub turnover: Vec<Turnover>,
}

impl Countries {
    /// Adds an entry.
    pub fn take(&mut self, entry: &Entry) {
        let code = entry.counterparty.as_deref().and_then(banking::country_of);
        match code {
            None => self.none.take(entry),
            // Most entries are of a known country and need no allocation.
            Some(code) => match self.by_code.get_mut(code) {
                Some(figures) => figures.take(entry),
                None => self.by_code.entry(code.into()).or_default().take(entry),
            },
        }
    }

    /// The countries by code; entries without a country come last.
    pub fn finish(self) -> Vec<Country> {
        let none = Some(self.none).filter(|it| !it.is_empty());
        let by_code = self.by_code.into_iter().map(|(code, it)| (Some(code), it));
        let country = |(country, it): (_, CurrencyFigures)| Country {
            country,
            transactions: it.count(),
            turnover: it.turnover(),
        };
        by_code.chain(none.map(|it| (None, it))).map(country).collect()
    }
}
