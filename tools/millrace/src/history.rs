//! `history`: what moved on an account, bucket by bucket.

use ::customers::Customers;
use anyhow::{Result, ensure};
use banking::AccountNumber;
use calendar::Date;
use ledger::{Books, Movement, Period, all_days};
use money::{Currency, Money};
use serde::Serialize;

use crate::Verdict;
use crate::accounts::must_exist;
use crate::arguments::AskHistory;
use crate::screen::Screen;
use crate::table::{Column, table};

/// How long the longest bar is.
const BAR_CHARS: u128 = 24;
/// More lines than anybody reads.
const MOST_BUCKETS: usize = 10_000;

#[derive(Serialize)]
struct HistoryShown<'a> {
    account: &'a AccountNumber,
    by: &'static str,
    view: &'static str,
    buckets: Vec<BucketShown>,
}

#[derive(Serialize)]
struct BucketShown {
    from: Date,
    to: Date,
    movements: Vec<MovementShown>,
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
pub(crate) async fn run<C: Customers, B: Books>(
    screen: &Screen,
    register: &C,
    books: &B,
    asked: &AskHistory,
) -> Result<Verdict> {
    must_exist(register, &asked.account).await?;
    let all = all_days(&books.read(&asked.account, &[]).await?.totals()?);
    let from = asked.from.or(all.map(|it| it.0));
    let to = asked.to.or(all.map(|it| it.1));
    let mut periods = Vec::new();
    if let (Some(from), Some(to)) = (from, to) {
        ensure!(from <= to, "--from is after --to; there are no days between");
        ensure!(asked.by.cut(from, to).nth(MOST_BUCKETS).is_none(), "too many buckets; ask for larger ones with --by");
        periods = ledger::history(books, &asked.account, (from, to), asked.by, asked.view.view()).await?;
    }
    let bucket = |period: &Period| BucketShown {
        from: period.from,
        to: period.to,
        movements: period.currencies.iter().map(MovementShown::of).collect(),
    };
    let shown = HistoryShown {
        account: &asked.account,
        by: asked.by.name(),
        view: asked.view.name(),
        buckets: periods.iter().map(bucket).collect(),
    };
    screen.answer(&shown, || told(&shown.buckets))?;
    Ok(Verdict::Well)
}

fn told(buckets: &[BucketShown]) -> String {
    if buckets.iter().all(|it| it.movements.is_empty()) {
        return "no entries".to_owned();
    }
    let closing = |it: &MovementShown| it.closing.minor().unsigned_abs();
    // A bar is as long as its balance is beside the largest one of its currency.
    let largest = |currency: Currency| {
        let movements = buckets.iter().flat_map(|it| &it.movements);
        movements.filter(|it| it.closing.currency() == currency).map(closing).max().unwrap_or(0)
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
            let length = closing(it).saturating_mul(BAR_CHARS).div_ceil(largest(currency).max(1));
            let mark = if it.closing.minor() < 0 { "░" } else { "█" };
            vec![
                bucket.from.to_string(),
                bucket.to.to_string(),
                currency.to_string(),
                it.opening.amount(),
                it.r#in.amount(),
                it.out.amount(),
                it.closing.amount(),
                mark.repeat(usize::try_from(length).unwrap_or(0)),
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
        };
        let told = told(&[
            bucket(&[(Currency::EUR, movement(0, 100)), (Currency::USD, movement(-4000, 0))]),
            bucket(&[(Currency::EUR, movement(100, 100)), (Currency::USD, movement(-4000, 4000))]),
        ]);
        let bars: Vec<usize> = told.lines().map(|it| it.matches(['█', '░']).count()).filter(|it| *it > 0).collect();
        assert_eq!(bars, [12, 24, 24], "{told}");
        assert!(told.contains("-40.00") && told.contains('░'), "{told}");
    }
}
