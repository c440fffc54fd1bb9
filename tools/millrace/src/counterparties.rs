//! `countries` and `counterparties`: turnover by country and counterparty.

use ::customers::Customers;
use ::imports::Rates;
use anyhow::Result;
use ledger::Books;
use serde::Serialize;
use treasury::{Country, TopCounterparties, Turnover};

use crate::Verdict;
use crate::arguments::{CounterpartiesArgs, CountriesArgs};
use crate::balances::unconverted_line;
use crate::output::Output;
use crate::subject::{self, Subject};
use crate::table::{Column, NOTHING, amounts, count, table};

#[derive(Serialize)]
struct CountriesShown<'a> {
    #[serde(flatten)]
    subject: &'a Subject,
    view: &'static str,
    countries: Vec<Country>,
}

/// Shows the countries of the counterparties.
pub(crate) async fn countries<C: Customers, B: Books + Sync, R: Rates + Sync>(
    output: &Output,
    register: &C,
    books: &B,
    rates: &R,
    CountriesArgs { subject, days }: &CountriesArgs,
) -> Result<Verdict> {
    let subject = subject::find(register, subject).await?;
    let dates = subject::days(days.from, days.to)?;
    let countries = subject::queries(books, rates).countries(&subject.accounts, dates, days.view.view()).await?;
    let shown = CountriesShown { subject: &subject, view: days.view.name(), countries };
    output.answer(&shown, || render_countries(&shown.countries))?;
    Ok(Verdict::Ok)
}

fn render_countries(countries: &[Country]) -> String {
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

/// Credits and debits, a line for each currency.
fn sums(turnover: &[Turnover]) -> (String, String) {
    let side = |of: fn(&Turnover) -> money::Money| amounts(&turnover.iter().map(of).collect::<Vec<_>>());
    (side(|it| it.r#in), side(|it| it.out))
}

#[derive(Serialize)]
struct CounterpartiesShown<'a> {
    #[serde(flatten)]
    subject: &'a Subject,
    view: &'static str,
    #[serde(flatten)]
    top: TopCounterparties,
}

/// Shows the top counterparties.
pub(crate) async fn counterparties<C: Customers, B: Books + Sync, R: Rates + Sync>(
    output: &Output,
    register: &C,
    books: &B,
    rates: &R,
    CounterpartiesArgs { subject, days: args, into, limit }: &CounterpartiesArgs,
) -> Result<Verdict> {
    let subject = subject::find(register, subject).await?;
    let days = subject::days(args.from, args.to)?;
    let view = args.view.view();
    let top = subject::queries(books, rates).counterparties(&subject.accounts, days, view, *into, *limit).await?;
    let shown = CounterpartiesShown { subject: &subject, view: args.view.name(), top };
    output.answer(&shown, || render_counterparties(&shown.top))?;
    Ok(Verdict::Ok)
}

fn render_counterparties(top: &TopCounterparties) -> String {
    if top.counterparties.is_empty() {
        return "no counterparties".to_owned();
    }
    let columns = [
        Column::Id("Counterparty"),
        Column::Number("Entries"),
        Column::Number("In"),
        Column::Number("Out"),
        Column::Number("Both together"),
    ];
    let rows = top.counterparties.iter().map(|it| {
        let (r#in, out) = sums(&it.turnover);
        let gross = it.gross.map_or_else(|| NOTHING.to_owned(), money::Money::grouped_with_currency);
        vec![it.account.to_string(), count(it.transactions), r#in, out, gross]
    });
    let (table, shown) = (table(&columns, rows), top.counterparties.len());
    format!("{table}\n{shown} of {} counterparties{}", top.of, unconverted_line(&top.unconverted))
}
