use calendar::{Date, DateError};
use money::{Currency, Money};
use serde::{Deserialize, Serialize};

/// The terms of an advance. They are stored with it, so a change of the usual terms changes no existing advance.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The number of instalments: 1 to [`MAX_INSTALMENTS`].
    pub instalments: u32,
    /// Days between two instalments, and between the credit and the first one: 1 to 366.
    pub interval_days: u32,
    /// After how many days with complete reports a debit without an outcome is timed out: 1 to 60.
    pub observation_days: u32,
    /// How many times the credit is attempted, and a refund after each approval: 1 to 20.
    pub credit_attempts: u32,
    /// How many times each part of the advance is collected before it is given up: 1 to 20.
    pub debit_attempts: u32,
    /// The smallest amount.
    pub min: Money,
    /// The largest amount.
    pub max: Money,
}

/// The largest number of instalments of an advance.
pub const MAX_INSTALMENTS: u32 = 120;

/// Why an advance is not possible.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TermsError {
    /// A field of the terms is outside of its limits.
    #[error("{0} is outside of its limits")]
    Limits(&'static str),
    /// The amount and the terms are of different currencies.
    #[error("the amount is in {amount}, the terms are in {terms}")]
    Currency {
        /// Of the amount.
        amount: Currency,
        /// Of the terms.
        terms: Currency,
    },
    /// The amount is below the minimum: also zero and negative amounts.
    #[error("the amount is below the minimum of {0}")]
    TooSmall(Money),
    /// The amount is above the maximum.
    #[error("the amount is above the maximum of {0}")]
    TooLarge(Money),
}

impl Terms {
    /// Twelve weekly instalments for 10 to 100,000 units of `currency`; for 12 to 100,000 without decimals, so that each
    /// instalment has one.
    pub fn weekly(currency: Currency) -> Self {
        let instalments = 12;
        let units = |count: i128| {
            let unit = 10_i128.saturating_pow(currency.decimals());
            Money::new(unit.saturating_mul(count), currency)
        };
        Self {
            instalments,
            interval_days: 7,
            observation_days: 5,
            credit_attempts: 5,
            debit_attempts: 6,
            min: Money::new(units(10).minor().max(i128::from(instalments)), currency),
            max: units(100_000),
        }
    }

    /// Whether the terms are within their limits and allow an advance of `amount`.
    pub fn check(&self, amount: Money) -> Result<(), TermsError> {
        let limits = [
            ("instalments", self.instalments, 1..=MAX_INSTALMENTS),
            ("interval_days", self.interval_days, 1..=366),
            ("observation_days", self.observation_days, 1..=60),
            ("credit_attempts", self.credit_attempts, 1..=20),
            ("debit_attempts", self.debit_attempts, 1..=20),
        ];
        if let Some((name, ..)) = limits.into_iter().find(|(_, value, range)| !range.contains(value)) {
            return Err(TermsError::Limits(name));
        }
        // Every instalment is at least one minor unit.
        if self.min.minor() < i128::from(self.instalments) {
            return Err(TermsError::Limits("min"));
        }
        if self.min.currency() != self.max.currency() || self.max.minor() > i128::from(i64::MAX) {
            return Err(TermsError::Limits("max"));
        }
        if amount.currency() != self.min.currency() {
            return Err(TermsError::Currency { amount: amount.currency(), terms: self.min.currency() });
        }
        if amount.minor() < self.min.minor() {
            return Err(TermsError::TooSmall(self.min));
        }
        if amount.minor() > self.max.minor() {
            return Err(TermsError::TooLarge(self.max));
        }
        Ok(())
    }

    /// The plan of an advance of `amount` credited on `credited_on`: the due dates and amounts of its instalments.
    pub fn plan(&self, amount: Money, credited_on: Date) -> Result<Vec<(Date, Money)>, DateError> {
        let parts = split(amount, self.instalments).into_iter();
        (1_u32..).zip(parts).map(|(number, part)| Ok((self.after(credited_on, number)?, part))).collect()
    }

    /// `intervals` intervals after `date`.
    pub fn after(&self, date: Date, intervals: u32) -> Result<Date, DateError> {
        let days = i32::try_from(self.interval_days.saturating_mul(intervals)).unwrap_or(i32::MAX);
        date.plus_days(days)
    }
}

/// Divides `amount` into `count` parts that differ by at most one minor unit and add up to it exactly. The larger parts
/// come first.
pub fn split(amount: Money, count: u32) -> Vec<Money> {
    let parts = i128::from(count);
    let (Some(part), Some(rest)) = (amount.minor().checked_div_euclid(parts), amount.minor().checked_rem_euclid(parts))
    else {
        return Vec::new();
    };
    (0..parts).map(|index| Money::new(part.saturating_add(i128::from(index < rest)), amount.currency())).collect()
}
