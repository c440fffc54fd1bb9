//! `history`: the flows of an account or a customer, by bucket.

use ::customers::Customers;
use ::imports::Rates;
use anyhow::Result;
use calendar::Date;
use ledger::{Books, Movement, Period};
use money::{Currency, Money};
use serde::Serialize;
use treasury::{ConvertedPeriod, Turnover, dirty_entries};

use crate::Verdict;
use crate::arguments::HistoryArgs;
use crate::balances::{dirty_line, unconverted_lines};
use crate::output::Output;
use crate::subject::{self, Subject};
use crate::table::{Column, table};

/// The maximum length of a bar.
const BAR_CHARS: u128 = 24;

#[derive(Serialize)]
struct HistoryShown<'a> {
    #[serde(flatten)]
    subject: &'a Subject,
    by: &'static str,
    view: &'static str,
    buckets: Vec<BucketShown>,
    /// All buckets together, if one currency is requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedPeriod>,
    /// From the first to the last day.
    dirty: Vec<Turnover>,
    /// Before the first day.
    dirty_before: Vec<Turnover>,
}

#[derive(Serialize)]
struct BucketShown {
    from: Date,
    to: Date,
    movements: Vec<MovementShown>,
    /// All currencies together, if one is requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedPeriod>,
}

#[derive(Serialize)]
struct MovementShown {
    opening: Money,
    r#in: Money,
    out: Money,
    net: Money,
    closing: Money,
    transactions: u64,
}

impl MovementShown {
    fn of((currency, movement): (&Currency, &Movement)) -> Self {
        let money = |minor: i128| Money::new(minor, *currency);
        Self {
            opening: money(movement.opening_minor),
            r#in: money(movement.figures.in_minor),
            out: money(movement.figures.out_minor),
            net: money(movement.figures.net_minor()),
            closing: money(movement.closing_minor()),
            transactions: movement.figures.count,
        }
    }
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
    let queries = subject::queries(books, rates);
    let history = queries.history(&subject.accounts, (args.from, args.to), args.by, args.view.view(), args.into);
    let (history, converted) = history.await?;
    let converted = converted.unwrap_or_default();
    let mut of_buckets = converted.periods.into_iter();
    let bucket = |period: &Period| BucketShown {
        from: period.from,
        to: period.to,
        movements: period.currencies.iter().map(MovementShown::of).collect(),
        converted: of_buckets.next(),
    };
    let shown = HistoryShown {
        subject: &subject,
        by: args.by.name(),
        view: args.view.name(),
        buckets: history.periods.iter().map(bucket).collect(),
        converted: converted.total,
        dirty: dirty_entries(&history.within),
        dirty_before: dirty_entries(&history.before),
    };
    output.answer(&shown, || {
        let before = dirty_line(" in the opening", &shown.dirty_before, args.view);
        render_text(&shown.buckets, shown.converted.as_ref()) + &dirty_line("", &shown.dirty, args.view) + &before
    })?;
    Ok(Verdict::Ok)
}

fn render_text(buckets: &[BucketShown], total: Option<&ConvertedPeriod>) -> String {
    if buckets.iter().all(|it| it.movements.is_empty()) {
        return "no entries".to_owned();
    }
    let converted: Vec<&ConvertedPeriod> = buckets.iter().filter_map(|it| it.converted.as_ref()).collect();
    match total {
        None => render_by_currency(buckets),
        Some(total) => render_together(&converted, total),
    }
}

/// A bar with the length of `amount` relative to `largest`; a light one below zero.
fn bar(amount: Money, largest: u128) -> String {
    let length = amount.minor().unsigned_abs().saturating_mul(BAR_CHARS).div_ceil(largest.max(1));
    let mark = if amount.minor() < 0 { "░" } else { "█" };
    mark.repeat(usize::try_from(length).unwrap_or(0))
}

fn render_together(periods: &[&ConvertedPeriod], total: &ConvertedPeriod) -> String {
    let largest = periods.iter().map(|it| it.closing.minor().unsigned_abs()).max().unwrap_or(0);
    let currency = total.closing.currency();
    let columns = [
        Column::Text("From"),
        Column::Text("To"),
        Column::Number("Opening"),
        Column::Number("In"),
        Column::Number("Out"),
        Column::Number("Revaluation"),
        Column::Number("Closing"),
        Column::Text(""),
    ];
    let row = |it: &ConvertedPeriod, bar: String| {
        let mut row = vec![it.from.to_string(), it.to.to_string()];
        row.extend([it.opening, it.r#in, it.out, it.revaluation, it.closing].map(Money::grouped));
        row.push(bar);
        row
    };
    let rows = periods.iter().map(|it| row(it, bar(it.closing, largest)));
    let total_row = Some(row(total, "total".to_owned())).filter(|_| periods.len() > 1);
    let unconverted = unconverted_lines([
        ("opening ", &*total.unconverted_opening),
        ("in ", &total.unconverted_in),
        ("out ", &total.unconverted_out),
        ("closing ", &total.unconverted_closing),
    ]);
    format!("in {currency}\n{}{unconverted}", table(&columns, rows.chain(total_row)))
}

fn render_by_currency(buckets: &[BucketShown]) -> String {
    let largest = |currency: Currency| {
        let movements = buckets.iter().flat_map(|it| &it.movements);
        let of_currency = movements.map(|it| it.closing).filter(|it| it.currency() == currency);
        of_currency.map(|it| it.minor().unsigned_abs()).max().unwrap_or(0)
    };
    let columns = [
        Column::Text("From"),
        Column::Text("To"),
        Column::Text("Currency"),
        Column::Number("Opening"),
        Column::Number("In"),
        Column::Number("Out"),
        Column::Number("Closing"),
        Column::Text(""),
    ];
    let rows = buckets.iter().flat_map(|bucket| {
        bucket.movements.iter().map(|it| {
            let currency = it.closing.currency();
            vec![
                bucket.from.to_string(),
                bucket.to.to_string(),
                currency.to_string(),
                it.opening.grouped(),
                it.r#in.grouped(),
                it.out.grouped(),
                it.closing.grouped(),
                bar(it.closing, largest(currency)),
            ]
        })
    });
    table(&columns, rows)
}

#[cfg(test)]
mod tests {
    use ledger::Figures;

    use super::*;

    #[test]
    fn bars_compare_balances_of_one_currency() {
        let movement = |opening_minor: i128, in_minor: i128| Movement {
            opening_minor,
            figures: Figures { in_minor, count: 1, credits: 1, ..Figures::default() },
        };
        let bucket = |of: &[(Currency, Movement)]| BucketShown {
            from: Date::MIN,
            to: Date::MIN,
            movements: of.iter().map(|(currency, it)| MovementShown::of((currency, it))).collect(),
            converted: None,
        };
        let buckets = [
            bucket(&[(Currency::EUR, movement(0, 100)), (Currency::USD, movement(-4000, 0))]),
            bucket(&[(Currency::EUR, movement(100, 100)), (Currency::USD, movement(-4000, 4000))]),
        ];
        let text = render_text(&buckets, None);
        let bars: Vec<usize> = text.lines().map(|it| it.matches(['█', '░']).count()).filter(|it| *it > 0).collect();
        assert_eq!(bars, [12, 24, 24], "{text}");
        assert!(text.contains("-40.00") && text.contains('░'), "{text}");
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
        let bucket =
            BucketShown { from: period.from, to: period.to, movements: Vec::new(), converted: Some(period.clone()) };
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
        insta::assert_snapshot!(render_together(&[&period, &later], &total), @"
        in EUR
        ┌────────────┬────────────┬─────────┬───────────┬───────┬─────────────┬───────────┬──────────────────────────┐
        │ From       ┆ To         ┆ Opening ┆        In ┆   Out ┆ Revaluation ┆   Closing ┆                          │
        ╞════════════╪════════════╪═════════╪═══════════╪═══════╪═════════════╪═══════════╪══════════════════════════╡
        │ 2024-01-01 ┆ 2024-01-31 ┆   90.00 ┆     46.00 ┆ -9.20 ┆        2.00 ┆    128.80 ┆ █                        │
        │ 2024-02-01 ┆ 2024-02-29 ┆  128.80 ┆ 10,000.00 ┆  0.00 ┆       -0.80 ┆ 10,128.00 ┆ ████████████████████████ │
        │ 2024-01-01 ┆ 2024-02-29 ┆   90.00 ┆ 10,046.00 ┆ -9.20 ┆        1.20 ┆ 10,128.00 ┆ total                    │
        └────────────┴────────────┴─────────┴───────────┴───────┴─────────────┴───────────┴──────────────────────────┘
        not converted because of missing rates: in 7.00 USD, 1 JPY; out -2.00 USD, -1 JPY; closing 5.00 USD
        ");
        assert_eq!(render_text(&[bucket], Some(&period)), "no entries");
    }
}
