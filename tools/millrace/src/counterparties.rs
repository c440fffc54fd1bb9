//! `countries` and `counterparties`: turnover by country and counterparty.

use ::customers::Customers;
use ::imports::Rates;
use anyhow::Result;
use api_documents::{CounterpartiesDocument, CountriesDocument};
use ledger::Books;
use money::{Money, MoneyError};
use treasury::{ConvertedTotal, ConvertedTurnover, TopCounterparties, Turnover, TurnoverByCountry};

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
    CountriesArgs { subject, days, into, list }: &CountriesArgs,
) -> Result<Verdict> {
    let subject = subject::find(register, subject).await?;
    let dates = subject::days(days.from, days.to)?;
    let view = days.view.view();
    let mut found = subject::queries(books, rates).countries(&subject.accounts, dates, view, *into).await?;
    found.countries.retain(|it| list.finds(it.country.as_deref()));
    let of = found.countries.len();
    found.countries.truncate(output.limit(list));
    let text = render_countries(&found)?;
    output.answer(|| CountriesDocument::new(&subject.document, view, found.clone()), || text)?;
    output.note_left_out(found.countries.len(), of, ("country", "countries"));
    Ok(Verdict::Ok)
}

/// A line of the table.
struct Line<'a> {
    name: &'a str,
    transactions: u64,
    turnover: &'a [Turnover],
    converted: Option<ConvertedTurnover>,
}

fn render_countries(found: &TurnoverByCountry) -> Result<String, MoneyError> {
    let lines = found.countries.iter().map(|it| Line {
        name: it.country.as_deref().unwrap_or(NOTHING),
        transactions: it.transactions,
        turnover: &it.turnover,
        converted: it.converted,
    });
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        return Ok("no entries".to_owned());
    }
    render(Column::text("Country"), &lines, found.converted.as_ref())
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
    let text = render_counterparties(&top)?;
    output.answer(|| CounterpartiesDocument::new(&subject.document, view, top.clone()), || text)?;
    Ok(Verdict::Ok)
}

fn render_counterparties(top: &TopCounterparties) -> Result<String, MoneyError> {
    let lines = top.counterparties.iter().map(|it| Line {
        name: &it.account,
        transactions: it.transactions,
        turnover: &it.turnover,
        converted: it.converted,
    });
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        return Ok("no counterparties".to_owned());
    }
    let number = |it: usize| count(u64::try_from(it).unwrap_or(u64::MAX));
    let (shown, of) = (number(lines.len()), number(top.of));
    let table = render(Column::id("Counterparty"), &lines, top.converted.as_ref())?;
    Ok(format!("{table}\n{shown} of {of} counterparties"))
}

/// The table, in each currency or in one.
fn render(name: Column, lines: &[Line<'_>], total: Option<&ConvertedTotal>) -> Result<String, MoneyError> {
    if let Some(total) = total {
        return render_converted(name, lines, total);
    }
    let columns = [name, Column::number("Entries").optional(1), Column::number("In"), Column::number("Out")];
    let rows = lines.iter().map(|it| {
        let side = |of: fn(&Turnover) -> Money| amounts(&it.turnover.iter().map(of).collect::<Vec<_>>());
        vec![it.name.to_owned(), count(it.transactions), side(|it| it.r#in), side(|it| it.out)]
    });
    Ok(table(&columns, rows))
}

/// The table in one currency, with a line for everything that it leaves out and the total.
fn render_converted(name: Column, lines: &[Line<'_>], total: &ConvertedTotal) -> Result<String, MoneyError> {
    let columns = [
        name,
        Column::number("Entries").optional(3),
        Column::number("In").optional(1),
        Column::number("Out").optional(2),
        Column::number("Both together"),
    ];
    let row = |name: &str, entries: String, it: &ConvertedTurnover| {
        vec![name.to_owned(), entries, it.r#in.grouped(), it.out.grouped(), it.gross.grouped()]
    };
    let mut others = total.turnover;
    for it in lines.iter().filter_map(|it| it.converted) {
        others.r#in = others.r#in.try_sub(it.r#in)?;
        others.out = others.out.try_sub(it.out)?;
        others.gross = others.gross.try_sub(it.gross)?;
    }
    let shown = lines.iter().filter_map(|it| Some(row(it.name, count(it.transactions), &it.converted?)));
    let others = Some(others).filter(|it| it.gross.minor() != 0).map(|it| row("others", String::new(), &it));
    let rows = shown.chain(others).chain([row("total", String::new(), &total.turnover)]);
    let (currency, table) = (total.turnover.gross.currency(), table(&columns, rows));
    let unconverted = unconverted_line(&total.unconverted);
    Ok(format!("in {currency}, each flow at the rate of its day\n{table}{unconverted}"))
}

#[cfg(test)]
mod tests {
    use treasury::Counterparty;

    use super::*;

    #[test]
    fn converted_counterparties_add_up_to_the_total_and_fit_a_narrow_terminal() {
        let euros = |minor: i128| Money::new(minor, "EUR".parse().unwrap());
        let converted =
            |r#in: i128, out: i128| ConvertedTurnover { r#in: euros(r#in), out: euros(out), gross: euros(r#in - out) };
        let counterparty = |account: &str, converted| Counterparty {
            account: account.into(),
            transactions: 1_234,
            turnover: Vec::new(),
            converted: Some(converted),
        };
        let unconverted = vec![Money::new(500, "JPY".parse().unwrap())];
        let mut top = TopCounterparties {
            of: 7,
            counterparties: vec![
                counterparty("MT84MALT011000012345MTLCAST001S", converted(458_864_166, -310_000_000)),
                counterparty("4711", converted(0, -1)),
            ],
            converted: Some(ConvertedTotal { turnover: converted(458_864_266, -310_000_001), unconverted }),
        };
        let text = render_counterparties(&top).unwrap();
        insta::assert_snapshot!(text, @"
        in EUR, each flow at the rate of its day
        ┌─────────────────────────────────┬─────────┬──────────────┬───────────────┬───────────────┐
        │ Counterparty                    ┆ Entries ┆           In ┆           Out ┆ Both together │
        ╞═════════════════════════════════╪═════════╪══════════════╪═══════════════╪═══════════════╡
        │ MT84MALT011000012345MTLCAST001S ┆   1,234 ┆ 4,588,641.66 ┆ -3,100,000.00 ┆  7,688,641.66 │
        │ 4711                            ┆   1,234 ┆         0.00 ┆         -0.01 ┆          0.01 │
        │ others                          ┆         ┆         1.00 ┆          0.00 ┆          1.00 │
        │ total                           ┆         ┆ 4,588,642.66 ┆ -3,100,000.01 ┆  7,688,642.67 │
        └─────────────────────────────────┴─────────┴──────────────┴───────────────┴───────────────┘
        not converted because of missing rates: 500 JPY
        2 of 7 counterparties
        ");
        top.converted.as_mut().unwrap().turnover = converted(458_864_166, -310_000_001);
        assert!(!render_counterparties(&top).unwrap().contains("others"));
    }
}
