use ledger::Period;
use money::{Currency, Money, MoneyError};

use crate::Valuation;

/// What moved on each of some days in one currency, and the balance after them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DailyFlows {
    /// The balance at the end of the last day.
    pub balance: Money,
    /// In plus out of each day, in minor units, the latest last.
    pub net_minor: Vec<i128>,
}

impl DailyFlows {
    /// Those of each currency, from its first entry or balance on.
    pub fn by_currency(days: &[Period]) -> Vec<Self> {
        let currencies = days.last().into_iter().flat_map(|it| it.currencies.keys());
        currencies.map(|currency| Self::of(days, *currency)).collect()
    }

    fn of(days: &[Period], currency: Currency) -> Self {
        let movements = days.iter().map(|it| it.currencies.get(&currency).copied().unwrap_or_default());
        let since = movements.skip_while(|it| it.opening_minor == 0 && it.figures.count == 0);
        let mut flows = Self { balance: Money::new(0, currency), net_minor: Vec::new() };
        for movement in since {
            flows.balance = Money::new(movement.closing_minor(), currency);
            flows.net_minor.push(movement.figures.net_minor());
        }
        flows
    }

    /// Those of all currencies told in one, every day at the same rates, so that they hold no revaluation; and the
    /// balances that have no rate. [`MoneyError::Overflow`] where a converted sum is no `i128` of minor units.
    pub fn converted(days: &[Period], valuation: &Valuation<'_>) -> Result<(Self, Vec<Money>), MoneyError> {
        let sum = |of: fn(&ledger::Movement) -> i128, day: &Period| {
            valuation.sum(day.currencies.iter().map(|(currency, it)| Money::new(of(it), *currency)))
        };
        let net = |day| Ok(valuation.round(sum(|it| it.figures.net_minor(), day)?.worth)?.minor());
        let net_minor = days.iter().map(net).collect::<Result<_, MoneyError>>()?;
        let balance = days.last().map(|day| sum(ledger::Movement::closing_minor, day)).transpose()?.unwrap_or_default();
        Ok((Self { balance: valuation.round(balance.worth)?, net_minor }, balance.unconverted))
    }
}

/// `days` without those after the last entry.
pub fn up_to_last_entry(mut days: Vec<Period>) -> Vec<Period> {
    let has_entries = |day: &Period| day.currencies.values().any(|it| it.figures.count > 0);
    days.truncate(days.iter().rposition(has_entries).map_or(0, |at| at.saturating_add(1)));
    days
}
