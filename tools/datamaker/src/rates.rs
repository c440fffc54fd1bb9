//! Exchange rates: the value of one unit of each currency in dollars and euros on the first day of each month.

use crate::noise::Noise;
use crate::transfers::CURRENCIES;

const KIND: u64 = 5;
/// Millionths.
const ONE: u64 = 1_000_000;
/// Dollars for one unit at the start, in millionths, in the order of [`CURRENCIES`].
const AT_FIRST: [u64; 8] = [1_085_000, ONE, 1_265_000, 1_130_000, 6_700, 95_000, 250_000, 3_250_000];

/// The worth of one unit of a currency from a date.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RateRow {
    /// Its code of ISO 4217.
    pub currency: &'static str,
    /// In dollars, as a decimal number.
    pub usd: String,
    /// In euros.
    pub eur: String,
    /// The first day, in ISO 8601.
    pub date: String,
}

/// The rates of each of `months`, given by their first days.
pub(crate) fn rates<'a>(seed: u64, months: impl Iterator<Item = &'a str>) -> Vec<RateRow> {
    let mut rates = Vec::new();
    let mut dollars = AT_FIRST;
    for (number, date) in (0..).zip(months) {
        let mut noise = Noise::new(seed, KIND, number);
        for (rate, (code, _)) in dollars.iter_mut().zip(CURRENCIES) {
            if number > 0 && code != "USD" {
                // Up to 2 % up or down in a month.
                *rate = *rate * (ONE - 20_000 + noise.below(40_001)) / ONE;
            }
        }
        let euro = dollars.first().copied().unwrap_or(ONE).max(1);
        for (rate, (currency, _)) in dollars.iter().zip(CURRENCIES) {
            // In billionths, so that the cross rates of small units agree as well.
            let in_euros = u128::from(*rate) * 1_000_000_000 / u128::from(euro);
            let (whole, part) = (in_euros / 1_000_000_000, in_euros % 1_000_000_000);
            let usd = format!("{}.{:06}", rate / ONE, rate % ONE);
            rates.push(RateRow { currency, usd, eur: format!("{whole}.{part:09}"), date: date.to_owned() });
        }
    }
    rates
}
