//! `interest` and `forecast`.

use ::customers::Customers;
use ::imports::Rates;
use anyhow::{Result, ensure};
use calendar::{Bucket, Date};
use ledger::Books;
use money::{Currency, Money};
use serde::Serialize;
use treasury::{
    DailyFlows, Forecast, Interest, InterestBase, InterestRates, Valuation, company_history, up_to_last_entry,
};

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
    for days in treasury::periods(books, &whose.accounts, days, Bucket::Day, asked.view.view()).await? {
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
        interest.iter().map(|it| vec![it.on_debt.currency().to_string(), it.on_debt.amount(), it.on_credit.amount()]);
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
    let days = treasury::days_for_forecast(books, &whose.accounts, asked.on, asked.to, asked.view.view()).await?;
    let mut days = company_history(days)?;
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
    let table = format!("from {on} to {}\n{}", shown.to, told_rows(&shown.forecasts));
    if shown.unconverted.is_empty() { table } else { format!("{table}\n{}", told_unconverted(&shown.unconverted)) }
}

fn told_rows(forecasts: &[ForecastShown]) -> String {
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
        let mut row = vec![it.balance.currency().to_string(), it.balance.amount()];
        row.extend(match it.forecast {
            Forecast::Made(outlook) => {
                let held = format!("{} of {}", outlook.held, outlook.judged);
                let [expected, low, high, error] =
                    [outlook.expected, outlook.low, outlook.high, outlook.mean_error].map(Money::amount);
                [expected, low, high, error, held]
            }
            Forecast::TooShort { days, needed } => {
                let nothing = NOTHING.to_owned();
                let why = format!("{days} days of past; it takes {needed}");
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
        let (expected, low, high, mean_error) = (money(62_000), money(61_000), money(63_500), money(410));
        let outlook = Outlook { expected, low, high, mean_error, compared: 103, judged: 69, held: 55 };
        let rows = told_rows(&[
            ForecastShown { balance: money(60_000), forecast: Forecast::Made(outlook) },
            ForecastShown { balance: money(1), forecast: Forecast::TooShort { days: 19, needed: 140 } },
        ]);
        insta::assert_snapshot!(rows, @"
        ┌──────────┬─────────┬──────────┬───────────┬─────────┬────────────┬───────────────────────────────┐
        │ Currency ┆ Balance ┆ Expected ┆ 80 % from ┆ 80 % to ┆ Mean error ┆ Interval held                 │
        ╞══════════╪═════════╪══════════╪═══════════╪═════════╪════════════╪═══════════════════════════════╡
        │ EUR      ┆  600.00 ┆   620.00 ┆    610.00 ┆  635.00 ┆       4.10 ┆ 55 of 69                      │
        │ EUR      ┆    0.01 ┆        — ┆         — ┆       — ┆          — ┆ 19 days of past; it takes 140 │
        └──────────┴─────────┴──────────┴───────────┴─────────┴────────────┴───────────────────────────────┘
        ");
    }
}
