use rust_decimal::{Decimal, RoundingStrategy};

use crate::{Currency, Money};

/// What one unit of `from` is worth in `to`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// The currency given.
    pub from: Currency,
    /// The currency received.
    pub to: Currency,
    /// Units of `to` for one unit of `from`; above zero.
    pub value: Decimal,
}

/// Why an amount cannot be converted.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConvertError {
    /// The rate is for another currency.
    #[error("a rate from {rate} cannot convert {amount}")]
    OtherCurrency {
        /// What the rate converts.
        rate: Currency,
        /// What was to be converted.
        amount: Currency,
    },
    /// More than 28 significant digits.
    #[error("the converted amount is out of range")]
    OutOfRange,
}

impl Rate {
    /// Converts `amount`, rounding half to even once, at the end.
    pub fn convert(&self, amount: Money) -> Result<Money, ConvertError> {
        if amount.currency() != self.from {
            return Err(ConvertError::OtherCurrency { rate: self.from, amount: amount.currency() });
        }
        let from_scale = self.from.decimals();
        let units =
            Decimal::try_from_i128_with_scale(amount.minor(), from_scale).map_err(|_| ConvertError::OutOfRange)?;
        let converted = units.checked_mul(self.value).ok_or(ConvertError::OutOfRange)?;
        let mut rounded = converted.round_dp_with_strategy(self.to.decimals(), RoundingStrategy::MidpointNearestEven);
        rounded.rescale(self.to.decimals());
        if rounded.scale() != self.to.decimals() {
            return Err(ConvertError::OutOfRange);
        }
        Ok(Money::new(rounded.mantissa(), self.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_and_rounds_half_even_at_the_end() {
        let jpy: Currency = "JPY".parse().unwrap();
        for (minor, from, to, value, expected) in [
            (10_000, Currency::USD, Currency::EUR, "0.9127", 9127),
            (1, Currency::USD, Currency::EUR, "0.5", 0),
            (3, Currency::USD, Currency::EUR, "0.5", 2),
            (-3, Currency::USD, Currency::EUR, "0.5", -2),
            (100, jpy, Currency::EUR, "0.0061", 61),
            (150, Currency::EUR, jpy, "163.0", 244),
        ] {
            let rate = Rate { from, to, value: value.parse().unwrap() };
            assert_eq!(rate.convert(Money::new(minor, from)), Ok(Money::new(expected, to)), "{minor} {from}");
        }
    }
}
