use calendar::Date;
use ledger::{Movement, Period};
use money::{Currency, Money, MoneyError, Reference};
use serde::Serialize;

use crate::{ExchangeRates, Valuation};

/// Histories that are not cut at the same days.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("the histories are not cut at the same days")]
pub struct DifferentCuts;

/// A part of a history told in one currency: opening + net + revaluation = closing, net = in + out.
///
/// Opening and closing are at the rates of their days, so a closing is the next opening; in and out are at the rates
/// of the last day. A currency whose first rate falls into the period comes in as revaluation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ConvertedPeriod {
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub to: Date,
    /// The balance before the first day.
    pub opening: Money,
    /// The sum of the credits.
    pub r#in: Money,
    /// The sum of the debits, zero or below.
    pub out: Money,
    /// Both together.
    pub net: Money,
    /// What changed rates made of the balance.
    pub revaluation: Money,
    /// The balance at the end of the last day.
    pub closing: Money,
    /// What is not in the opening, for want of a rate.
    pub unconverted_opening: Vec<Money>,
    /// What is not in the closing, for want of a rate.
    pub unconverted_closing: Vec<Money>,
}

/// One history of the histories of a company's accounts, which must be cut at the same days.
pub fn company_history(accounts: impl IntoIterator<Item = Vec<Period>>) -> Result<Vec<Period>, DifferentCuts> {
    let mut accounts = accounts.into_iter();
    let first = accounts.next().unwrap_or_default();
    accounts.try_fold(first, |mut sum, other| {
        let same_days =
            sum.len() == other.len() && sum.iter().zip(&other).all(|(a, b)| (a.from, a.to) == (b.from, b.to));
        if !same_days {
            return Err(DifferentCuts);
        }
        sum.iter_mut().zip(other).for_each(|(sum, other)| add(sum, other));
        Ok(sum)
    })
}

fn add(sum: &mut Period, other: Period) {
    for (currency, movement) in other.currencies {
        let of_both = sum.currencies.entry(currency).or_default();
        of_both.opening_minor = of_both.opening_minor.saturating_add(movement.opening_minor);
        of_both.figures = of_both.figures.and(movement.figures);
    }
}

/// `history` told in one currency. [`MoneyError::Overflow`] where a converted sum is no `i128` of minor units.
pub fn converted_history(
    history: &[Period],
    rates: &ExchangeRates,
    into: Reference,
) -> Result<Vec<ConvertedPeriod>, MoneyError> {
    history.iter().map(|period| convert(period, rates, into)).collect()
}

fn convert(period: &Period, rates: &ExchangeRates, into: Reference) -> Result<ConvertedPeriod, MoneyError> {
    let before = Valuation { rates, on: period.from.plus_days(-1).unwrap_or(Date::MIN), into };
    let after = Valuation { rates, on: period.to, into };
    let amounts = |minor: fn(&Movement) -> i128| {
        let amount = move |(currency, it): (&Currency, &Movement)| Money::new(minor(it), *currency);
        period.currencies.iter().map(amount)
    };
    let opening = before.sum(amounts(|it| it.opening_minor))?;
    let closing = after.sum(amounts(Movement::closing_minor))?;
    let (unconverted_opening, unconverted_closing) = (opening.unconverted, closing.unconverted);
    let (opening, closing) = (before.round(opening.worth)?, after.round(closing.worth)?);
    let r#in = after.round(after.sum(amounts(|it| it.figures.in_minor))?.worth)?;
    let out = after.round(after.sum(amounts(|it| it.figures.out_minor))?.worth)?;
    let net = r#in.try_add(out)?;
    let revaluation = closing.minor().checked_sub(opening.minor()).and_then(|it| it.checked_sub(net.minor()));
    Ok(ConvertedPeriod {
        from: period.from,
        to: period.to,
        opening,
        r#in,
        out,
        net,
        revaluation: into.money(revaluation.ok_or(MoneyError::Overflow)?),
        closing,
        unconverted_opening,
        unconverted_closing,
    })
}
