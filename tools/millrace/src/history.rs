//! `history`: the flows of an account or a customer, by bucket, with a chart of the balances.

use std::collections::BTreeSet;

use ::customers::Customers;
use ::imports::Rates;
use anyhow::Result;
use api_documents::CompanyHistoryDocument;
use calendar::Date;
use ledger::{Books, History, Period};
use money::{Currency, Money};
use treasury::{ConvertedHistory, ConvertedPeriod, dirty_entries};

use crate::Verdict;
use crate::arguments::HistoryArgs;
use crate::balances::{dirty_line, unconverted_lines};
use crate::output::Output;
use crate::subject;
use crate::table::{Column, bar, table};

/// A line of the table.
struct Line {
    from: Date,
    to: Date,
    opening: Money,
    r#in: Money,
    out: Money,
    /// If all currencies are converted into one.
    revaluation: Option<Money>,
    closing: Money,
}

/// Shows the history, with a bar for each closing balance.
pub(crate) async fn run<C: Customers, B: Books + Sync, R: Rates + Sync>(
    output: &Output,
    register: &C,
    books: &B,
    rates: &R,
    args: &HistoryArgs,
) -> Result<Verdict> {
    let subject = subject::find(register, &args.subject).await?;
    subject::days(args.from, args.to)?;
    let (queries, view) = (subject::queries(books, rates), args.view.view());
    let history = queries.history(&subject.accounts, (args.from, args.to), args.by, view, args.into);
    let (history, converted) = history.await?;
    let document = || CompanyHistoryDocument::new(&subject.document, args.by, view, history.clone(), converted.clone());
    output.answer(document, || {
        let within = dirty_line("", &dirty_entries(&history.within), args.view);
        let before = dirty_line(" in the opening", &dirty_entries(&history.before), args.view);
        render_text(&history, converted.as_ref()) + &within + &before
    })?;
    Ok(Verdict::Ok)
}

fn render_text(history: &History, converted: Option<&ConvertedHistory>) -> String {
    let currencies: BTreeSet<Currency> = history.periods.iter().flat_map(|it| it.currencies.keys().copied()).collect();
    if currencies.is_empty() {
        return "no entries".to_owned();
    }
    if let Some(ConvertedHistory { periods, total: Some(total) }) = converted {
        return render_converted(periods, total);
    }
    let of_currency = |currency: Currency| {
        let lines: Vec<_> = history.periods.iter().filter_map(|it| Line::of(it, currency)).collect();
        render_lines(currency, &lines, None)
    };
    currencies.into_iter().map(of_currency).collect::<Vec<_>>().join("\n")
}

fn render_converted(periods: &[ConvertedPeriod], total: &ConvertedPeriod) -> String {
    let unconverted = unconverted_lines([
        ("opening ", &*total.unconverted_opening),
        ("in ", &total.unconverted_in),
        ("out ", &total.unconverted_out),
        ("closing ", &total.unconverted_closing),
    ]);
    let lines: Vec<_> = periods.iter().map(Line::from).collect();
    let total_line = Some(Line::from(total)).filter(|_| periods.len() > 1);
    render_lines(total.closing.currency(), &lines, total_line.as_ref()) + &unconverted
}

fn render_lines(currency: Currency, lines: &[Line], total: Option<&Line>) -> String {
    let largest = lines.iter().map(|it| it.closing.minor().unsigned_abs()).max().unwrap_or(0);
    let converts = lines.iter().any(|it| it.revaluation.is_some());
    let columns = [
        Some(Column::text("From")),
        Some(Column::text("To").optional(2)),
        Some(Column::number("Opening").optional(3)),
        Some(Column::number("In")),
        Some(Column::number("Out")),
        Some(Column::number("Revaluation")).filter(|_| converts),
        Some(Column::number("Closing")),
        Some(Column::bar()),
    ];
    let row = |it: &Line, [from, to]: [String; 2], bar: String| {
        let mut row = vec![from, to];
        row.extend([it.opening, it.r#in, it.out].into_iter().chain(it.revaluation).map(Money::grouped));
        row.extend([it.closing.grouped(), bar]);
        row
    };
    let rows = lines.iter().map(|it| row(it, [it.from, it.to].map(|it| it.to_string()), bar(it.closing, largest)));
    let rows = rows.chain(total.iter().map(|it| row(it, ["total".to_owned(), String::new()], String::new())));
    format!("in {currency}\n{}", table(&columns.into_iter().flatten().collect::<Vec<_>>(), rows))
}

impl Line {
    /// The flows of a period in one currency, if there are any.
    fn of(period: &Period, currency: Currency) -> Option<Self> {
        let movement = period.currencies.get(&currency)?;
        let money = |minor: i128| Money::new(minor, currency);
        Some(Self {
            from: period.from,
            to: period.to,
            opening: money(movement.opening_minor),
            r#in: money(movement.figures.in_minor),
            out: money(movement.figures.out_minor),
            revaluation: None,
            closing: money(movement.closing_minor()),
        })
    }
}

impl From<&ConvertedPeriod> for Line {
    fn from(it: &ConvertedPeriod) -> Self {
        let ConvertedPeriod { from, to, opening, r#in, out, revaluation, closing, .. } = *it;
        Self { from, to, opening, r#in, out, revaluation: Some(revaluation), closing }
    }
}

#[cfg(test)]
mod tests {
    use ledger::{Figures, Movement};

    use super::*;

    #[test]
    fn bars_compare_balances_of_one_currency() {
        let movement = |opening_minor: i128, in_minor: i128| Movement {
            opening_minor,
            figures: Figures { in_minor, count: 1, credits: 1, ..Figures::default() },
        };
        let period = |from: &str, of: &[(Currency, Movement)]| Period {
            from: from.parse().unwrap(),
            to: from.parse().unwrap(),
            currencies: of.iter().copied().collect(),
        };
        let periods = vec![
            period("2024-01-01", &[(Currency::EUR, movement(0, 100)), (Currency::USD, movement(-4000, 0))]),
            period("2024-01-02", &[(Currency::EUR, movement(100, 100)), (Currency::USD, movement(-4000, 3000))]),
        ];
        let history = History { periods, ..History::default() };
        insta::assert_snapshot!(render_text(&history, None), @"
        in EUR
        ┌────────────┬────────────┬─────────┬──────┬──────┬─────────┬──────────────────────────┐
        │ From       ┆ To         ┆ Opening ┆   In ┆  Out ┆ Closing ┆                          │
        ╞════════════╪════════════╪═════════╪══════╪══════╪═════════╪══════════════════════════╡
        │ 2024-01-01 ┆ 2024-01-01 ┆    0.00 ┆ 1.00 ┆ 0.00 ┆    1.00 ┆ ████████████             │
        │ 2024-01-02 ┆ 2024-01-02 ┆    1.00 ┆ 1.00 ┆ 0.00 ┆    2.00 ┆ ████████████████████████ │
        └────────────┴────────────┴─────────┴──────┴──────┴─────────┴──────────────────────────┘
        in USD
        ┌────────────┬────────────┬─────────┬───────┬──────┬─────────┬──────────────────────────┐
        │ From       ┆ To         ┆ Opening ┆    In ┆  Out ┆ Closing ┆                          │
        ╞════════════╪════════════╪═════════╪═══════╪══════╪═════════╪══════════════════════════╡
        │ 2024-01-01 ┆ 2024-01-01 ┆  -40.00 ┆  0.00 ┆ 0.00 ┆  -40.00 ┆ ░░░░░░░░░░░░░░░░░░░░░░░░ │
        │ 2024-01-02 ┆ 2024-01-02 ┆  -40.00 ┆ 30.00 ┆ 0.00 ┆  -10.00 ┆ ░░░░░░                   │
        └────────────┴────────────┴─────────┴───────┴──────┴─────────┴──────────────────────────┘
        ");
        assert_eq!(render_text(&History::default(), None), "no entries");
    }

    #[test]
    fn a_history_in_one_currency_shows_the_effect_of_rates() {
        let money = |minor: i128| Money::new(minor, Currency::EUR);
        let period = ConvertedPeriod {
            from: "2024-01-01".parse().unwrap(),
            to: "2024-01-31".parse().unwrap(),
            opening: money(9_000),
            r#in: money(4_600),
            out: money(-920),
            net: money(3_680),
            revaluation: money(200),
            closing: money(12_880),
            unconverted_opening: Vec::new(),
            unconverted_in: vec![Money::new(700, Currency::USD), Money::new(1, "JPY".parse().unwrap())],
            unconverted_out: vec![Money::new(-200, Currency::USD), Money::new(-1, "JPY".parse().unwrap())],
            unconverted_closing: vec![Money::new(500, Currency::USD)],
        };
        let later = ConvertedPeriod {
            from: "2024-02-01".parse().unwrap(),
            to: "2024-02-29".parse().unwrap(),
            opening: money(12_880),
            r#in: money(1_000_000),
            out: money(0),
            net: money(1_000_000),
            revaluation: money(-80),
            closing: money(1_012_800),
            ..period.clone()
        };
        let total = ConvertedPeriod {
            to: later.to,
            r#in: money(1_004_600),
            net: money(1_003_680),
            revaluation: money(120),
            closing: later.closing,
            ..period.clone()
        };
        insta::assert_snapshot!(render_converted(&[period.clone(), later], &total), @"
        in EUR
        ┌────────────┬────────────┬─────────┬───────────┬───────┬─────────────┬───────────┬──────────────────────────┐
        │ From       ┆ To         ┆ Opening ┆        In ┆   Out ┆ Revaluation ┆   Closing ┆                          │
        ╞════════════╪════════════╪═════════╪═══════════╪═══════╪═════════════╪═══════════╪══════════════════════════╡
        │ 2024-01-01 ┆ 2024-01-31 ┆   90.00 ┆     46.00 ┆ -9.20 ┆        2.00 ┆    128.80 ┆ █                        │
        │ 2024-02-01 ┆ 2024-02-29 ┆  128.80 ┆ 10,000.00 ┆  0.00 ┆       -0.80 ┆ 10,128.00 ┆ ████████████████████████ │
        │ total      ┆            ┆   90.00 ┆ 10,046.00 ┆ -9.20 ┆        1.20 ┆ 10,128.00 ┆                          │
        └────────────┴────────────┴─────────┴───────────┴───────┴─────────────┴───────────┴──────────────────────────┘
        not converted because of missing rates: in 7.00 USD, 1 JPY; out -2.00 USD, -1 JPY; closing 5.00 USD
        ");
    }
}
