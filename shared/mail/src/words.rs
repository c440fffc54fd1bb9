//! Formats names, dates and amounts for the reader.

use calendar::Date;
use money::{Money, group_thousands};

use crate::{LastEntry, NotIncluded};

/// Shown if there is nothing to average.
pub(crate) const NOTHING: &str = "—";
const MAX_NAME_CHARS: usize = 80;

/// A name for display: one line of limited length, without control characters and characters that change the text
/// direction. `None` if nothing remains.
pub(crate) fn shown_name(name: &str) -> Option<String> {
    let kept = name.chars().take(MAX_NAME_CHARS.saturating_mul(4)).filter(|it| !turns_direction(*it));
    let spaced: String = kept.map(|it| if it.is_control() { ' ' } else { it }).collect();
    let one_line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = one_line.chars().take(MAX_NAME_CHARS).collect();
    let cut = cut.trim_end();
    (!cut.is_empty()).then(|| cut.to_owned())
}

fn turns_direction(it: char) -> bool {
    matches!(it, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// `13 August 2026`.
pub(crate) fn long_date(date: Date) -> String {
    let (year, _, day) = date.civil();
    format!("{day} {} {year}", date.month().name())
}

/// `13 August 2026`, or `August 2026` if the day is not known.
pub(crate) fn last_entry(last: LastEntry) -> String {
    match last {
        LastEntry::Day(date) => long_date(date),
        LastEntry::Month(month) => format!("{} {}", month.name(), month.year()),
    }
}

/// The amount with commas between thousands and a typographic minus sign (U+2212).
pub(crate) fn figure(amount: Money) -> String {
    amount.grouped().replace('-', "−")
}

/// The sentence about transactions that are not in the figures, in two parts: their number and their sums.
pub(crate) fn not_included(it: &NotIncluded, amount: fn(Money) -> String) -> [String; 2] {
    let transactions = if it.transactions == 1 { "transaction" } else { "transactions" };
    [
        format!("Not included: {} {transactions} that failed a check,", count(it.transactions)),
        format!("{} in and {} {} out.", amount(it.credits), amount(it.debits), it.debits.currency().code()),
    ]
}

/// A count with commas between thousands.
pub(crate) fn count(number: u64) -> String {
    group_thousands(&number.to_string())
}

/// [`figure`], or a dash.
pub(crate) fn figure_or_dash(amount: Option<Money>) -> String {
    amount.map_or_else(|| NOTHING.to_owned(), figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_line() {
        for (name, shown) in [
            ("Ada Lovelace", Some("Ada Lovelace")),
            ("  Ada \t Lovelace ", Some("Ada Lovelace")),
            ("Ada\r\nBcc: eve@example.com", Some("Ada Bcc: eve@example.com")),
            ("Ada\u{202e}ecalevoL", Some("AdaecalevoL")),
            ("Žofie\u{2028}Nováková", Some("Žofie Nováková")),
            ("Žofie\u{2029}Nováková\u{85}Malá\u{1b}Velká", Some("Žofie Nováková Malá Velká")),
            ("\u{0}\r\n", None),
            ("", None),
        ] {
            assert_eq!(shown_name(name).as_deref(), shown, "{name:?}");
        }
        assert_eq!(shown_name(&"x".repeat(10_000)).map(|it| it.len()), Some(MAX_NAME_CHARS));
    }
}
