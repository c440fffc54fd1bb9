//! `countries` and `counterparties`: with whom there was business.

use std::collections::BTreeSet;

use ::customers::Customers;
use ::imports::Rates;
use anyhow::Result;
use ledger::{Books, Entry, EntryBudget};
use serde::Serialize;
use treasury::{Counterparties, Counterparty, Countries, Country, Ranking, Turnover, Valuation};

use crate::Verdict;
use crate::arguments::{AskCounterparties, AskCountries};
use crate::screen::Screen;
use crate::table::{Column, NOTHING, amounts, count, table};
use crate::whose::{self, Whose};

#[derive(Serialize)]
struct CountriesShown<'a> {
    #[serde(flatten)]
    whose: &'a Whose,
    view: &'static str,
    countries: Vec<Country>,
}

/// Shows the countries of the counterparties.
pub(crate) async fn countries<C: Customers, B: Books + Sync>(
    screen: &Screen,
    register: &C,
    books: &B,
    AskCountries { whose, days }: &AskCountries,
) -> Result<Verdict> {
    let whose = whose::find(register, whose).await?;
    let mut countries = Countries::default();
    let look = |it: &Entry| countries.take(it);
    let (view, dates) = (days.view.view(), whose::days(days.from, days.to)?);
    treasury::each_entry(books, &whose.accounts, dates, view, &EntryBudget::unlimited(), look).await?;
    let shown = CountriesShown { whose: &whose, view: days.view.name(), countries: countries.finish() };
    screen.answer(&shown, || told_countries(&shown.countries))?;
    Ok(Verdict::Well)
}

fn told_countries(countries: &[Country]) -> String {
    if countries.is_empty() {
        return "no entries".to_owned();
    }
    let columns = [Column::Text("Country"), Column::Number("Entries"), Column::Number("In"), Column::Number("Out")];
    let rows = countries.iter().map(|it| {
        let (r#in, out) = sums(&it.turnover);
        vec![it.country.as_deref().unwrap_or(NOTHING).to_owned(), count(it.transactions), r#in, out]
    });
    table(&columns, rows)
}

/// What came in and what went out, a line for each currency.
fn sums(turnover: &[Turnover]) -> (String, String) {
    let side = |of: fn(&Turnover) -> money::Money| amounts(&turnover.iter().map(of).collect::<Vec<_>>());
    (side(|it| it.r#in), side(|it| it.out))
}

#[derive(Serialize)]
struct CounterpartiesShown<'a> {
    #[serde(flatten)]
    whose: &'a Whose,
    view: &'static str,
    of: usize,
    counterparties: Vec<Counterparty>,
}

/// Shows the top counterparties.
pub(crate) async fn counterparties<C: Customers, B: Books + Sync, R: Rates>(
    screen: &Screen,
    register: &C,
    books: &B,
    imports: &R,
    AskCounterparties { whose, days: asked, into, limit }: &AskCounterparties,
) -> Result<Verdict> {
    let whose = whose::find(register, whose).await?;
    let days = whose::days(asked.from, asked.to)?;
    let (mut all, mut currencies) = (Counterparties::default(), BTreeSet::new());
    let look = |it: &Entry| {
        all.take(it);
        currencies.insert(it.currency);
    };
    let budget = &EntryBudget::unlimited();
    treasury::each_entry(books, &whose.accounts, days, asked.view.view(), budget, look).await?;
    let of = all.count();
    let top = match into {
        None => all.top(*limit, &Ranking::Count)?,
        Some(into) => {
            let rates = &whose::rates(imports, currencies, (days.1, days.1)).await?;
            all.top(*limit, &Ranking::Gross(Valuation { rates, on: days.1, into: *into }))?
        }
    };
    let shown = CounterpartiesShown { whose: &whose, view: asked.view.name(), of, counterparties: top };
    screen.answer(&shown, || told_counterparties(&shown.counterparties, of))?;
    Ok(Verdict::Well)
}

fn told_counterparties(top: &[Counterparty], of: usize) -> String {
    if top.is_empty() {
        return "no counterparties".to_owned();
    }
    let columns = [
        Column::Id("Counterparty"),
        Column::Number("Entries"),
        Column::Number("In"),
        Column::Number("Out"),
        Column::Number("Both together"),
    ];
    let rows = top.iter().map(|it| {
        let (r#in, out) = sums(&it.turnover);
        let gross = it.gross.map_or_else(|| NOTHING.to_owned(), money::Money::grouped_with_currency);
        vec![it.account.to_string(), count(it.transactions), r#in, out, gross]
    });
    format!("{}\n{} of {of} counterparties", table(&columns, rows), top.len())
}
