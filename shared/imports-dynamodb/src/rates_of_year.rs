//! The rates of one currency in one year, packed into one text.

use std::collections::BTreeMap;

use calendar::{Date, Moment};
use imports::{DatedRate, ImportId};
use money::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The current encoding; a text with another one is corrupt.
const ENCODING: u32 = 1;

/// The rates by date, each with its source.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct RatesOfYear(BTreeMap<Date, (Source, DatedRate)>);

/// The import of a rate. A later import is greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct Source {
    pub(crate) received_at: Moment,
    pub(crate) import: ImportId,
}

/// Why a packed text cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnpackError {
    #[error("packed rates have an invalid form at column {0}")]
    Malformed(usize),
    #[error("packed rates have the unknown encoding {0}")]
    Encoding(u32),
    #[error("a packed rate is not above zero or has no source")]
    Rate,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Packed {
    v: u32,
    sources: Vec<Source>,
    /// In USD, in EUR, and the index of the source.
    rates: BTreeMap<Date, (String, String, usize)>,
}

impl RatesOfYear {
    /// Adds rates. Of two rates for one day, the one from the greater source wins.
    pub(crate) fn with(mut self, source: Source, rates: &[DatedRate]) -> Self {
        for rate in rates {
            let kept = self.0.entry(rate.date).or_insert((source, *rate));
            if kept.0 <= source {
                *kept = (source, *rate);
            }
        }
        self
    }

    /// The rates by date.
    pub(crate) fn rates(&self) -> impl DoubleEndedIterator<Item = DatedRate> {
        self.0.values().map(|(_, rate)| *rate)
    }

    pub(crate) fn pack(&self) -> Result<String, serde_json::Error> {
        let mut sources: Vec<Source> = self.0.values().map(|(source, _)| *source).collect();
        sources.sort_unstable();
        sources.dedup();
        let place = |source: &Source| sources.binary_search(source).unwrap_or_default();
        let packed = |(source, rate): &(Source, DatedRate)| (rate.usd.to_string(), rate.eur.to_string(), place(source));
        let rates = self.0.iter().map(|(date, kept)| (*date, packed(kept))).collect();
        serde_json::to_string(&Packed { v: ENCODING, sources, rates })
    }

    pub(crate) fn unpack(text: &str, currency: Currency) -> Result<Self, UnpackError> {
        let packed: Packed = serde_json::from_str(text).map_err(|error| UnpackError::Malformed(error.column()))?;
        if packed.v != ENCODING {
            return Err(UnpackError::Encoding(packed.v));
        }
        let value = |text: &str| {
            let value: Option<Decimal> = text.parse().ok();
            value.filter(|it| *it > Decimal::ZERO).ok_or(UnpackError::Rate)
        };
        let kept = |(date, (usd, eur, place)): (Date, (String, String, usize))| {
            let source = packed.sources.get(place).ok_or(UnpackError::Rate)?;
            Ok((date, (*source, DatedRate { date, currency, usd: value(&usd)?, eur: value(&eur)? })))
        };
        packed.rates.into_iter().map(kept).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(date: &str, usd: &str) -> DatedRate {
        let (usd, eur) = (usd.parse().unwrap(), "0.9127418765972982840452720234".parse().unwrap());
        DatedRate { date: date.parse().unwrap(), currency: Currency::USD, usd, eur }
    }

    fn source(received_at: &str) -> Source {
        Source { received_at: received_at.parse().unwrap(), import: ImportId::of(received_at, "1") }
    }

    #[test]
    fn what_is_packed_unpacks() {
        let year = RatesOfYear::default()
            .with(source("2024-03-02T10:00:00Z"), &[rate("2024-01-02", "1"), rate("2024-01-03", "1.0")])
            .with(source("2024-03-01T10:00:00Z"), &[rate("2024-01-04", "1")]);
        let packed = year.pack().unwrap();
        assert!(packed.contains(r#""2024-01-03":["1.0","0.9127418765972982840452720234",1]"#), "{packed}");
        assert_eq!(RatesOfYear::unpack(&packed, Currency::USD).unwrap(), year);
    }

    #[test]
    fn in_any_order_the_import_received_later_wins() {
        let early = (source("2024-03-01T10:00:00Z"), [rate("2024-01-02", "1"), rate("2024-01-03", "1")]);
        let late = (source("2024-03-02T10:00:00Z"), [rate("2024-01-02", "2"), rate("2024-01-04", "2")]);
        let both = |first: &(Source, [DatedRate; 2]), second: &(Source, [DatedRate; 2])| {
            RatesOfYear::default().with(first.0, &first.1).with(second.0, &second.1)
        };
        let year = both(&early, &late);
        assert_eq!(both(&late, &early), year);
        assert_eq!(year.clone().with(early.0, &early.1), year, "the same again changes nothing");
        let expected = [rate("2024-01-02", "2"), rate("2024-01-03", "1"), rate("2024-01-04", "2")];
        assert_eq!(year.rates().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn corrupt_data_is_reported() {
        for (text, expected) in [
            ("", "packed rates have an invalid form at column 0"),
            (r#"{"v":2,"sources":[],"rates":{}}"#, "packed rates have the unknown encoding 2"),
            (
                r#"{"v":1,"sources":[],"rates":{"2024-01-02":["1","1",0]}}"#,
                "a packed rate is not above zero or has no source",
            ),
        ] {
            assert_eq!(RatesOfYear::unpack(text, Currency::USD).unwrap_err().to_string(), expected);
        }
    }
}
