use std::collections::BTreeMap;

use banking::AccountNumber;
use ledger::{Split, View};
use money::{Currency, Money, MoneyError};

use crate::turnover::{CurrencyFigures, Turnover};
use crate::{AccountFigures, Valuation};

/// The balances of a company: by account and in total.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Balances {
    /// The accounts, as given.
    pub accounts: Vec<AccountBalance>,
    /// Each currency over all accounts, by code.
    pub currencies: Vec<CurrencyBalance>,
    /// The total in one currency, if requested.
    pub converted: Option<ConvertedBalance>,
    /// The dirty entries of all accounts, one line for each currency with any. The balances include them only in
    /// [`View::All`].
    pub dirty: Vec<Turnover>,
}

/// The balances of one account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountBalance {
    /// Which account.
    pub account: AccountNumber,
    /// One for each currency.
    pub balances: Vec<Money>,
    /// The converted sum of the balances with a rate, if requested. The values of all accounts add up to
    /// [`ConvertedBalance::total`].
    pub converted: Option<Money>,
}

/// The balances of all accounts in one currency: debt + credit = balance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CurrencyBalance {
    /// All together.
    pub balance: Money,
    /// The sum of the negative balances; zero or below.
    pub debt: Money,
    /// The sum of the positive balances.
    pub credit: Money,
    /// The converted balance, if requested and if there is a rate. The values of all currencies add up to
    /// [`ConvertedBalance::total`].
    pub converted: Option<Money>,
}

/// Balances converted into one currency: debt + credit = total.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConvertedBalance {
    /// The converted total of all balances with a rate, rounded once.
    pub total: Money,
    /// The converted negative balances; zero or below.
    pub debt: Money,
    /// The converted positive balances.
    pub credit: Money,
    /// The balances of currencies without a rate, which are not part of these figures; zero if debt and credit are
    /// equal.
    pub unconverted: Vec<Money>,
}

impl Balances {
    /// Those of `accounts` in `view`, converted if a valuation is given. Returns [`MoneyError::Overflow`] if a
    /// converted sum does not fit an `i128` of minor units.
    pub fn of(
        accounts: Vec<AccountFigures>,
        view: View,
        valuation: Option<&Valuation<'_>>,
    ) -> Result<Self, MoneyError> {
        let mut sides = BTreeMap::<Currency, Sides>::new();
        for (currency, split) in accounts.iter().flat_map(|(_, figures)| figures) {
            let sum = sides.entry(*currency).or_default();
            *sum = sum.and(Sides::of(split.seen(view).net_minor()));
        }
        let dirty = dirty_entries(accounts.iter().flat_map(|(_, figures)| figures));
        let balance = |(currency, split): (&Currency, &Split)| Money::new(split.seen(view).net_minor(), *currency);
        let account = |(account, figures): AccountFigures| AccountBalance {
            account,
            balances: figures.iter().map(balance).collect(),
            converted: None,
        };
        let mut accounts: Vec<AccountBalance> = accounts.into_iter().map(account).collect();
        let mut converted = None;
        if let Some(valuation) = valuation {
            convert_accounts(&mut accounts, valuation)?;
            converted = Some(ConvertedBalance::of(&sides, valuation)?);
        }
        Ok(Self { accounts, currencies: currencies(sides, valuation)?, converted, dirty })
    }
}

/// The dirty entries of figures, one line for each currency with any.
pub fn dirty_entries<'a>(figures: impl IntoIterator<Item = (&'a Currency, &'a Split)>) -> Vec<Turnover> {
    let mut dirty = CurrencyFigures::default();
    for (currency, split) in figures.into_iter().filter(|(_, split)| split.dirty.count > 0) {
        dirty.add(*currency, split.dirty);
    }
    dirty.turnover()
}

impl ConvertedBalance {
    pub(crate) fn of(sides: &BTreeMap<Currency, Sides>, valuation: &Valuation<'_>) -> Result<Self, MoneyError> {
        let side = |minor: fn(&Sides) -> i128| {
            valuation.sum(sides.iter().map(|(currency, it)| Money::new(minor(it), *currency)))
        };
        let (debt, credit) = (side(|it| it.debt_minor)?, side(|it| it.credit_minor)?);
        let mut unconverted = Vec::new();
        for (currency, sides) in sides.iter().filter(|(_, it)| **it != Sides::default()) {
            let balance = Money::new(sides.balance_minor(), *currency);
            if valuation.value(balance)?.is_none() {
                unconverted.push(balance);
            }
        }
        let lines = valuation.rounded_to_total(&[debt.worth, credit.worth])?;
        let [debt, credit] = lines.as_slice() else { return Err(MoneyError::Overflow) };
        Ok(Self { total: debt.try_add(*credit)?, debt: *debt, credit: *credit, unconverted })
    }
}

fn convert_accounts(accounts: &mut [AccountBalance], valuation: &Valuation<'_>) -> Result<(), MoneyError> {
    let column = accounts.iter().map(|it| Ok(valuation.sum(it.balances.iter().copied())?.worth));
    let lines = valuation.rounded_to_total(&column.collect::<Result<Vec<_>, MoneyError>>()?)?;
    for (account, line) in accounts.iter_mut().zip(lines) {
        account.converted = Some(line);
    }
    Ok(())
}

/// The currencies as lines; those with a rate are converted so that they add up.
pub(crate) fn currencies(
    sides: BTreeMap<Currency, Sides>,
    valuation: Option<&Valuation<'_>>,
) -> Result<Vec<CurrencyBalance>, MoneyError> {
    let lines = sides.into_iter().map(|(currency, sides)| CurrencyBalance {
        balance: Money::new(sides.balance_minor(), currency),
        debt: Money::new(sides.debt_minor, currency),
        credit: Money::new(sides.credit_minor, currency),
        converted: None,
    });
    let mut lines: Vec<CurrencyBalance> = lines.collect();
    let Some(valuation) = valuation else { return Ok(lines) };
    let (mut with_rate, mut column) = (Vec::new(), Vec::new());
    for line in &mut lines {
        if let Some(worth) = valuation.value(line.balance)? {
            with_rate.push(line);
            column.push(worth);
        }
    }
    for (line, converted) in with_rate.into_iter().zip(valuation.rounded_to_total(&column)?) {
        line.converted = Some(converted);
    }
    Ok(lines)
}

/// The negative and the positive balances of one currency, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sides {
    pub(crate) debt_minor: i128,
    pub(crate) credit_minor: i128,
}

impl Sides {
    fn of(balance_minor: i128) -> Self {
        Self { debt_minor: balance_minor.min(0), credit_minor: balance_minor.max(0) }
    }

    pub(crate) fn balance_minor(self) -> i128 {
        self.debt_minor.saturating_add(self.credit_minor)
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            debt_minor: self.debt_minor.saturating_add(other.debt_minor),
            credit_minor: self.credit_minor.saturating_add(other.credit_minor),
        }
    }
}
