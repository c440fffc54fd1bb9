//! Tables that fit the terminal, and the format of counts and amounts.

use std::sync::OnceLock;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Row, Table};
use money::{Money, group_thousands};

/// The placeholder for an empty cell.
pub(crate) const NOTHING: &str = "—";

/// The minimum width of a text column in a narrow terminal.
const MIN_TEXT_WIDTH: u16 = 10;
/// The length of the longest bar of a chart, and its minimum in a narrow terminal.
const MAX_BAR_WIDTH: u16 = 24;
const MIN_BAR_WIDTH: u16 = 6;
/// The borders and spaces of each column.
const COLUMN_FRAME: u16 = 3;

/// The width of the terminal that all tables must fit; not set if they may have any width.
static SCREEN_WIDTH: OnceLock<u16> = OnceLock::new();

/// Fits all tables to a terminal with `width` columns of characters.
pub(crate) fn fit_to(width: u16) {
    // Only `main` sets it.
    let _ = SCREEN_WIDTH.set(width);
}

/// A column of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Column {
    name: &'static str,
    shape: Shape,
    /// In a terminal that is too narrow, the columns with the highest rank are left out first; those with 0, never.
    rank: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shape {
    /// May have several lines.
    Text,
    /// Text to copy: stays on one line.
    Id,
    /// Amounts and counts: stay on one line, too.
    Number,
    /// A bar of a chart: becomes shorter.
    Bar,
}

impl Column {
    pub(crate) const fn text(name: &'static str) -> Self {
        Self { name, shape: Shape::Text, rank: 0 }
    }

    pub(crate) const fn id(name: &'static str) -> Self {
        Self { name, shape: Shape::Id, rank: 0 }
    }

    pub(crate) const fn number(name: &'static str) -> Self {
        Self { name, shape: Shape::Number, rank: 0 }
    }

    /// For the texts of [`bar`].
    pub(crate) const fn bar() -> Self {
        Self { name: "", shape: Shape::Bar, rank: 1 }
    }

    /// The column is left out of a narrow terminal, before those with a lower `rank`.
    pub(crate) const fn optional(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    /// The minimum width of its content, which takes `width`.
    fn min_width(self, width: u16) -> u16 {
        match self.shape {
            Shape::Text => width.min(MIN_TEXT_WIDTH),
            Shape::Bar => width.min(MIN_BAR_WIDTH),
            Shape::Id | Shape::Number => width,
        }
    }
}

/// A table of texts that fits the terminal: it wraps texts and shortens bars, then leaves out optional columns.
pub(crate) fn table(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    fitted(SCREEN_WIDTH.get().copied(), columns, rows)
}

fn fitted(screen: Option<u16>, columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut columns = columns.to_vec();
    let mut rows: Vec<Vec<String>> = rows.into_iter().collect();
    let whole = drawn(&columns, &rows);
    let Some(screen) = screen else { return whole.trim_fmt() };
    let mut widths = whole.column_max_content_widths();
    let mut left_out = Vec::new();
    while min_width(&columns, &widths) > screen {
        let ranked = columns.iter().enumerate().filter(|(_, it)| it.rank > 0);
        let Some((at, _)) = ranked.max_by_key(|(at, it)| (it.rank, *at)) else { break };
        left_out.push(columns.remove(at).name);
        widths.remove(at);
        rows.iter_mut().for_each(|row| drop(row.remove(at)));
    }
    shorten_bars(screen, &columns, &widths, &mut rows);
    let mut table = drawn(&columns, &rows);
    // If it does not fit, long lines are better than tall cells.
    if min_width(&columns, &widths) <= screen {
        table.set_width(screen).set_content_arrangement(ContentArrangement::Dynamic);
        for (column, shown) in columns.iter().zip(table.column_iter_mut()) {
            if column.shape != Shape::Text {
                shown.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
    }
    left_out.retain(|it| !it.is_empty());
    left_out.reverse();
    let note = format!("\n--wide also shows: {}", left_out.join(", "));
    table.trim_fmt() + if left_out.is_empty() { "" } else { &note }
}

fn drawn(columns: &[Column], rows: &[Vec<String>]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(Row::from(columns.iter().map(|it| cell(it.name, *it)).collect::<Vec<_>>()));
    for row in rows {
        let cells = row.iter().zip(columns).map(|(text, column)| cell(text, *column));
        table.add_row(Row::from(cells.collect::<Vec<_>>()));
    }
    table
}

/// The minimum width of a table with these content widths.
fn min_width(columns: &[Column], widths: &[u16]) -> u16 {
    let widths = columns.iter().zip(widths).map(|(column, width)| column.min_width(*width));
    widths.fold(1, |sum, width| sum.saturating_add(width).saturating_add(COLUMN_FRAME))
}

/// Shortens all bars in proportion, so that the longest one fits beside the other columns.
fn shorten_bars(screen: u16, columns: &[Column], widths: &[u16], rows: &mut [Vec<String>]) {
    let Some(at) = columns.iter().position(|it| it.shape == Shape::Bar) else { return };
    let bar_width = widths.get(at).copied().unwrap_or(0);
    let others = min_width(columns, widths).saturating_sub(bar_width.min(MIN_BAR_WIDTH));
    let width = usize::from(screen.saturating_sub(others).clamp(MIN_BAR_WIDTH, MAX_BAR_WIDTH));
    for cell in rows.iter_mut().filter_map(|row| row.get_mut(at)) {
        let length = cell.chars().count().saturating_mul(width).div_ceil(usize::from(MAX_BAR_WIDTH));
        *cell = cell.chars().take(length).collect();
    }
}

/// A bar with the length of `amount` relative to `largest`; a light one below zero.
pub(crate) fn bar(amount: Money, largest: u128) -> String {
    let length = amount.minor().unsigned_abs().saturating_mul(u128::from(MAX_BAR_WIDTH)).div_ceil(largest.max(1));
    let mark = if amount.minor() < 0 { "░" } else { "█" };
    mark.repeat(usize::try_from(length).unwrap_or(0))
}

/// A bar of `reached`, and a light one for what is missing until `goal`.
pub(crate) fn bar_of_two(reached: Money, goal: Money, largest: u128) -> String {
    let (reached, goal) = (bar(reached, largest), bar(goal, largest));
    let missing = goal.chars().count().saturating_sub(reached.chars().count());
    reached + &"░".repeat(missing)
}

fn cell(text: &str, column: Column) -> Cell {
    let cell = Cell::new(harmless(text));
    match column.shape {
        Shape::Number => cell.set_alignment(CellAlignment::Right),
        Shape::Text | Shape::Id | Shape::Bar => cell,
    }
}

/// Removes control sequences from untrusted text: files and banks may contain anything. Keeps line breaks.
pub(crate) fn harmless(text: &str) -> String {
    let harmless = |it: char| if it.is_control() && it != '\n' { '·' } else { it };
    text.chars().map(harmless).collect()
}

/// One line for each amount.
pub(crate) fn amounts(amounts: &[Money]) -> String {
    if amounts.is_empty() {
        return NOTHING.to_owned();
    }
    let lines: Vec<String> = amounts.iter().map(|it| it.grouped_with_currency()).collect();
    lines.join("\n")
}

/// A count with separators: `49,102`.
pub(crate) fn count(number: u64) -> String {
    group_thousands(&number.to_string())
}

/// `1 account`, `2 accounts`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (49_102, "49,102"), (1_000_000, "1,000,000")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "account", "accounts"), "1 account");
        assert_eq!(counted(1229, "account", "accounts"), "1,229 accounts");
    }

    #[test]
    fn amounts_are_right_aligned() {
        let money = |minor: i128, code: &str| Money::new(minor, code.parse().unwrap());
        let rows = [
            vec!["4711".to_owned(), amounts(&[money(3974, "EUR"), money(-120_000, "USD")])],
            vec!["4712".to_owned(), amounts(&[])],
        ];
        let table = table(&[Column::text("Account"), Column::number("Balance")], rows);
        insta::assert_snapshot!(table, @"
        ┌─────────┬───────────────┐
        │ Account ┆       Balance │
        ╞═════════╪═══════════════╡
        │ 4711    ┆     39.74 EUR │
        │         ┆ -1,200.00 USD │
        │ 4712    ┆             — │
        └─────────┴───────────────┘
        ");
    }

    /// Three imports in a terminal with `screen` columns of characters; without, of any width.
    fn shown(screen: Option<u16>) -> String {
        let columns = [
            Column::text("File"),
            Column::text("Kind").optional(1),
            Column::number("Rows").optional(2),
            Column::id("Import"),
            Column::bar(),
        ];
        let row = |file: &str, id: &str, length| {
            let bar = bar(Money::new(length, "EUR".parse().unwrap()), 100);
            vec![file.to_owned(), "transfers".to_owned(), "12,345".to_owned(), id.to_owned(), bar]
        };
        let rows = [row("a long name of a file.csv", "0123456789abcdef", 100), row("b", "fedcba9876543210", -50)];
        fitted(screen, &columns, rows)
    }

    #[test]
    fn a_table_of_a_pipe_has_its_full_width() {
        insta::assert_snapshot!(shown(None), @"
        ┌───────────────────────────┬───────────┬────────┬──────────────────┬──────────────────────────┐
        │ File                      ┆ Kind      ┆   Rows ┆ Import           ┆                          │
        ╞═══════════════════════════╪═══════════╪════════╪══════════════════╪══════════════════════════╡
        │ a long name of a file.csv ┆ transfers ┆ 12,345 ┆ 0123456789abcdef ┆ ████████████████████████ │
        │ b                         ┆ transfers ┆ 12,345 ┆ fedcba9876543210 ┆ ░░░░░░░░░░░░             │
        └───────────────────────────┴───────────┴────────┴──────────────────┴──────────────────────────┘
        ");
    }

    #[test]
    fn a_narrow_table_wraps_texts_shortens_bars_and_then_leaves_out_columns() {
        insta::assert_snapshot!(shown(Some(80)), @"
        ┌────────────┬───────────┬────────┬──────────────────┬─────────────────────────┐
        │ File       ┆ Kind      ┆   Rows ┆ Import           ┆                         │
        ╞════════════╪═══════════╪════════╪══════════════════╪═════════════════════════╡
        │ a long     ┆ transfers ┆ 12,345 ┆ 0123456789abcdef ┆ ███████████████████████ │
        │ name of a  ┆           ┆        ┆                  ┆                         │
        │ file.csv   ┆           ┆        ┆                  ┆                         │
        │ b          ┆ transfers ┆ 12,345 ┆ fedcba9876543210 ┆ ░░░░░░░░░░░░            │
        └────────────┴───────────┴────────┴──────────────────┴─────────────────────────┘
        ");
        insta::assert_snapshot!(shown(Some(50)), @"
        ┌─────────────────┬───────────┬──────────────────┐
        │ File            ┆ Kind      ┆ Import           │
        ╞═════════════════╪═══════════╪══════════════════╡
        │ a long name of  ┆ transfers ┆ 0123456789abcdef │
        │ a file.csv      ┆           ┆                  │
        │ b               ┆ transfers ┆ fedcba9876543210 │
        └─────────────────┴───────────┴──────────────────┘
        --wide also shows: Rows
        ");
        for screen in 40..120 {
            let table = shown(Some(screen));
            let widest = table.lines().map(|it| it.chars().count()).max().unwrap();
            assert!(widest <= usize::from(screen), "{widest} > {screen}\n{table}");
        }
    }

    #[test]
    fn what_cannot_be_left_out_has_long_lines() {
        assert!(shown(Some(10)).contains("0123456789abcdef"));
    }

    #[test]
    fn nothing_in_a_cell_moves_the_cursor() {
        let table = table(&[Column::text("Row")], [vec!["\u{1b}[2Jå\r\tb\nc".to_owned()]]);
        assert!(table.contains("·[2Jå··b"), "{table}");
        assert!(!table.chars().any(|it| it.is_control() && it != '\n'), "{table}");
    }
}
