use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use ledger::Period;
use money::{Currency, Money, MoneyError, average_minor};
use rust_decimal::Decimal;

/// The number one in the unit of a yearly rate.
const MILLION: u32 = 1_000_000;
/// The days of a year, also for leap years: actual/365 (fixed).
const YEAR_DAYS: u64 = 365;

/// A yearly rate of interest, from 0 to 1, with at most six decimals: `0.03` is 3 %.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct YearlyRate {
    millionths: u32,
}

/// A text that is not a yearly rate.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("not a yearly rate from 0 to 1 with at most six decimals, such as 0.03 for 3 %")]
pub struct RateError;

/// The rates of debt and of credit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InterestRates {
    /// On negative balances.
    pub debt: YearlyRate,
    /// On positive balances.
    pub credit: YearlyRate,
}

/// A period longer than one day.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("interest needs periods of one day")]
pub struct NotADay;

/// The base of interest: the sums of the closing balances over all accounts and days, negative and positive ones
/// separately.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InterestBase(BTreeMap<Currency, BalanceDays>);

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct BalanceDays {
    debt_minor: i128,
    credit_minor: i128,
}

/// The interest in one currency, each side rounded half to even once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interest {
    /// The interest on debt; zero or below.
    pub on_debt: Money,
    /// The interest on credit.
    pub on_credit: Money,
}

impl FromStr for YearlyRate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let plain = text.bytes().all(|it| it.is_ascii_digit() || it == b'.');
        let rate = if plain { Decimal::from_str_exact(text).ok() } else { None };
        let parts = rate.and_then(|it| it.checked_mul(Decimal::from(MILLION))).filter(Decimal::is_integer);
        let millionths = parts.and_then(|it| u32::try_from(it.normalize().mantissa()).ok());
        millionths.filter(|it| *it <= MILLION).map(|millionths| Self { millionths }).ok_or(RateError)
    }
}

impl fmt::Display for YearlyRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::new(self.millionths.into(), 6).normalize().fmt(f)
    }
}

impl Default for InterestRates {
    /// 3 % on debt, 1 % on credit.
    fn default() -> Self {
        Self { debt: YearlyRate { millionths: 30_000 }, credit: YearlyRate { millionths: 10_000 } }
    }
}

impl YearlyRate {
    /// The rate for people: `3 %`.
    pub fn percent(self) -> String {
        format!("{} %", Decimal::new(self.millionths.into(), 4).normalize())
    }

    /// The interest of one day on `balance_days_minor`, rounded.
    fn interest(self, balance_days_minor: i128, currency: Currency) -> Result<Money, MoneyError> {
        let parts = balance_days_minor.checked_mul(self.millionths.into());
        let year_parts = YEAR_DAYS.saturating_mul(MILLION.into());
        let minor = parts.and_then(|it| average_minor(it, year_parts)).ok_or(MoneyError::Overflow)?;
        Ok(Money::new(minor, currency))
    }
}

impl InterestBase {
    /// Adds a day of one account: its closing balance bears one day of interest.
    pub fn take(&mut self, day: &Period) -> Result<(), NotADay> {
        if day.from != day.to {
            return Err(NotADay);
        }
        for (currency, movement) in &day.currencies {
            let closing = movement.closing_minor();
            let sum = self.0.entry(*currency).or_default();
            sum.debt_minor = sum.debt_minor.saturating_add(closing.min(0));
            sum.credit_minor = sum.credit_minor.saturating_add(closing.max(0));
        }
        Ok(())
    }

    /// The interest of each currency: balance × rate × days / 365, exact until the rounding at its end.
    /// [`MoneyError::Overflow`] where that is no `i128` of millionths of minor units.
    pub fn at(&self, rates: InterestRates) -> Result<Vec<Interest>, MoneyError> {
        let interest = |(currency, it): (&Currency, &BalanceDays)| {
            Ok(Interest {
                on_debt: rates.debt.interest(it.debt_minor, *currency)?,
                on_credit: rates.credit.interest(it.credit_minor, *currency)?,
            })
        };
        self.0.iter().map(interest).collect()
    }
}
