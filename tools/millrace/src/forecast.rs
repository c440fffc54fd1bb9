//! `interest` and `forecast`.

use ::customers::Customers;
use ::imports::Rates;
use anyhow::Result;
use api_documents::{ForecastsDocument, InterestDocument};
use calendar::Date;
use ledger::Books;
use money::Money;
use treasury::{BalanceForecast, ForecastOutcome, Forecasts, Interest, InterestRates, Interval};

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
    output.answer(document, || render_interest(&interest))?;
    Ok(Verdict::Ok)
}

fn render_interest(interest: &[Interest]) -> String {
    if interest.is_empty() {
        return "no entries".to_owned();
    }
    let columns = [Column::text("Currency"), Column::number("On debt"), Column::number("On credit")];
    let rows =
        interest.iter().map(|it| vec![it.on_debt.currency().to_string(), it.on_debt.grouped(), it.on_credit.grouped()]);
    table(&columns, rows)
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
    Ok(Verdict::Ok)
}

fn render_forecasts(to: Date, forecasts: &Forecasts) -> String {
    let Some(on) = forecasts.on else { return "no entries".to_owned() };
    let unconverted = unconverted_line(&forecasts.unconverted);
    format!("from {on} to {to}\n{}{unconverted}", render_rows(on, &forecasts.forecasts))
}

fn render_rows(on: Date, forecasts: &[BalanceForecast]) -> String {
    let columns = [
        Column::text("Currency"),
        Column::number("Balance").optional(1),
        Column::number("Expected"),
        Column::number("80 % from"),
        Column::number("80 % to"),
        Column::number("Mean error").optional(2),
        Column::text("Interval held"),
    ];
    let number = |it: usize| count(u64::try_from(it).unwrap_or(u64::MAX));
    let rows = forecasts.iter().map(|it| {
        let mut row = vec![it.balance.currency().to_string(), it.balance.grouped()];
        row.extend(match it.forecast {
            ForecastOutcome::Made(forecast) => {
                let end = |of: fn(&Interval) -> Money| {
                    forecast.interval.as_ref().map_or_else(|| NOTHING.to_owned(), |it| of(it).grouped())
                };
                let held = format!("{} of {}", number(forecast.held), number(forecast.judged));
                let held = match forecast.interval {
                    Some(_) => held,
                    None if forecast.judged == 0 => "no interval: the history is too short".to_owned(),
                    None => format!("no interval: it held in {held}"),
                };
                let (expected, error) = (forecast.expected.grouped(), forecast.mean_error.grouped());
                [expected, end(|it| it.low), end(|it| it.high), error, held]
            }
            too_short @ ForecastOutcome::TooShort { days, needed, .. } => {
                let nothing = NOTHING.to_owned();
                let last = too_short.last_possible(on).map(|it| format!("; the last day possible is {it}"));
                let (days, needed) = (number(days), number(needed));
                let why = format!("{days} days of data; it needs {needed}{}", last.unwrap_or_default());
                [nothing.clone(), nothing.clone(), nothing.clone(), nothing, why]
            }
        });
        row
    });
    table(&columns, rows)
}

#[cfg(test)]
mod tests {
    use money::Currency;
    use treasury::Forecast;

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
        insta::assert_snapshot!(render_rows("2026-07-19".parse().unwrap(), &rows), @"
        ┌──────────┬───────────┬───────────┬───────────┬───────────┬────────────┬────────────────────────────────────────────────────────────────────┐
        │ Currency ┆   Balance ┆  Expected ┆ 80 % from ┆   80 % to ┆ Mean error ┆ Interval held                                                      │
        ╞══════════╪═══════════╪═══════════╪═══════════╪═══════════╪════════════╪════════════════════════════════════════════════════════════════════╡
        │ EUR      ┆ 60,000.00 ┆ 62,000.00 ┆ 61,000.00 ┆ 63,000.00 ┆     410.00 ┆ 55 of 69                                                           │
        │ EUR      ┆ 60,000.00 ┆ 62,000.00 ┆         — ┆         — ┆     410.00 ┆ no interval: it held in 40 of 69                                   │
        │ EUR      ┆ 60,000.00 ┆ 62,000.00 ┆         — ┆         — ┆     410.00 ┆ no interval: the history is too short                              │
        │ EUR      ┆ 60,000.00 ┆         — ┆         — ┆         — ┆          — ┆ 19 days of data; it needs 140; the last day possible is 2026-07-31 │
        │ EUR      ┆ 60,000.00 ┆         — ┆         — ┆         — ┆          — ┆ 19 days of data; it needs 140                                      │
        └──────────┴───────────┴───────────┴───────────┴───────────┴────────────┴────────────────────────────────────────────────────────────────────┘
        ");
    }
}
