use std::collections::BTreeMap;

use calendar::Date;
use money::{Currency, Money, MoneyError, Reference, Unrounded, Worth};

/// Exchange rates: what one unit of each currency is worth, from each of some days on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExchangeRates(BTreeMap<Currency, BTreeMap<Date, Worth>>);

/// How amounts are told in one currency: with which rates, of which day, in which currency.
#[derive(Clone, Copy, Debug)]
pub struct Valuation<'a> {
    /// The rates.
    pub rates: &'a ExchangeRates,
    /// The rate of a currency is its latest on or before this day.
    pub on: Date,
    /// The currency.
    pub into: Reference,
}

/// What amounts are worth together.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Valued {
    /// The worth of those that have a rate, in minor units of the reference currency.
    pub worth: Unrounded,
    /// The others.
    pub unconverted: Vec<Money>,
}

impl FromIterator<(Currency, Date, Worth)> for ExchangeRates {
    fn from_iter<I: IntoIterator<Item = (Currency, Date, Worth)>>(rates: I) -> Self {
        let mut days = BTreeMap::<Currency, BTreeMap<Date, Worth>>::new();
        for (currency, date, worth) in rates {
            days.entry(currency).or_default().insert(date, worth);
        }
        Self(days)
    }
}

impl ExchangeRates {
    fn on(&self, currency: Currency, date: Date) -> Option<Worth> {
        self.0.get(&currency)?.range(..=date).next_back().map(|(_, worth)| *worth)
    }
}

impl Valuation<'_> {
    /// What `amount` is worth; `None` where its currency has no rate by the day. The reference currency itself needs
    /// none. [`MoneyError::Overflow`] for more than an `i128` of minor units.
    pub fn value(&self, amount: Money) -> Result<Option<Unrounded>, MoneyError> {
        if amount.currency() == self.into.currency() {
            return Ok(Some(Unrounded::minor(amount.minor())));
        }
        let worth = self.rates.on(amount.currency(), self.on);
        worth.map(|it| it.of(amount, self.into).ok_or(MoneyError::Overflow)).transpose()
    }

    /// What `amounts` are worth together; those of zero are never unconverted.
    pub fn sum(&self, amounts: impl IntoIterator<Item = Money>) -> Result<Valued, MoneyError> {
        let mut sum = Valued::default();
        for amount in amounts {
            match self.value(amount)? {
                Some(worth) => sum.worth = sum.worth.try_add(worth).ok_or(MoneyError::Overflow)?,
                None if amount.minor() == 0 => {}
                None => sum.unconverted.push(amount),
            }
        }
        Ok(sum)
    }

    pub(crate) fn round(&self, worth: Unrounded) -> Result<Money, MoneyError> {
        Ok(self.into.money(worth.rounded().ok_or(MoneyError::Overflow)?))
    }

    /// A column of worths as lines that add up to their sum, see [`Unrounded::footed`].
    pub(crate) fn footed(&self, column: &[Unrounded]) -> Result<Vec<Money>, MoneyError> {
        let lines = Unrounded::footed(column).ok_or(MoneyError::Overflow)?;
        Ok(lines.into_iter().map(|minor| self.into.money(minor)).collect())
    }
}
