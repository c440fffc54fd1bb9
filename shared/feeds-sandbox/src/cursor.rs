use datamaker::Feed;

/// The tables that are served in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Table {
    Companies,
    Rates,
    Transfers(Feed),
}

impl Table {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Companies => "companies",
            Self::Rates => "rates",
            Self::Transfers(feed) => feed.name(),
        }
    }
}

/// The cursor of the page that begins at `row`; empty for the first page.
pub(crate) fn cursor(table: Table, row: u64) -> String {
    if row == 0 { String::new() } else { format!("{}-{row}", table.name()) }
}

/// The row of a cursor of `table`; `None` if the text is not a cursor of this table.
pub(crate) fn row_of(table: Table, text: &str) -> Option<u64> {
    if text.is_empty() {
        return Some(0);
    }
    let row = text.strip_prefix(table.name())?.strip_prefix('-')?.parse().ok()?;
    (cursor(table, row) == text).then_some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_of_one_table_and_written_in_one_way() {
        let sepa = Table::Transfers(Feed::Sepa);
        for row in [0, 1, 20_000, u64::MAX] {
            assert_eq!(row_of(sepa, &cursor(sepa, row)), Some(row));
        }
        for text in ["sepa", "sepa-", "sepa-0", "sepa-01", "sepa-+1", "sepa--1", "swift-1", "1", "sepa-1 ", "rates-1"] {
            assert_eq!(row_of(sepa, text), None, "{text}");
        }
    }
}
