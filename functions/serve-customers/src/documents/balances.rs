//! The balances of a customer and of all of them, as JSON.

use banking::AccountNumber;
use calendar::Date;
use customers::CustomerId;
use ledger::View;
use money::MoneyError;
use serde::Serialize;
use treasury::{AccountBalance, Balances, ConvertedBalance, CurrencyBalance, Portfolio};
use utoipa::ToSchema;

use super::partners::{TurnoverDocument, turnovers};
use super::{Money, ViewName, moneys};

/// The balances of a customer: each account's and all together.
#[derive(Serialize, ToSchema)]
#[schema(as = Balances)]
pub(crate) struct BalancesDocument {
    /// Whose.
    #[schema(value_type = String, format = "uuid")]
    customer: CustomerId,
    /// At the end of which day; none: after all entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    on: Option<Date>,
    /// Which entries count.
    view: ViewName,
    /// The accounts, by number.
    accounts: Vec<AccountBalanceDocument>,
    /// Each currency over all accounts.
    currencies: Vec<CurrencyBalanceDocument>,
    /// All of it in one currency, where one is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedBalanceDocument>,
    /// Dirty entries, one line for each currency that has any. The balances count them in the view `all` alone.
    dirty: Vec<TurnoverDocument>,
}

impl BalancesDocument {
    pub(crate) fn new(customer: CustomerId, on: Option<Date>, view: View, balances: Balances) -> Self {
        Self {
            customer,
            on,
            view: view.into(),
            accounts: balances.accounts.into_iter().map(AccountBalanceDocument::from).collect(),
            currencies: balances.currencies.into_iter().map(CurrencyBalanceDocument::from).collect(),
            converted: balances.converted.map(ConvertedBalanceDocument::from),
            dirty: turnovers(balances.dirty),
        }
    }
}

/// The balances of one of the accounts.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountBalance)]
struct AccountBalanceDocument {
    /// Its number.
    #[schema(value_type = String)]
    account: AccountNumber,
    /// One for each currency.
    balances: Vec<Money>,
    /// What those with a rate are worth. The accounts' add up to the total.
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<Money>,
}

impl From<AccountBalance> for AccountBalanceDocument {
    fn from(it: AccountBalance) -> Self {
        Self { account: it.account, balances: moneys(it.balances), converted: it.converted.map(Money::from) }
    }
}

/// The balances of all accounts in one currency: debt + credit = balance.
#[derive(Serialize, ToSchema)]
#[schema(as = CurrencyBalance)]
struct CurrencyBalanceDocument {
    /// All together.
    balance: Money,
    /// The sum of the negative balances; zero or below.
    debt: Money,
    /// The sum of the positive balances.
    credit: Money,
    /// What the balance is worth, where there is a rate. The currencies' add up to the total.
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<Money>,
}

impl From<CurrencyBalance> for CurrencyBalanceDocument {
    fn from(it: CurrencyBalance) -> Self {
        Self {
            balance: it.balance.into(),
            debt: it.debt.into(),
            credit: it.credit.into(),
            converted: it.converted.map(Money::from),
        }
    }
}

/// Balances told in one currency: debt + credit = total.
#[derive(Serialize, ToSchema)]
#[schema(as = ConvertedBalance)]
struct ConvertedBalanceDocument {
    /// What all that has a rate is worth, rounded once, half to even.
    total: Money,
    /// What the negative balances are worth; zero or below.
    debt: Money,
    /// What the positive balances are worth.
    credit: Money,
    /// The balances of currencies without a rate, which are in none of these.
    unconverted: Vec<Money>,
}

impl From<ConvertedBalance> for ConvertedBalanceDocument {
    fn from(it: ConvertedBalance) -> Self {
        Self {
            total: it.total.into(),
            debt: it.debt.into(),
            credit: it.credit.into(),
            unconverted: moneys(it.unconverted),
        }
    }
}

/// The balances of all companies.
#[derive(Serialize, ToSchema)]
#[schema(as = Portfolio)]
pub(crate) struct PortfolioDocument {
    /// At the end of which day; none: after all entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    on: Option<Date>,
    /// Which entries count.
    view: ViewName,
    /// How many companies there are.
    companies: u64,
    /// Each currency over all companies.
    currencies: Vec<CurrencyBalanceDocument>,
    /// All of it in one currency.
    converted: ConvertedBalanceDocument,
    /// Dirty entries, one line for each currency that has any. The balances count them in the view `all` alone.
    dirty: Vec<TurnoverDocument>,
    /// The companies with the largest debts, the largest first.
    largest_debts: Vec<DebtDocument>,
}

/// The debt of a company.
#[derive(Serialize, ToSchema)]
#[schema(as = Debt)]
pub(crate) struct DebtDocument {
    /// Which company.
    #[schema(value_type = String, format = "uuid")]
    pub(crate) customer: CustomerId,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// What its negative balances are worth, rounded by itself.
    pub(crate) debt: Money,
}

impl PortfolioDocument {
    pub(crate) fn new(
        (on, view): (Option<Date>, View),
        portfolio: &Portfolio<'_, CustomerId>,
        largest_debts: Vec<DebtDocument>,
    ) -> Result<Self, MoneyError> {
        Ok(Self {
            on,
            view: view.into(),
            companies: portfolio.companies(),
            currencies: portfolio.currencies()?.into_iter().map(CurrencyBalanceDocument::from).collect(),
            converted: portfolio.converted()?.into(),
            dirty: turnovers(portfolio.dirty()),
            largest_debts,
        })
    }
}
