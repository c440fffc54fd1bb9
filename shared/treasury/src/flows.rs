use ledger::Period;
use money::{Currency, Money, MoneyError};

use crate::Valuation;

/// The net flow of each day in one currency, and the final balance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DailyFlows {
    /// The balance at the end of the last day.
    pub balance: Money,
    /// The net flow of each day, in minor units, latest last.
    pub net_minor: Vec<i128>,
}

impl DailyFlows {
    /// The daily flows of each currency, from its first entry or balance.
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

    /// The daily flows of all currencies, converted into one at the same rates for every day, so that they contain no
    /// revaluation; and the balances without a rate, which are zero if such a currency has only flows. Returns [`MoneyError::Overflow`] if a converted sum does not fit
    /// an `i128` of minor units.
    pub fn converted(days: &[Period], valuation: &Valuation<'_>) -> Result<(Self, Vec<Money>), MoneyError> {
        let sum = |of: fn(&ledger::Movement) -> i128, day: &Period| {
            valuation.sum(day.currencies.iter().map(|(currency, it)| Money::new(of(it), *currency)))
        };
        let net = |day| Ok(valuation.round(sum(|it| it.figures.net_minor(), day)?.worth)?.minor());
        let net_minor = days.iter().map(net).collect::<Result<_, MoneyError>>()?;
        let balance = days.last().map(|day| sum(ledger::Movement::closing_minor, day)).transpose()?.unwrap_or_default();
        let mut unconverted = Vec::new();
        for it in Self::by_currency(days).iter().filter(|it| !it.net_minor.is_empty()) {
            if valuation.value(it.balance)?.is_none() {
                unconverted.push(it.balance);
            }
        }
        Ok((Self { balance: valuation.round(balance.worth)?, net_minor }, unconverted))
    }
}

/// `days` without those after the last entry.
pub fn up_to_last_entry(mut days: Vec<Period>) -> Vec<Period> {
    let has_entries = |day: &Period| day.currencies.values().any(|it| it.figures.count > 0);
    days.truncate(days.iter().rposition(has_entries).map_or(0, |at| at.saturating_add(1)));
    days
}
