use std::collections::BTreeMap;

use money::{Currency, Money, MoneyError};

use crate::balances::{Sides, currencies};
use crate::turnover::Turnover;
use crate::{Balances, ConvertedBalance, CurrencyBalance, Valuation, Valued};

/// The balances of many companies: a fold with only the sums and the largest debts.
#[derive(Clone, Debug)]
pub struct Portfolio<'a, C> {
    valuation: Valuation<'a>,
    most: usize,
    companies: u64,
    sides: BTreeMap<Currency, Sides>,
    /// Largest first.
    debts: Vec<(Valued, C)>,
    dirty: BTreeMap<Currency, Turnover>,
}

/// The debt of a company.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Debt<C> {
    /// Which company.
    pub company: C,
    /// Its converted negative balances, rounded separately.
    pub debt: Money,
    /// Its negative balances without a rate, which `debt` excludes.
    pub unconverted: Vec<Money>,
}

impl<'a, C: Ord + Clone> Portfolio<'a, C> {
    /// An empty portfolio that keeps the `most` largest debts.
    pub fn new(valuation: Valuation<'a>, most: usize) -> Self {
        Self { valuation, most, companies: 0, sides: BTreeMap::new(), debts: Vec::new(), dirty: BTreeMap::new() }
    }

    /// Adds a company with its balances.
    pub fn take(&mut self, company: C, balances: &Balances) -> Result<(), MoneyError> {
        self.companies = self.companies.saturating_add(1);
        for it in &balances.dirty {
            let sum = self.dirty.remove(&it.r#in.currency()).map_or(Ok(*it), |sum| sum.try_add(*it))?;
            self.dirty.insert(it.r#in.currency(), sum);
        }
        for it in &balances.currencies {
            let sum = self.sides.entry(it.debt.currency()).or_default();
            *sum = sum.and(Sides { debt_minor: it.debt.minor(), credit_minor: it.credit.minor() });
        }
        let debt = self.valuation.sum(balances.currencies.iter().map(|it| it.debt))?;
        if debt != Valued::default() {
            let at = self.debts.partition_point(|(kept, of)| (kept.worth, of) < (debt.worth, &company));
            self.debts.insert(at, (debt, company));
            self.debts.truncate(self.most);
        }
        Ok(())
    }

    /// The number of companies.
    pub fn companies(&self) -> u64 {
        self.companies
    }

    /// The dirty entries of all companies, one line for each currency with any.
    pub fn dirty(&self) -> Vec<Turnover> {
        self.dirty.values().copied().collect()
    }

    /// Each currency over all companies.
    pub fn currencies(&self) -> Result<Vec<CurrencyBalance>, MoneyError> {
        currencies(self.sides.clone(), Some(&self.valuation))
    }

    /// All companies together.
    pub fn converted(&self) -> Result<ConvertedBalance, MoneyError> {
        ConvertedBalance::of(&self.sides, &self.valuation)
    }

    /// The companies with the largest debts, largest first; those with only unconverted debts come last.
    pub fn largest_debts(&self) -> Result<Vec<Debt<C>>, MoneyError> {
        let debt = |(it, company): &(Valued, C)| {
            let (company, unconverted) = (company.clone(), it.unconverted.clone());
            Ok(Debt { company, debt: self.valuation.round(it.worth)?, unconverted })
        };
        self.debts.iter().map(debt).collect()
    }
}
