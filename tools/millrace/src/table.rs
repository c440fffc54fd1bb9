//! Tables, and the format of counts and amounts.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Row, Table};
use money::{Money, group_thousands};

/// The placeholder for an empty cell.
pub(crate) const NOTHING: &str = "—";

/// The minimum width of a text column; in a narrower terminal (some report no width), long lines are better than tall
/// cells.
const NARROWEST_TEXT: u16 = 12;

/// The name and alignment of a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Column {
    Text(&'static str),
    /// Text to copy: stays on one line.
    Id(&'static str),
    /// Amounts and counts: stay on one line, too.
    Number(&'static str),
}

/// A table of texts.
pub(crate) fn table(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    let header = columns.iter().map(|column| match column {
        Column::Text(name) | Column::Id(name) | Column::Number(name) => cell(name, *column),
    });
    table.set_header(Row::from(header.collect::<Vec<_>>()));
    for row in rows {
        let cells = row.iter().zip(columns).map(|(text, column)| cell(text, *column));
        table.add_row(Row::from(cells.collect::<Vec<_>>()));
    }
    if table.width().is_some_and(|it| narrowest(&table, columns) <= it) {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        for (column, shown) in columns.iter().zip(table.column_iter_mut()) {
            if !matches!(column, Column::Text(_)) {
                shown.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
    }
    table.trim_fmt()
}

/// The minimum width to which a table is fitted.
fn narrowest(table: &Table, columns: &[Column]) -> u16 {
    let widths = table.column_max_content_widths().into_iter().zip(columns);
    let widths = widths.map(|(width, column)| match column {
        Column::Text(_) => width.min(NARROWEST_TEXT),
        Column::Id(_) | Column::Number(_) => width,
    });
    // Each column has a border and two spaces, and there is one more border at the end.
    widths.fold(1, |sum, width| sum.saturating_add(width).saturating_add(3))
}

fn cell(text: &str, column: Column) -> Cell {
    let cell = Cell::new(harmless(text));
    match column {
        Column::Text(_) | Column::Id(_) => cell,
        Column::Number(_) => cell.set_alignment(CellAlignment::Right),
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
        let table = table(&[Column::Text("Account"), Column::Number("Balance")], rows);
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

    #[test]
    fn nothing_in_a_cell_moves_the_cursor() {
        let table = table(&[Column::Text("Row")], [vec!["\u{1b}[2Jå\r\tb\nc".to_owned()]]);
        assert!(table.contains("·[2Jå··b"), "{table}");
        assert!(!table.chars().any(|it| it.is_control() && it != '\n'), "{table}");
    }
}
