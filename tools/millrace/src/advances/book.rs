//! The book of a simulation: a line for each day, and a chart of planned against collected.

use ::advances::simulation::{Book, BookDay};
use money::{Currency, Money};

use crate::table::{Column, bar_of_two, counted, table};

/// A line of the chart covers this many days.
const DAYS_OF_A_LINE: usize = 7;

/// The text for a person.
pub(super) fn render(book: &Book) -> String {
    let advances = counted(u64::try_from(book.facts.len()).unwrap_or(u64::MAX), "advance", "advances");
    let breaks = counted(u64::try_from(book.breaks.len()).unwrap_or(u64::MAX), "break", "breaks");
    format!(
        "{advances} in EUR, seed {}: days with movements\n{}\n\nPlanned and collected since the first day\n{}\n{breaks}",
        book.scenario.seed,
        days(book),
        chart(book)
    )
}

fn days(book: &Book) -> String {
    let columns = [
        Column::text("Day"),
        Column::number("Paid out").optional(1),
        Column::number("Planned"),
        Column::number("Collected"),
        Column::number("Failed").optional(2),
        Column::number("Timed out").optional(4),
        Column::number("No answer").optional(3),
        Column::number("Refunded").optional(5),
        Column::number("Customers owe"),
        Column::number("Cash"),
        Column::number("Refunds due").optional(6),
        Column::number("Written off").optional(7),
        Column::number("In suspense").optional(8),
        Column::number("Breaks").optional(9),
    ];
    let money = |amount: Money| if amount.minor() == 0 { String::new() } else { amount.grouped() };
    let count = |count: u32| if count == 0 { String::new() } else { count.to_string() };
    let rows = book.days.iter().filter(|it| it.has_movements()).map(|it| {
        vec![
            it.date.to_string(),
            money(it.credited),
            money(it.planned),
            money(it.collected),
            count(it.failed),
            count(it.timed_out),
            count(it.unanswered),
            money(it.refunded),
            it.receivable.grouped(),
            it.cash.grouped(),
            it.refunds.grouped(),
            it.write_offs.grouped(),
            it.suspense.grouped(),
            it.breaks.to_string(),
        ]
    });
    table(&columns, rows)
}

/// The sums since the first day, by week; the last line is of the last day with a movement.
fn chart(book: &Book) -> String {
    let (mut planned, mut collected) = (0_i128, 0_i128);
    let mut lines = Vec::new();
    let last = book.days.iter().rposition(BookDay::has_movements).map_or(0, |it| it.saturating_add(1));
    for (number, day) in (1_usize..).zip(&book.days).take(last) {
        planned = planned.saturating_add(day.planned.minor());
        collected = collected.saturating_add(kept(day));
        if number.is_multiple_of(DAYS_OF_A_LINE) || number == last {
            lines.push((day.date, planned, collected));
        }
    }
    let largest = lines.iter().map(|(_, planned, collected)| *planned.max(collected)).max().unwrap_or(0);
    let columns = [Column::text("Until"), Column::number("Planned"), Column::number("Collected"), Column::bar()];
    let rows = lines.into_iter().map(|(date, planned, collected)| {
        let [planned, collected] = [planned, collected].map(|it| Money::new(it, Currency::EUR));
        let bar = bar_of_two(collected, planned, largest.unsigned_abs());
        vec![date.to_string(), planned.grouped(), collected.grouped(), bar]
    });
    table(&columns, rows) + "\n█ collected  ░ planned and not collected"
}

/// Collected and not paid back.
fn kept(day: &BookDay) -> i128 {
    day.collected.minor().saturating_sub(day.refunded.minor())
}
