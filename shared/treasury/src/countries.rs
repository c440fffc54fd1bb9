use std::collections::BTreeMap;

use ledger::Entry;
use money::{MoneyError, Reference};

use crate::ExchangeRates;
use crate::converted_turnover::{ConvertedTotal, ConvertedTurnover, Line, rounded};
use crate::turnover::Turnover;

/// The turnover by country: a fold of entries with one item for each country.
///
/// The country is the prefix of the counterparty's IBAN (ISO 3166); other entries have none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Countries {
    into: Option<Reference>,
    none: Line,
    by_code: BTreeMap<Box<str>, Line>,
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
    /// The entries with a rate on their day in one currency, if requested.
    pub converted: Option<ConvertedTurnover>,
}

/// The turnover with all countries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TurnoverByCountry {
    /// By code; entries without a country come last.
    pub countries: Vec<Country>,
    /// All entries in one currency, if requested.
    pub converted: Option<ConvertedTotal>,
}

impl Countries {
    /// An empty fold that also converts each entry, if a currency is given.
    pub fn new(into: Option<Reference>) -> Self {
        Self { into, ..Self::default() }
    }

    /// Adds an entry. Only a conversion needs `rates`. Returns [`MoneyError::Overflow`] if a converted sum does not fit
    /// an `i128` of minor units.
    pub fn take(&mut self, entry: &Entry, rates: &ExchangeRates) -> Result<(), MoneyError> {
        let code = entry.counterparty.as_deref().and_then(banking::country_of);
        let Some(code) = code else { return self.none.take(entry, self.into, rates) };
        // Most entries are of a known country and need no allocation.
        match self.by_code.get_mut(code) {
            Some(line) => line.take(entry, self.into, rates),
            None => self.by_code.entry(code.into()).or_default().take(entry, self.into, rates),
        }
    }

    /// The countries by code; entries without a country come last. Returns [`MoneyError::Overflow`] if a converted sum
    /// does not fit an `i128` of minor units.
    pub fn finish(self) -> Result<TurnoverByCountry, MoneyError> {
        let none = Some(self.none).filter(|it| !it.figures.is_empty());
        let by_code = self.by_code.into_iter().map(|(code, it)| (Some(code), it));
        let lines: Vec<_> = by_code.chain(none.map(|it| (None, it))).collect();
        let converted = self.into.map(|into| rounded(&lines.iter().map(|(_, it)| it), into)).transpose()?;
        let (converted, total) = converted.unzip();
        let mut converted = converted.into_iter().flatten();
        let country = |(country, line): (_, Line)| Country {
            country,
            transactions: line.figures.count(),
            turnover: line.figures.turnover(),
            converted: converted.next(),
        };
        Ok(TurnoverByCountry { countries: lines.into_iter().map(country).collect(), converted: total })
    }
}
