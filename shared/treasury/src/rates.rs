use std::collections::BTreeMap;

use calendar::Date;
use money::{Currency, Money, MoneyError, Reference, Unrounded, Worth};

/// Exchange rates: the worth of one unit of each currency, by start date.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExchangeRates(BTreeMap<Currency, BTreeMap<Date, Worth>>);

/// The parameters of a conversion: rates, day and target currency.
#[derive(Clone, Copy, Debug)]
pub struct Valuation<'a> {
    /// The rates.
    pub rates: &'a ExchangeRates,
    /// The rate of a currency is its latest on or before this day.
    pub on: Date,
    /// The currency.
    pub into: Reference,
}

/// The converted sum of amounts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Valued {
    /// The worth of the amounts with a rate, in minor units of the reference currency.
    pub worth: Unrounded,
    /// The amounts without a rate.
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
    /// Adds the rates of other currencies.
    pub(crate) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    fn on(&self, currency: Currency, date: Date) -> Option<Worth> {
        self.0.get(&currency)?.range(..=date).next_back().map(|(_, worth)| *worth)
    }
}

impl Valuation<'_> {
    /// Converts `amount`; `None` if its currency has no rate on or before the day. The reference currency itself needs
    /// no rate. Returns [`MoneyError::Overflow`] for more than an `i128` of minor units.
    pub fn value(&self, amount: Money) -> Result<Option<Unrounded>, MoneyError> {
        if amount.currency() == self.into.currency() {
            return Ok(Some(Unrounded::minor(amount.minor())));
        }
        let worth = self.rates.on(amount.currency(), self.on);
        worth.map(|it| it.of(amount, self.into).ok_or(MoneyError::Overflow)).transpose()
    }

    /// Converts the sum of `amounts`; zero amounts are never unconverted.
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

    /// Rounds a column so that its lines add up to their sum, see [`Unrounded::rounded_to_total`].
    pub(crate) fn rounded_to_total(&self, column: &[Unrounded]) -> Result<Vec<Money>, MoneyError> {
        let lines = Unrounded::rounded_to_total(column).ok_or(MoneyError::Overflow)?;
        Ok(lines.into_iter().map(|minor| self.into.money(minor)).collect())
    }
}

/// The sum of `amounts` in each currency, by code.
pub(crate) fn by_currency(amounts: impl IntoIterator<Item = Money>) -> Result<Vec<Money>, MoneyError> {
    let mut sums = BTreeMap::<Currency, Money>::new();
    for amount in amounts {
        let sum = sums.entry(amount.currency()).or_insert_with(|| Money::new(0, amount.currency()));
        *sum = sum.try_add(amount)?;
    }
    Ok(sums.into_values().collect())
}
