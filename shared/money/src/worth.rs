use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;

use crate::unrounded::ONE;
use crate::{Currency, Money, Unrounded};

/// A currency into which amounts of several currencies are converted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reference {
    /// The euro.
    Eur,
    /// The United States dollar.
    Usd,
}

/// A text that is not a reference currency.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("neither EUR nor USD")]
pub struct UnknownReference;

impl Reference {
    /// Which currency it is.
    pub fn currency(self) -> Currency {
        match self {
            Self::Eur => Currency::EUR,
            Self::Usd => Currency::USD,
        }
    }

    /// `minor` minor units of it.
    pub fn money(self, minor: i128) -> Money {
        Money::new(minor, self.currency())
    }
}

impl FromStr for Reference {
    type Err = UnknownReference;

    fn from_str(code: &str) -> Result<Self, UnknownReference> {
        [Self::Eur, Self::Usd].into_iter().find(|it| it.currency().code() == code).ok_or(UnknownReference)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.currency().fmt(f)
    }
}

/// What one unit (not minor unit) of a currency is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Worth {
    /// In dollars, above zero.
    pub usd: Decimal,
    /// In euros, above zero.
    pub eur: Decimal,
}

impl Worth {
    /// Converts `amount`, in the currency of this rate, to minor units of `into`: exact for any number of decimals.
    /// `None` if it overflows.
    pub fn of(self, amount: Money, into: Reference) -> Option<Unrounded> {
        let worth = match into {
            Reference::Eur => self.eur,
            Reference::Usd => self.usd,
        };
        let mantissa = u128::try_from(worth.mantissa()).ok()?;
        let decimals = worth.scale().checked_add(amount.currency().decimals())?;
        // Minor units of `into` for a minor unit of the amount: the mantissa with so many decimals.
        let Some(places) = decimals.checked_sub(into.currency().decimals()) else {
            let missing = into.currency().decimals().checked_sub(decimals)?;
            return Unrounded::product(amount.minor(), mantissa.checked_mul(10_u128.checked_pow(missing)?)?, 0);
        };
        let one = 10_u128.checked_pow(places)?;
        let rest = mantissa.checked_rem(one)?.checked_mul(ONE.checked_div(one)?)?;
        Unrounded::product(amount.minor(), mantissa.checked_div(one)?, rest)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(amount: i128, code: &str, eur: Decimal, expected: i128) {
        let amount = Money::new(amount, code.parse().unwrap());
        let worth = Worth { usd: Decimal::ONE, eur };
        assert_eq!(worth.of(amount, Reference::Eur).unwrap().rounded(), Some(expected), "{amount} at {eur}");
    }

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    #[test]
    fn a_hundred_dollars_at_1_0956_dollars_a_euro_are_91_27_euros() {
        check(10_000, "USD", Decimal::ONE.checked_div(decimal("1.0956")).unwrap(), 9_127);
        // The same rate, of 28 digits, for two milliards.
        check(200_000_000_000, "USD", Decimal::ONE.checked_div(decimal("1.0956")).unwrap(), 182_548_375_319);
    }

    #[test]
    fn currencies_have_their_own_decimals() {
        check(100, "JPY", decimal("0.0061"), 61);
        check(1_000, "KWD", decimal("3"), 300);
        check(1, "KWD", decimal("5"), 0);
        check(3, "KWD", decimal("5"), 2);
        check(-3, "KWD", decimal("5"), -2);
        check(10_000, "CLF", decimal("35.123456"), 3_512);
        check(7, "JPY", decimal("150"), 105_000);
    }

    #[test]
    fn what_is_too_large_is_none() {
        let much = Money::new(i128::MAX, Currency::USD);
        let worth = Worth { usd: Decimal::ONE, eur: decimal("1.000000000000000000000000001") };
        assert_eq!(worth.of(much, Reference::Usd), Some(Unrounded::minor(i128::MAX)));
        assert_eq!(worth.of(much, Reference::Eur), None);
        let negative = Worth { usd: decimal("-1"), eur: Decimal::ONE };
        assert_eq!(negative.of(Money::new(1, Currency::USD), Reference::Usd), None);
    }

    #[test]
    fn a_reference_is_the_euro_or_the_dollar() {
        assert_eq!("EUR".parse(), Ok(Reference::Eur));
        assert_eq!("USD".parse(), Ok(Reference::Usd));
        assert_eq!("GBP".parse::<Reference>(), Err(UnknownReference));
        assert_eq!([Reference::Eur, Reference::Usd].map(|it| it.to_string()), ["EUR", "USD"]);
    }

    proptest! {
        #[test]
        fn worth_is_minor_units_times_the_rate(
            minor in -1_000_000_000_000_i128..1_000_000_000_000,
            mantissa in 1_i64..1_000_000_000_000,
            scale in 0_u32..12,
            code in prop::sample::select(vec!["JPY", "EUR", "KWD", "CLF"]),
        ) {
            let currency: Currency = code.parse().unwrap();
            let worth = Decimal::new(mantissa, scale);
            let exact = Worth { usd: worth, eur: worth }.of(Money::new(minor, currency), Reference::Usd).unwrap();
            // minor * mantissa / 10^(scale + decimals - 2), rounded half to even by plain division.
            let numerator = minor * i128::from(mantissa) * 100;
            let denominator = 10_i128.pow(scale + currency.decimals());
            let (down, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
            let up = rest * 2 > denominator || (rest * 2 == denominator && down % 2 != 0);
            prop_assert_eq!(exact.rounded(), Some(down + i128::from(up)));
        }
    }
}
