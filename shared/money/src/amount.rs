use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Currency, DecimalMark};

/// An amount or a sum of amounts: minor units of one currency.
///
/// There is no `+`: two amounts may be of different currencies, see [`Money::try_add`]. As JSON it is
/// `{"amount": "39.74", "currency": "EUR"}`; the amount is a string, so no reader can parse it as a float.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Money {
    currency: Currency,
    minor: i128,
}

/// Why two amounts cannot be added.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MoneyError {
    /// The amounts are of different currencies.
    #[error("cannot add {1} to {0}")]
    CurrencyMismatch(Currency, Currency),
    /// The result does not fit an `i128`; no sum of stored entries comes near that limit.
    #[error("the sum overflows")]
    Overflow,
}

impl Money {
    /// `minor` minor units of `currency`.
    pub fn new(minor: impl Into<i128>, currency: Currency) -> Self {
        Self { currency, minor: minor.into() }
    }

    /// The minor units.
    pub fn minor(self) -> i128 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The sum of two amounts of one currency.
    pub fn try_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch(self.currency, other.currency));
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { currency: self.currency, minor })
    }

    /// The difference, of one currency only.
    pub fn try_sub(self, other: Self) -> Result<Self, MoneyError> {
        let negated = other.minor.checked_neg().ok_or(MoneyError::Overflow)?;
        self.try_add(Self { minor: negated, ..other })
    }

    /// The amount without its currency, with all the decimals of the currency and a minus sign where it is
    /// negative: `-20.46`, `1200` (JPY), `0.00`.
    pub fn amount(self) -> String {
        render(self.minor, self.currency.decimals())
    }

    /// The amount for people: [`Money::amount`] with commas between thousands, `-1,234,567.89`. Programs read
    /// [`Money::amount`].
    pub fn grouped(self) -> String {
        group_thousands(&self.amount())
    }

    /// [`Money::grouped`] and the currency: `-1,234,567.89 EUR`.
    pub fn grouped_with_currency(self) -> String {
        format!("{} {}", self.grouped(), self.currency)
    }

    /// Reads what [`Money::amount`] writes.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, crate::AmountError> {
        let minor = crate::parse_minor(amount.as_bytes(), currency.decimals(), DecimalMark::Point)?;
        Ok(Self::new(minor, currency))
    }

    /// Reads a sum of amounts: what [`Money::parse`] reads, and what [`Money::amount`] writes of a sum that is larger
    /// than one entry may be, up to what an `i128` holds.
    pub fn parse_sum(amount: &str, currency: Currency) -> Result<Self, crate::AmountError> {
        match Self::parse(amount, currency) {
            Err(crate::AmountError::TooLarge) => {
                let minor = crate::parse::parse_sum(amount.as_bytes(), currency.decimals())?;
                Ok(Self::new(minor, currency))
            }
            parsed => parsed,
        }
    }
}

/// A decimal number for people: commas between the thousands of its whole part. Every table, chart and mail groups with
/// this function; JSON and CSV do not.
pub fn group_thousands(number: &str) -> String {
    let whole_end = number.find('.').unwrap_or(number.len());
    let (whole, fraction) = number.split_at(whole_end);
    let digits = whole.trim_start_matches(['-', '−']);
    let (sign, _) = whole.split_at(whole.len().saturating_sub(digits.len()));
    let mut grouped = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index).rem_euclid(3) == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

fn render(minor: i128, decimals: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let digits = minor.unsigned_abs().to_string();
    let decimals = usize::try_from(decimals).unwrap_or(0);
    if decimals == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = decimals.saturating_add(1));
    let (whole, fraction) = padded.split_at(padded.len().saturating_sub(decimals));
    format!("{sign}{whole}.{fraction}")
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[derive(Serialize, Deserialize)]
struct Wire {
    amount: String,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire { amount: self.amount(), currency: self.currency }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        let decimals = wire.currency.decimals();
        let minor = crate::parse::parse_sum(wire.amount.as_bytes(), decimals).map_err(serde::de::Error::custom)?;
        Ok(Self::new(minor, wire.currency))
    }
}

/// `sum / count` in minor units, rounded half to even at this one step; `None` if there is nothing to average.
pub fn average_minor(sum: i128, count: u64) -> Option<i128> {
    let count = i128::from(count);
    let quotient = sum.checked_div_euclid(count)?;
    let rest = sum.checked_rem_euclid(count)?;
    let twice = rest.checked_mul(2)?;
    let up = match twice.cmp(&count) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => quotient.rem_euclid(2) == 1,
    };
    quotient.checked_add(i128::from(up))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn eur(minor: i128) -> Money {
        Money::new(minor, Currency::EUR)
    }

    #[test]
    fn amounts_render_with_all_decimals_of_their_currency() {
        for (minor, code, text) in [
            (3974, "EUR", "39.74 EUR"),
            (-2046, "EUR", "-20.46 EUR"),
            (-5, "EUR", "-0.05 EUR"),
            (0, "EUR", "0.00 EUR"),
            (1200, "JPY", "1200 JPY"),
            (-1, "KWD", "-0.001 KWD"),
        ] {
            assert_eq!(Money::new(minor, code.parse().unwrap()).to_string(), text);
        }
    }

    #[test]
    fn people_read_thousands_with_commas_and_programs_without() {
        for (minor, code, grouped) in [
            (0, "EUR", "0.00 EUR"),
            (99_999, "EUR", "999.99 EUR"),
            (100_000, "EUR", "1,000.00 EUR"),
            (-123_456_789, "EUR", "-1,234,567.89 EUR"),
            (-99_999, "EUR", "-999.99 EUR"),
            (1_200, "JPY", "1,200 JPY"),
            (-100, "JPY", "-100 JPY"),
            (1_234_567, "KWD", "1,234.567 KWD"),
        ] {
            let money = Money::new(minor, code.parse().unwrap());
            assert_eq!(money.grouped_with_currency(), grouped);
            assert_eq!(money.to_string(), grouped.replace(',', ""));
        }
        assert_eq!(["1", "1234", "−1234.5"].map(group_thousands), ["1", "1,234", "−1,234.5"]);
    }

    #[test]
    fn averages_round_half_to_even_once() {
        for (sum, count, average) in [
            (7050, 2, Some(3525)),
            (-3076, 2, Some(-1538)),
            (5, 2, Some(2)),
            (7, 2, Some(4)),
            (-5, 2, Some(-2)),
            (-7, 2, Some(-4)),
            (10, 3, Some(3)),
            (11, 3, Some(4)),
            (-11, 3, Some(-4)),
            (1, 0, None),
        ] {
            assert_eq!(average_minor(sum, count), average, "{sum}/{count}");
        }
    }

    #[test]
    fn different_currencies_do_not_add() {
        let usd = Money::new(1, Currency::USD);
        assert_eq!(eur(1).try_add(usd), Err(MoneyError::CurrencyMismatch(Currency::EUR, Currency::USD)));
        assert_eq!(eur(1).try_add(eur(-3)), Ok(eur(-2)));
    }

    #[test]
    fn a_log_line_shows_an_amount_with_its_currency() {
        assert_eq!(format!("{:?}, {:?}", eur(-2046), Currency::USD), "-20.46 EUR, USD");
    }

    #[test]
    fn as_json_an_amount_is_a_string_and_a_sum_of_any_size_reads_back() {
        for (minor, code, json) in [
            (3974, "EUR", r#"{"amount":"39.74","currency":"EUR"}"#),
            (-1200, "JPY", r#"{"amount":"-1200","currency":"JPY"}"#),
            (i128::MAX, "USD", r#"{"amount":"1701411834604692317316873037158841057.27","currency":"USD"}"#),
        ] {
            let money = Money::new(minor, code.parse().unwrap());
            assert_eq!(serde_json::to_string(&money).unwrap(), json);
            assert_eq!(serde_json::from_str::<Money>(json).unwrap(), money);
        }
        for wrong in [
            r#"{"amount":39.74,"currency":"EUR"}"#,
            r#"{"amount":"39.7","currency":"EUR"}"#,
            r#"{"amount":"39.74","currency":"XAU"}"#,
            r#"{"amount":"39.74"}"#,
        ] {
            assert!(serde_json::from_str::<Money>(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_rendered_reads_back(minor in -999_999_999_999_999_999_i128..999_999_999_999_999_999) {
            for code in ["EUR", "JPY", "KWD", "CLF"] {
                let money = Money::new(minor, code.parse().unwrap());
                prop_assert_eq!(Money::parse(&money.amount(), money.currency()), Ok(money));
            }
        }

        #[test]
        fn an_average_is_at_most_half_a_unit_off(sum in -1_000_000_i128..1_000_000, count in 1_u64..1000) {
            let average = average_minor(sum, count).unwrap();
            let off = average.checked_mul(i128::from(count)).and_then(|it| it.checked_sub(sum)).unwrap();
            prop_assert!(off.abs().checked_mul(2).unwrap() <= i128::from(count));
        }
    }
}
