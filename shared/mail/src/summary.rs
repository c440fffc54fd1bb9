use std::fmt;

use banking::AccountNumber;
use calendar::{Date, Month};
use money::Money;
use serde::{Deserialize, Serialize};

/// The content of one summary mail. All figures are exact; the mail only adds up those of the months.
///
/// It is stored before the mail is sent, so that a repeated mail has the same text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The account holder's name, if known.
    pub holder: Option<String>,
    /// The account; shown masked.
    pub account: AccountNumber,
    /// The date of the figures.
    pub as_of: Date,
    /// The time of the last transaction; `None` without transactions.
    pub last_entry: Option<LastEntry>,
    /// One section for each currency of the account.
    pub currencies: Vec<CurrencySummary>,
}

/// The time of the last transaction.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Debug)]
#[serde(rename_all = "snake_case")]
pub enum LastEntry {
    /// On this day.
    Day(Date),
    /// In this month; the day is not known.
    Month(Month),
}

/// The figures of one currency.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct CurrencySummary {
    /// The total balance.
    pub balance: Money,
    /// The months with transactions, ascending.
    pub months: Vec<MonthLine>,
    /// The average of all credits; `None` without credits.
    pub average_credit: Option<Money>,
    /// The average of all debits, below zero; `None` without debits.
    pub average_debit: Option<Money>,
    /// The dirty transactions, which none of these figures includes; `None` without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_included: Option<NotIncluded>,
}

/// The dirty transactions of one currency.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct NotIncluded {
    /// Their number.
    pub transactions: u64,
    /// The sum of the credits.
    pub credits: Money,
    /// The sum of the debits, zero or below.
    pub debits: Money,
}

/// The figures of one month in one currency.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct MonthLine {
    /// The month.
    pub month: Month,
    /// The number of transactions, including those of zero.
    pub transactions: u64,
    /// The average credit; `None` without credits.
    pub average_credit: Option<Money>,
    /// The average debit, below zero; `None` without debits.
    pub average_debit: Option<Money>,
    /// The sum of the credits.
    pub credits: Money,
    /// The sum of the debits, zero or below.
    pub debits: Money,
}

impl MonthLine {
    /// The sum of the month's credits; `None` without credits.
    pub(crate) fn credits_if_any(&self) -> Option<Money> {
        self.average_credit.map(|_| self.credits)
    }

    /// The sum of the month's debits, below zero; `None` without debits.
    pub(crate) fn debits_if_any(&self) -> Option<Money> {
        self.average_debit.map(|_| self.debits)
    }
}

impl CurrencySummary {
    /// The sum of all credits; `None` without credits.
    pub(crate) fn credits(&self) -> Option<Money> {
        self.average_credit.and_then(|_| self.sum(|line| line.credits))
    }

    /// The sum of all debits, below zero; `None` without debits.
    pub(crate) fn debits(&self) -> Option<Money> {
        self.average_debit.and_then(|_| self.sum(|line| line.debits))
    }

    fn sum(&self, of: fn(&MonthLine) -> Money) -> Option<Money> {
        let zero = Money::new(0, self.balance.currency());
        self.months.iter().try_fold(zero, |sum, line| sum.try_add(of(line)).ok())
    }

    /// Every amount of the section.
    pub(crate) fn amounts(&self) -> impl Iterator<Item = Money> {
        let of_months = self.months.iter().flat_map(|line| {
            [Some(line.credits), Some(line.debits), line.average_credit, line.average_debit].into_iter().flatten()
        });
        let not_included = self.not_included.iter().flat_map(|it| [it.credits, it.debits]);
        let overall = [Some(self.balance), self.average_credit, self.average_debit].into_iter().flatten();
        overall.chain(of_months).chain(not_included)
    }
}

impl fmt::Debug for Summary {
    /// Without the name and with the account masked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Summary")
            .field("account", &self.account)
            .field("as_of", &self.as_of)
            .field("currencies", &self.currencies.len())
            .finish_non_exhaustive()
    }
}
