use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A currency of ISO 4217 that has minor units (so not `XAU`, `XXX` and the like).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

/// Text that is not the code of a currency with minor units.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("not an ISO 4217 currency with minor units")]
pub struct UnknownCurrency;

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(iso_currency::Currency::EUR);
    /// The United States dollar.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// Reads a three-letter code in upper case.
    pub fn parse(code: &[u8]) -> Result<Self, UnknownCurrency> {
        let code = std::str::from_utf8(code).map_err(|_| UnknownCurrency)?;
        let currency = iso_currency::Currency::from_code(code).ok_or(UnknownCurrency)?;
        Self::with_minor_units(currency)
    }

    /// The currency of an ISO 4217 number, as kept in packed entries.
    pub fn from_numeric(number: u16) -> Result<Self, UnknownCurrency> {
        let currency = iso_currency::Currency::from_numeric(number).ok_or(UnknownCurrency)?;
        Self::with_minor_units(currency)
    }

    fn with_minor_units(currency: iso_currency::Currency) -> Result<Self, UnknownCurrency> {
        currency.exponent().map(|_| Self(currency)).ok_or(UnknownCurrency)
    }

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The ISO 4217 number.
    pub fn numeric(self) -> u16 {
        self.0.numeric()
    }

    /// How many decimals the minor unit is of the major one: 2 for `EUR`, 0 for `JPY`, 3 for `KWD`.
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        Self::parse(code.as_bytes())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_know_their_decimals() {
        for (code, decimals) in [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("CZK", 2)] {
            let currency: Currency = code.parse().unwrap();
            assert_eq!(currency.decimals(), decimals, "{code}");
            assert_eq!(Currency::from_numeric(currency.numeric()).unwrap(), currency);
        }
    }

    #[test]
    fn codes_without_minor_units_or_in_lower_case_are_unknown() {
        for code in ["XAU", "XXX", "eur", "EU", "EURO", ""] {
            assert_eq!(code.parse::<Currency>(), Err(UnknownCurrency), "{code}");
        }
    }

    #[test]
    fn currencies_are_ordered_by_their_codes_and_not_by_their_numbers() {
        let mut currencies = ["USD", "EUR", "JPY", "AUD", "CHF"].map(|code| code.parse::<Currency>().unwrap());
        currencies.sort();
        assert_eq!(currencies.map(Currency::code), ["AUD", "CHF", "EUR", "JPY", "USD"]);
        assert!(Currency::EUR < Currency::USD && Currency::EUR.numeric() > Currency::USD.numeric());
    }
}
