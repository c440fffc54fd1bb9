//! `countries` and `counterparties`: turnover by country and counterparty.

use ::customers::Customers;
use ::imports::Rates;
use anyhow::Result;
use api_documents::{CounterpartiesDocument, CountriesDocument};
use ledger::Books;
use treasury::{Country, TopCounterparties, Turnover};

use crate::Verdict;
use crate::arguments::{CounterpartiesArgs, CountriesArgs};
use crate::balances::unconverted_line;
use crate::output::Output;
use crate::subject;
use crate::table::{Column, NOTHING, amounts, count, table};

/// Shows the countries of the counterparties.
pub(crate) async fn countries<C: Customers, B: Books + Sync, R: Rates + Sync>(
    output: &Output,
    register: &C,
    books: &B,
    rates: &R,
    CountriesArgs { subject, days, list }: &CountriesArgs,
) -> Result<Verdict> {
    let subject = subject::find(register, subject).await?;
    let dates = subject::days(days.from, days.to)?;
    let view = days.view.view();
    let mut countries = subject::queries(books, rates).countries(&subject.accounts, dates, view).await?;
    countries.retain(|it| list.finds(it.country.as_deref()));
    let of = countries.len();
    countries.truncate(output.limit(list));
    let document = || CountriesDocument::new(&subject.document, view, countries.clone());
    output.answer(document, || render_countries(&countries))?;
    output.note_left_out(countries.len(), of, ("country", "countries"));
    Ok(Verdict::Ok)
}

fn render_countries(countries: &[Country]) -> String {
    if countries.is_empty() {
        return "no entries".to_owned();
    }
    let columns = [Column::text("Country"), Column::number("Entries"), Column::number("In"), Column::number("Out")];
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

/// Shows the top counterparties.
pub(crate) async fn counterparties<C: Customers, B: Books + Sync, R: Rates + Sync>(
    output: &Output,
    register: &C,
    books: &B,
    rates: &R,
    CounterpartiesArgs { subject, days: args, into, list }: &CounterpartiesArgs,
) -> Result<Verdict> {
    let subject = subject::find(register, subject).await?;
    let days = subject::days(args.from, args.to)?;
    let view = args.view.view();
    let limit = output.limit(list);
    let ranked = if list.search.is_none() { limit } else { usize::MAX };
    let mut top = subject::queries(books, rates).counterparties(&subject.accounts, days, view, *into, ranked).await?;
    top.counterparties.retain(|it| list.finds([&*it.account]));
    top.counterparties.truncate(limit);
    let document = || CounterpartiesDocument::new(&subject.document, view, top.clone());
    output.answer(document, || render_counterparties(&top))?;
    Ok(Verdict::Ok)
}

fn render_counterparties(top: &TopCounterparties) -> String {
    if top.counterparties.is_empty() {
        return "no counterparties".to_owned();
    }
    let columns = [
        Column::id("Counterparty"),
        Column::number("Entries").optional(2),
        Column::number("In"),
        Column::number("Out"),
        Column::number("Both together").optional(1),
    ];
    let rows = top.counterparties.iter().map(|it| {
        let (r#in, out) = sums(&it.turnover);
        let gross = it.gross.map_or_else(|| NOTHING.to_owned(), money::Money::grouped_with_currency);
        vec![it.account.to_string(), count(it.transactions), r#in, out, gross]
    });
    let number = |it: usize| count(u64::try_from(it).unwrap_or(u64::MAX));
    let (shown, of) = (number(top.counterparties.len()), number(top.of));
    format!("{}\n{shown} of {of} counterparties{}", table(&columns, rows), unconverted_line(&top.unconverted))
}
