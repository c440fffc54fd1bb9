//! `interest` and `forecast`.

use ::customers::Customers;
use ::imports::Rates;
use anyhow::{Result, ensure};
use calendar::Date;
use ledger::{Books, EntryBudget};
use money::{Currency, Money};
use serde::Serialize;
use treasury::{DailyFlows, Forecast, Interest, InterestBase, InterestRates, Interval, Valuation, up_to_last_entry};

use crate::Verdict;
use crate::arguments::{AskForecast, AskInterest};
use crate::balances::told_unconverted;
use crate::screen::Screen;
use crate::table::{Column, NOTHING, table};
use crate::whose::{self, Whose};

#[derive(Serialize)]
struct InterestShown<'a> {
    #[serde(flatten)]
    whose: &'a Whose,
    from: Date,
    to: Date,
    debt_rate: String,
    credit_rate: String,
    view: &'static str,
    interest: Vec<Interest>,
}

/// Shows the interest on debt and on credit.
pub(crate) async fn interest<C: Customers, B: Books + Sync>(
    screen: &Screen,
    register: &C,
    books: &B,
    asked: &AskInterest,
) -> Result<Verdict> {
    let whose = whose::find(register, &asked.whose).await?;
    let days = whose::days(Some(asked.from), Some(asked.to))?;
    let mut base = InterestBase::default();
    let (view, budget) = (asked.view.view(), &EntryBudget::unlimited());
    for days in treasury::days_of_accounts(books, &whose.accounts, days, view, budget).await? {
        days.iter().try_for_each(|day| base.take(day))?;
    }
    let shown = InterestShown {
        whose: &whose,
        from: asked.from,
        to: asked.to,
        debt_rate: asked.debt_rate.to_string(),
        credit_rate: asked.credit_rate.to_string(),
        view: asked.view.name(),
        interest: base.at(InterestRates { debt: asked.debt_rate, credit: asked.credit_rate })?,
    };
    screen.answer(&shown, || told_interest(&shown.interest))?;
    Ok(Verdict::Well)
}

fn told_interest(interest: &[Interest]) -> String {
    if interest.is_empty() {
        return "no entries".to_owned();
    }
    let columns = [Column::Text("Currency"), Column::Number("On debt"), Column::Number("On credit")];
    let rows =
        interest.iter().map(|it| vec![it.on_debt.currency().to_string(), it.on_debt.grouped(), it.on_credit.grouped()]);
    table(&columns, rows)
}

#[derive(Serialize)]
struct ForecastsShown<'a> {
    #[serde(flatten)]
    whose: &'a Whose,
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<Date>,
    to: Date,
    view: &'static str,
    forecasts: Vec<ForecastShown>,
    unconverted: Vec<Money>,
}

#[derive(Serialize)]
struct ForecastShown {
    balance: Money,
    #[serde(flatten)]
    forecast: Forecast,
}

/// Shows forecasts with their intervals and how such forecasts did.
pub(crate) async fn forecast<C: Customers, B: Books + Sync, R: Rates>(
    screen: &Screen,
    register: &C,
    books: &B,
    imports: &R,
    asked: &AskForecast,
) -> Result<Verdict> {
    let whose = whose::find(register, &asked.whose).await?;
    let (view, budget) = (asked.view.view(), &EntryBudget::unlimited());
    let mut days = treasury::days_for_forecast(books, &whose.accounts, asked.on, asked.to, view, budget).await?;
    if asked.on.is_none() {
        days = up_to_last_entry(days);
    }
    let last = days.last().map(|it| it.to);
    let ahead = last.map_or(1, |last| asked.to.days().saturating_sub(last.days()));
    ensure!(ahead > 0, "--to is not after {}", last.unwrap_or(Date::MIN));
    let (mut flows, mut unconverted) = (DailyFlows::by_currency(&days), Vec::new());
    if let Some((into, on)) = asked.into.zip(last) {
        let currencies: Vec<Currency> = flows.iter().map(|it| it.balance.currency()).collect();
        let rates = &whose::rates(imports, currencies, (on, on)).await?;
        let (all, without) = DailyFlows::converted(&days, &Valuation { rates, on, into })?;
        (flows, unconverted) = (vec![all], without);
    }
    let ahead = usize::try_from(ahead)?;
    let forecast = |it: &DailyFlows| ForecastShown { balance: it.balance, forecast: treasury::forecast(it, ahead) };
    let shown = ForecastsShown {
        whose: &whose,
        on: last,
        to: asked.to,
        view: asked.view.name(),
        forecasts: flows.iter().map(forecast).collect(),
        unconverted,
    };
    screen.answer(&shown, || told_forecasts(&shown))?;
    Ok(Verdict::Well)
}

fn told_forecasts(shown: &ForecastsShown<'_>) -> String {
    let Some(on) = shown.on else { return "no entries".to_owned() };
    let table = format!("from {on} to {}\n{}", shown.to, told_rows(on, &shown.forecasts));
    if shown.unconverted.is_empty() { table } else { format!("{table}\n{}", told_unconverted(&shown.unconverted)) }
}

fn told_rows(on: Date, forecasts: &[ForecastShown]) -> String {
    let columns = [
        Column::Text("Currency"),
        Column::Number("Balance"),
        Column::Number("Expected"),
        Column::Number("80 % from"),
        Column::Number("80 % to"),
        Column::Number("Mean error"),
        Column::Text("Interval held"),
    ];
    let rows = forecasts.iter().map(|it| {
        let mut row = vec![it.balance.currency().to_string(), it.balance.grouped()];
        row.extend(match it.forecast {
            Forecast::Made(outlook) => {
                let end = |of: fn(&Interval) -> Money| {
                    outlook.interval.as_ref().map_or_else(|| NOTHING.to_owned(), |it| of(it).grouped())
                };
                let held = match outlook.judged {
                    0 => "no interval: too short a past to judge one".to_owned(),
                    judged if outlook.interval.is_some() => format!("{} of {judged}", outlook.held),
                    judged => format!("no interval: it held in {} of {judged}", outlook.held),
                };
                let (expected, error) = (outlook.expected.grouped(), outlook.mean_error.grouped());
                [expected, end(|it| it.low), end(|it| it.high), error, held]
            }
            too_short @ Forecast::TooShort { days, needed, .. } => {
                let nothing = NOTHING.to_owned();
                let last = too_short.last_possible(on).map(|it| format!("; the last day possible is {it}"));
                let why = format!("{days} days of past; it takes {needed}{}", last.unwrap_or_default());
                [nothing.clone(), nothing.clone(), nothing.clone(), nothing, why]
            }
        });
        row
    });
    table(&columns, rows)
}

#[cfg(test)]
mod tests {
    use treasury::Outlook;

    use super::*;

    #[test]
    fn a_forecast_is_told_with_how_good_it_is_and_a_short_past_instead_of_one() {
        let money = |minor: i128| Money::new(minor, Currency::EUR);
        let interval = Some(Interval { low: money(6_100_000), high: money(6_300_000) });
        let outlook = Outlook {
            expected: money(6_200_000),
            interval,
            mean_error: money(41_000),
            compared: 103,
            judged: 69,
            held: 55,
        };
        let broken = Outlook { interval: None, held: 40, ..outlook };
        let not_judged = Outlook { judged: 0, held: 0, ..broken };
        let shown = |forecast| ForecastShown { balance: money(6_000_000), forecast };
        let too_short = |most_days_ahead| Forecast::TooShort { days: 19, needed: 140, most_days_ahead };
        let made = [outlook, broken, not_judged].map(|it| shown(Forecast::Made(it)));
        let rows = made.into_iter().chain([shown(too_short(12)), shown(too_short(0))]).collect::<Vec<_>>();
        insta::assert_snapshot!(told_rows("2026-07-19".parse().unwrap(), &rows), @"
        ┌──────────┬───────────┬───────────┬───────────┬───────────┬────────────┬────────────────────────────────────────────────────────────────────┐
        │ Currency ┆   Balance ┆  Expected ┆ 80 % from ┆   80 % to ┆ Mean error ┆ Interval held                                                      │
        ╞══════════╪═══════════╪═══════════╪═══════════╪═══════════╪════════════╪════════════════════════════════════════════════════════════════════╡
        │ EUR      ┆ 60,000.00 ┆ 62,000.00 ┆ 61,000.00 ┆ 63,000.00 ┆     410.00 ┆ 55 of 69                                                           │
        │ EUR      ┆ 60,000.00 ┆ 62,000.00 ┆         — ┆         — ┆     410.00 ┆ no interval: it held in 40 of 69                                   │
        │ EUR      ┆ 60,000.00 ┆ 62,000.00 ┆         — ┆         — ┆     410.00 ┆ no interval: too short a past to judge one                         │
        │ EUR      ┆ 60,000.00 ┆         — ┆         — ┆         — ┆          — ┆ 19 days of past; it takes 140; the last day possible is 2026-07-31 │
        │ EUR      ┆ 60,000.00 ┆         — ┆         — ┆         — ┆          — ┆ 19 days of past; it takes 140                                      │
        └──────────┴───────────┴───────────┴───────────┴───────────┴────────────┴────────────────────────────────────────────────────────────────────┘
        ");
    }
}
