use std::collections::BTreeMap;

use ledger::{Entry, Figures};
use money::Currency;

/// With which countries there was business: a fold of entries that holds no more than the world has countries.
///
/// The country is the one that the counterparty's IBAN begins with (ISO 3166); other entries have none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Countries {
    none: BTreeMap<Currency, Figures>,
    by_code: BTreeMap<Box<str>, BTreeMap<Currency, Figures>>,
}

/// What was moved with a country.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Country {
    /// Its two letters; none for counterparties without a country.
    pub code: Option<Box<str>>,
    /// Counts and sums in each currency.
    pub currencies: BTreeMap<Currency, Figures>,
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
        let countries = self.by_code.into_iter().map(|(code, currencies)| Country { code: Some(code), currencies });
        let none = Some(self.none).filter(|it| !it.is_empty());
        countries.chain(none.map(|currencies| Country { code: None, currencies })).collect()
    }
}

pub(crate) fn add(currencies: &mut BTreeMap<Currency, Figures>, entry: &Entry) {
    let figures = currencies.entry(entry.currency).or_default();
    *figures = figures.and(Figures::of(entry.amount_minor));
}
