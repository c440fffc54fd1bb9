use std::collections::BTreeMap;

use ledger::{Entry, Figures};
use money::Currency;
use serde::Serialize;

use crate::turnover::{Turnover, add, count, turnover};

/// With which countries there was business: a fold of entries that holds no more than the world has countries.
///
/// The country is the one that the counterparty's IBAN begins with (ISO 3166); other entries have none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Countries {
    none: BTreeMap<Currency, Figures>,
    by_code: BTreeMap<Box<str>, BTreeMap<Currency, Figures>>,
}

/// What was moved with a country.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Country {
    /// Its two letters; none for counterparties without a country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Box<str>>,
    /// How many entries, in all currencies.
    pub transactions: u64,
    /// What came in and went out, one for each currency.
    pub turnover: Vec<Turnover>,
}

impl Countries {
    /// Adds an entry.
    pub fn take(&mut self, entry: &Entry) {
        let code = entry.counterparty.as_deref().and_then(banking::country_of);
        let currencies = match code {
            None => &mut self.none,
            Some(code) => self.by_code.entry(code.into()).or_default(),
        };
        add(currencies, entry);
    }

    /// The countries by their letters; what has none comes last.
    pub fn finish(self) -> Vec<Country> {
        let none = Some(self.none).filter(|it| !it.is_empty());
        let by_code = self.by_code.into_iter().map(|(code, it)| (Some(code), it));
        let country = |(country, it): (_, BTreeMap<Currency, Figures>)| Country {
            country,
            transactions: count(&it),
            turnover: turnover(&it),
        };
        by_code.chain(none.map(|it| (None, it))).map(country).collect()
    }
}
