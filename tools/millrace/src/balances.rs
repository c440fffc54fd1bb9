//! `balances` and `portfolio`: what a customer has and owes, and what all companies do.

use std::collections::BTreeMap;

use ::customers::{CustomerId, CustomerKind, Customers};
use ::imports::Rates;
use anyhow::Result;
use banking::AccountNumber;
use calendar::Date;
use ledger::Books;
use money::Money;
use serde::Serialize;
use treasury::{Balances, ConvertedBalance, CurrencyBalance, Portfolio, Valuation};

use crate::arguments::{AskBalances, AskPortfolio};
use crate::screen::Screen;
use crate::table::{Column, NOTHING, amounts, counted, table};
use crate::whose::{self, Whose};
use crate::{Verdict, customers};

#[derive(Serialize)]
struct BalancesShown<'a> {
    #[serde(flatten)]
    whose: &'a Whose,
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<Date>,
    view: &'static str,
    #[serde(flatten)]
    balances: Balances,
}

/// Shows the balances of each account and all together.
pub(crate) async fn show<C: Customers, B: Books + Sync, R: Rates>(
    screen: &Screen,
    register: &C,
    books: &B,
    imports: &R,
    asked: &AskBalances,
) -> Result<Verdict> {
    let whose = whose::find(register, &asked.whose).await?;
    let balances = treasury::balances_on(books, &whose.accounts, asked.on, asked.view.view()).await?;
    let balances = match asked.into {
        None => Balances::of(balances, None)?,
        Some(into) => {
            let on = asked.on.unwrap_or(Date::MAX);
            let currencies = balances.iter().flat_map(|(_, it)| it).copied().map(Money::currency);
            let rates = &whose::rates(imports, currencies, (on, on)).await?;
            Balances::of(balances, Some(&Valuation { rates, on, into }))?
        }
    };
    let shown = BalancesShown { whose: &whose, on: asked.on, view: asked.view.name(), balances };
    screen.answer(&shown, || told(&shown.balances))?;
    Ok(Verdict::Well)
}

fn told(balances: &Balances) -> String {
    if balances.currencies.is_empty() {
        return "no entries".to_owned();
    }
    let columns = [Column::Id("Account"), Column::Number("Balance"), Column::Number("Worth")];
    let rows = balances
        .accounts
        .iter()
        .map(|it| vec![it.account.as_str().to_owned(), amounts(&it.balances), worth(it.converted)]);
    format!("{}\n{}", table(&columns, rows), told_together(&balances.currencies, balances.converted.as_ref()))
}

/// Debt, credit and balance of each currency, and in one.
fn told_together(currencies: &[CurrencyBalance], converted: Option<&ConvertedBalance>) -> String {
    let columns = [
        Column::Text("Currency"),
        Column::Number("Debt"),
        Column::Number("Credit"),
        Column::Number("Balance"),
        Column::Number("Worth"),
    ];
    let line = |it: &CurrencyBalance| {
        let currency = it.balance.currency().to_string();
        vec![currency, it.debt.amount(), it.credit.amount(), it.balance.amount(), worth(it.converted)]
    };
    let together = converted.map(|it| {
        let name = format!("all in {}", it.total.currency());
        vec![name, it.debt.amount(), it.credit.amount(), it.total.amount(), it.total.to_string()]
    });
    let shown = table(&columns, currencies.iter().map(line).chain(together));
    match converted.map(|it| it.unconverted.as_slice()) {
        None | Some([]) => shown,
        Some(amounts) => format!("{shown}\n{}", told_unconverted(amounts)),
    }
}

fn worth(converted: Option<Money>) -> String {
    converted.map_or_else(|| NOTHING.to_owned(), |it| it.to_string())
}

/// A line that says what has no rate.
pub(crate) fn told_unconverted(amounts: &[Money]) -> String {
    let amounts: Vec<String> = amounts.iter().map(ToString::to_string).collect();
    format!("not converted, for want of a rate: {}", amounts.join(", "))
}

#[derive(Serialize)]
struct PortfolioShown {
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<Date>,
    view: &'static str,
    companies: u64,
    currencies: Vec<CurrencyBalance>,
    converted: ConvertedBalance,
    largest_debts: Vec<DebtShown>,
}

#[derive(Serialize)]
struct DebtShown {
    customer: CustomerId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    debt: Money,
}

/// Shows all companies together.
pub(crate) async fn portfolio<C: Customers, B: Books + Sync, R: Rates>(
    screen: &Screen,
    register: &C,
    books: &B,
    imports: &R,
    asked: &AskPortfolio,
) -> Result<Verdict> {
    let companies = customers::customers(register).await?.into_iter().filter(|it| it.kind == CustomerKind::Company);
    let mut names: BTreeMap<CustomerId, Option<String>> = companies.map(|it| (it.id, it.name)).collect();
    let mut accounts: BTreeMap<CustomerId, Vec<AccountNumber>> = names.keys().map(|it| (*it, Vec::new())).collect();
    for account in customers::accounts(register).await? {
        if let Some(numbers) = accounts.get_mut(&account.customer) {
            numbers.push(account.number);
        }
    }
    let (companies, accounts): (Vec<_>, Vec<_>) = accounts.into_iter().unzip();
    let balances = treasury::balances_of_companies(books, &accounts, asked.on, asked.view.view()).await?;

    let on = asked.on.unwrap_or(Date::MAX);
    let currencies = balances.iter().flatten().flat_map(|(_, it)| it).copied().map(Money::currency);
    let rates = &whose::rates(imports, currencies, (on, on)).await?;
    let mut portfolio = Portfolio::new(Valuation { rates, on, into: asked.into }, asked.limit);
    for (company, balances) in companies.into_iter().zip(balances) {
        portfolio.take(company, &Balances::of(balances, None)?.currencies)?;
    }
    let debts = portfolio.largest_debts()?.into_iter();
    let shown = PortfolioShown {
        on: asked.on,
        view: asked.view.name(),
        companies: portfolio.companies(),
        currencies: portfolio.currencies()?,
        converted: portfolio.converted()?,
        largest_debts: debts
            .map(|(customer, debt)| DebtShown { customer, name: names.remove(&customer).flatten(), debt })
            .collect(),
    };
    screen.answer(&shown, || told_portfolio(&shown))?;
    Ok(Verdict::Well)
}

fn told_portfolio(shown: &PortfolioShown) -> String {
    let together = told_together(&shown.currencies, Some(&shown.converted));
    let companies = counted(shown.companies, "company", "companies");
    if shown.largest_debts.is_empty() {
        return format!("{together}\n{companies}, none in debt");
    }
    let columns = [Column::Text("Largest debts"), Column::Number("Debt"), Column::Id("Customer")];
    let rows = shown
        .largest_debts
        .iter()
        .map(|it| vec![it.name.as_deref().unwrap_or(NOTHING).to_owned(), it.debt.to_string(), it.customer.to_string()]);
    format!("{together}\n{companies}\n{}", table(&columns, rows))
}

#[cfg(test)]
mod tests {
    use money::{Currency, Reference, Worth};
    use treasury::ExchangeRates;

    use super::*;

    #[test]
    fn balances_are_told_by_account_and_together() {
        let money = |minor: i128, code: &str| Money::new(minor, code.parse().unwrap());
        let accounts = vec![
            ("AT61".parse().unwrap(), vec![money(10_000, "EUR"), money(-1_000, "USD")]),
            ("DE89".parse().unwrap(), vec![money(500, "JPY")]),
        ];
        let worth = Worth { usd: 1.into(), eur: "0.925".parse().unwrap() };
        let rates: ExchangeRates = std::iter::once((Currency::USD, Date::MIN, worth)).collect();
        let valuation = Valuation { rates: &rates, on: Date::MAX, into: Reference::Eur };
        insta::assert_snapshot!(told(&Balances::of(accounts, Some(&valuation)).unwrap()), @"
        ┌─────────┬────────────┬───────────┐
        │ Account ┆    Balance ┆     Worth │
        ╞═════════╪════════════╪═══════════╡
        │ AT61    ┆ 100.00 EUR ┆ 90.75 EUR │
        │         ┆ -10.00 USD ┆           │
        │ DE89    ┆    500 JPY ┆  0.00 EUR │
        └─────────┴────────────┴───────────┘
        ┌────────────┬────────┬────────┬─────────┬────────────┐
        │ Currency   ┆   Debt ┆ Credit ┆ Balance ┆      Worth │
        ╞════════════╪════════╪════════╪═════════╪════════════╡
        │ EUR        ┆   0.00 ┆ 100.00 ┆  100.00 ┆ 100.00 EUR │
        │ JPY        ┆      0 ┆    500 ┆     500 ┆          — │
        │ USD        ┆ -10.00 ┆   0.00 ┆  -10.00 ┆  -9.25 EUR │
        │ all in EUR ┆  -9.25 ┆ 100.00 ┆   90.75 ┆  90.75 EUR │
        └────────────┴────────┴────────┴─────────┴────────────┘
        not converted, for want of a rate: 500 JPY
        ");
        assert_eq!(told(&Balances::of(Vec::new(), None).unwrap()), "no entries");
    }
}
