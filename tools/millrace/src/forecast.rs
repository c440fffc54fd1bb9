//! `interest` and `forecast`.

use std::collections::BTreeMap;

use ::customers::Customers;
use ::imports::Rates;
use anyhow::Result;
use api_documents::{ForecastsDocument, InterestDocument};
use calendar::Date;
use ledger::Books;
use money::Money;
use treasury::{BalanceForecast, Forecast, ForecastOutcome, Forecasts, Interest, InterestRates, Interval};

use crate::Verdict;
use crate::arguments::{ForecastArgs, InterestArgs};
use crate::balances::unconverted_line;
use crate::output::Output;
use crate::subject;
use crate::table::{Column, NOTHING, count, table};

/// Shows the interest on debt and on credit.
pub(crate) async fn interest<C: Customers, B: Books + Sync, R: Rates + Sync>(
    output: &Output,
    register: &C,
    books: &B,
    imports: &R,
    args: &InterestArgs,
) -> Result<Verdict> {
    let subject = subject::find(register, &args.subject).await?;
    let days = subject::days(Some(args.from), Some(args.to))?;
    let rates = InterestRates { debt: args.debt_rate, credit: args.credit_rate };
    let queries = subject::queries(books, imports);
    let view = args.view.view();
    let interest = queries.interest(&subject.accounts, days, view, rates).await?;
    let document = || InterestDocument::new(&subject.document, days, rates, view, interest.clone());
    output.answer(document, || render_interest(&interest, rates))?;
    Ok(Verdict::Ok)
}

fn render_interest(interest: &[Interest], rates: InterestRates) -> String {
    if interest.is_empty() {
        return "no entries".to_owned();
    }
    let columns = [Column::text("Currency"), Column::number("On debt"), Column::number("On credit")];
    let rows =
        interest.iter().map(|it| vec![it.on_debt.currency().to_string(), it.on_debt.grouped(), it.on_credit.grouped()]);
    let (debt, credit) = (rates.debt.percent(), rates.credit.percent());
    format!("{}\n{debt} a year on debt, {credit} on credit, actual/365", table(&columns, rows))
}

/// Shows forecasts with their intervals and the accuracy of past forecasts.
pub(crate) async fn forecast<C: Customers, B: Books + Sync, R: Rates + Sync>(
    output: &Output,
    register: &C,
    books: &B,
    imports: &R,
    args: &ForecastArgs,
) -> Result<Verdict> {
    let subject = subject::find(register, &args.subject).await?;
    let queries = subject::queries(books, imports);
    let view = args.view.view();
    let forecasts = queries.forecast(&subject.accounts, args.on, args.to, view, args.into).await?;
    let document = || ForecastsDocument::new(&subject.document, args.to, view, forecasts.clone());
    output.answer(document, || render_forecasts(args.to, &forecasts))?;
    let is_made = |it: &BalanceForecast| matches!(it.forecast, ForecastOutcome::Made(_));
    let is_refused = !forecasts.forecasts.is_empty() && !forecasts.forecasts.iter().any(is_made);
    Ok(if is_refused { Verdict::Problems } else { Verdict::Ok })
}

fn render_forecasts(to: Date, forecasts: &Forecasts) -> String {
    let Some(on) = forecasts.on else { return "no entries".to_owned() };
    let unconverted = unconverted_line(&forecasts.unconverted);
    format!("from {on} to {to}\n{}{unconverted}", render_rows(on, &forecasts.forecasts))
}

/// A table of the forecasts, and a line for each reason why there are none.
fn render_rows(on: Date, forecasts: &[BalanceForecast]) -> String {
    let has_interval =
        |it: &BalanceForecast| matches!(it.forecast, ForecastOutcome::Made(Forecast { interval: Some(_), .. }));
    let intervals = forecasts.iter().any(has_interval);
    let columns = [
        Some(Column::text("Currency")),
        Some(Column::number("Balance").optional(1)),
        Some(Column::number("Expected")),
        Some(Column::number("80 % from")).filter(|_| intervals),
        Some(Column::number("80 % to")).filter(|_| intervals),
        Some(Column::number("Mean error").optional(2)),
        Some(Column::text("Interval held")),
    ];
    let rows = forecasts.iter().filter_map(|it| {
        let ForecastOutcome::Made(forecast) = it.forecast else { return None };
        let end = |of: fn(&Interval) -> Money| {
            forecast.interval.as_ref().map_or_else(|| NOTHING.to_owned(), |it| of(it).grouped())
        };
        let cells = [
            it.balance.currency().to_string(),
            it.balance.grouped(),
            forecast.expected.grouped(),
            end(|it| it.low),
            end(|it| it.high),
            forecast.mean_error.grouped(),
            held(&forecast),
        ];
        Some(cells.into_iter().zip(columns).filter_map(|(cell, column)| column.map(|_| cell)).collect::<Vec<_>>())
    });
    let rows: Vec<_> = rows.collect();
    let shown: Vec<Column> = columns.into_iter().flatten().collect();
    let table = Some(table(&shown, rows.clone())).filter(|_| !rows.is_empty());
    table.into_iter().chain(refusals(on, forecasts)).collect::<Vec<_>>().join("\n")
}

/// How many past intervals held.
fn held(forecast: &Forecast) -> String {
    let held = format!("{} of {}", number(forecast.held), number(forecast.judged));
    match forecast.interval {
        Some(_) => held,
        None if forecast.judged == 0 => "no interval: the history is too short".to_owned(),
        None => format!("no interval: it held in {held}"),
    }
}

/// Each reason why there is no forecast, with its currencies.
fn refusals(on: Date, forecasts: &[BalanceForecast]) -> Vec<String> {
    let mut reasons = BTreeMap::<String, Vec<String>>::new();
    for it in forecasts {
        let ForecastOutcome::TooShort { days, needed, .. } = it.forecast else { continue };
        let last = it.forecast.last_possible(on).map(|it| format!("; the last day possible is {it}"));
        let (days, needed) = (number(days), number(needed));
        let reason = format!("{days} days of data; it needs {needed}{}", last.unwrap_or_default());
        reasons.entry(reason).or_default().push(it.balance.currency().to_string());
    }
    reasons.into_iter().map(|(reason, of)| format!("no forecast of {}: {reason}", of.join(", "))).collect()
}

fn number(number: usize) -> String {
    count(u64::try_from(number).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use money::Currency;

    use super::*;

    #[test]
    fn a_forecast_is_shown_with_its_accuracy_or_the_missing_history() {
        let money = |minor: i128| Money::new(minor, Currency::EUR);
        let interval = Some(Interval { low: money(6_100_000), high: money(6_300_000) });
        let forecast = Forecast {
            expected: money(6_200_000),
            interval,
            mean_error: money(41_000),
            compared: 103,
            judged: 69,
            held: 55,
        };
        let broken = Forecast { interval: None, held: 40, ..forecast };
        let not_judged = Forecast { judged: 0, held: 0, ..broken };
        let shown = |forecast| BalanceForecast { balance: money(6_000_000), forecast };
        let too_short = |most_days_ahead| ForecastOutcome::TooShort { days: 19, needed: 140, most_days_ahead };
        let made = [forecast, broken, not_judged].map(|it| shown(ForecastOutcome::Made(it)));
        let rows = made.into_iter().chain([shown(too_short(12)), shown(too_short(0))]).collect::<Vec<_>>();
        let on = "2026-07-19".parse().unwrap();
        insta::assert_snapshot!(render_rows(on, &rows), @"
        ┌──────────┬───────────┬───────────┬───────────┬───────────┬────────────┬───────────────────────────────────────┐
        │ Currency ┆   Balance ┆  Expected ┆ 80 % from ┆   80 % to ┆ Mean error ┆ Interval held                         │
        ╞══════════╪═══════════╪═══════════╪═══════════╪═══════════╪════════════╪═══════════════════════════════════════╡
        │ EUR      ┆ 60,000.00 ┆ 62,000.00 ┆ 61,000.00 ┆ 63,000.00 ┆     410.00 ┆ 55 of 69                              │
        │ EUR      ┆ 60,000.00 ┆ 62,000.00 ┆         — ┆         — ┆     410.00 ┆ no interval: it held in 40 of 69      │
        │ EUR      ┆ 60,000.00 ┆ 62,000.00 ┆         — ┆         — ┆     410.00 ┆ no interval: the history is too short │
        └──────────┴───────────┴───────────┴───────────┴───────────┴────────────┴───────────────────────────────────────┘
        no forecast of EUR: 19 days of data; it needs 140
        no forecast of EUR: 19 days of data; it needs 140; the last day possible is 2026-07-31
        ");
        let no_interval = render_rows(on, &rows[1..]);
        assert!(no_interval.contains("Mean error") && !no_interval.contains("80 %"), "{no_interval}");
        let refused = "no forecast of EUR, EUR: 19 days of data; it needs 140; the last day possible is 2026-07-31";
        assert_eq!(render_rows(on, &[rows[3].clone(), rows[3].clone()]), refused);
    }

    #[test]
    fn interest_names_its_rates_and_its_day_count() {
        let money = |minor: i128| Money::new(minor, Currency::EUR);
        let rates = InterestRates { debt: "0.0325".parse().unwrap(), ..InterestRates::default() };
        let interest = [Interest { on_debt: money(-300), on_credit: money(100) }];
        let text = render_interest(&interest, rates);
        assert!(text.ends_with("\n3.25 % a year on debt, 1 % on credit, actual/365"), "{text}");
    }
}
