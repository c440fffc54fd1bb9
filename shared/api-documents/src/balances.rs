//! The balances of one customer and of all customers, as JSON.

use banking::AccountNumber;
use calendar::Date;
use customers::CustomerId;
use ledger::View;
use serde::Serialize;
use treasury::{AccountBalance, Balances, Company, ConvertedBalance, CurrencyBalance, Debt, PortfolioBalances};
use utoipa::ToSchema;

use super::counterparties::{TurnoverDocument, turnovers};
use super::{Money, Subject, ViewName, moneys};

/// The balances of a customer: by account and in total.
#[derive(Serialize, ToSchema)]
#[schema(as = Balances)]
pub struct BalancesDocument {
    /// The customer or account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "uuid", required = true)]
    customer: Option<CustomerId>,
    /// The account, in the command's documents of one account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    account: Option<AccountNumber>,
    /// The day; without it, after all entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    on: Option<Date>,
    /// Which entries count.
    view: ViewName,
    /// The accounts, by number.
    accounts: Vec<AccountBalanceDocument>,
    /// Each currency over all accounts.
    currencies: Vec<CurrencyBalanceDocument>,
    /// The total in one currency, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedBalanceDocument>,
    /// Dirty entries, one line for each currency with any. The balances include them only in the view `all`.
    dirty: Vec<TurnoverDocument>,
}

impl BalancesDocument {
    /// The balances of `subject` after `on`, or after all entries.
    pub fn new(subject: &Subject, on: Option<Date>, view: View, balances: Balances) -> Self {
        Self {
            customer: subject.customer(),
            account: subject.account(),
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
    /// The converted sum of the balances with a rate. The values of all accounts add up to the total.
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
    /// The converted balance, if there is a rate. The values of all currencies add up to the total.
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

/// Balances converted into one currency: debt + credit = total.
#[derive(Serialize, ToSchema)]
#[schema(as = ConvertedBalance)]
struct ConvertedBalanceDocument {
    /// The converted total of all balances with a rate, rounded once, half to even.
    total: Money,
    /// The converted negative balances; zero or below.
    debt: Money,
    /// The converted positive balances.
    credit: Money,
    /// The balances of currencies without a rate, which are not part of these figures.
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
pub struct PortfolioDocument {
    /// The day; without it, after all entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    on: Option<Date>,
    /// Which entries count.
    view: ViewName,
    /// The number of companies.
    companies: u64,
    /// Each currency over all companies.
    currencies: Vec<CurrencyBalanceDocument>,
    /// The total in one currency.
    converted: ConvertedBalanceDocument,
    /// Dirty entries, one line for each currency with any. The balances include them only in the view `all`.
    dirty: Vec<TurnoverDocument>,
    /// The companies with the largest debts, largest first; those with only unconverted debts come last.
    largest_debts: Vec<DebtDocument>,
}

/// The debt of a company.
#[derive(Serialize, ToSchema)]
#[schema(as = Debt)]
struct DebtDocument {
    /// Which company.
    #[schema(value_type = String, format = "uuid")]
    customer: CustomerId,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Its converted negative balances, rounded separately.
    debt: Money,
    /// Its negative balances without a rate, which `debt` excludes.
    unconverted: Vec<Money>,
}

impl PortfolioDocument {
    /// The balances of all companies after `on`, or after all entries.
    pub fn new(on: Option<Date>, view: View, portfolio: PortfolioBalances) -> Self {
        let debt = |it: Debt<Company>| DebtDocument {
            customer: it.company.customer,
            name: it.company.name,
            debt: it.debt.into(),
            unconverted: moneys(it.unconverted),
        };
        Self {
            on,
            view: view.into(),
            companies: portfolio.companies,
            currencies: portfolio.currencies.into_iter().map(CurrencyBalanceDocument::from).collect(),
            converted: portfolio.converted.into(),
            dirty: turnovers(portfolio.dirty),
            largest_debts: portfolio.largest_debts.into_iter().map(debt).collect(),
        }
    }
}
