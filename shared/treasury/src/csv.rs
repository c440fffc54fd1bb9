//! Entries as CSV (RFC 4180), safe to open in a spreadsheet.

use banking::AccountNumber;
use ledger::{Entry, Side};

const HEADER: &str = "account,at,amount,currency,source,id,side,counterparty,text,mark\r\n";

/// The rows of `entries`, each with its account, after a header row if `with_header`.
///
/// A text that a spreadsheet would execute as a formula, because it starts with `=`, `+`, `-`, `@`, a tab or a carriage
/// return, gets a leading quote. Amounts are safe and do not change.
pub fn entries_csv(entries: &[(AccountNumber, Entry)], with_header: bool) -> String {
    let mut csv = if with_header { HEADER.to_owned() } else { String::new() };
    for (account, entry) in entries {
        let amount = entry.amount();
        let side = match entry.side {
            Side::None => "",
            Side::Payer => "payer",
            Side::Beneficiary => "beneficiary",
        };
        let text = |text: &Option<Box<str>>| cell(text.as_deref().unwrap_or_default());
        let cells = [
            cell(account.as_str()),
            entry.at.to_string(),
            amount.amount(),
            amount.currency().to_string(),
            cell(&entry.source),
            text(&entry.id),
            side.to_owned(),
            text(&entry.counterparty),
            text(&entry.text),
            entry.mark.name().to_owned(),
        ];
        csv.push_str(&cells.join(","));
        csv.push_str("\r\n");
    }
    csv
}

fn cell(text: &str) -> String {
    let harmless = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.contains([',', '"', '\r', '\n']) {
        return format!("\"{harmless}{}\"", text.replace('"', "\"\""));
    }
    format!("{harmless}{text}")
}

#[cfg(test)]
mod tests {
    use ledger::Mark;
    use money::Currency;

    use super::*;

    fn check(id: &str, text: &str, expected: &str) {
        let entry = Entry {
            at: "2024-07-28T10:00:00Z".parse().unwrap(),
            source: "sepa".into(),
            id: Some(id.into()),
            ordinal: 0,
            amount_minor: -1030,
            currency: Currency::EUR,
            side: Side::Payer,
            counterparty: None,
            text: Some(text.into()),
            mark: Mark::Clean,
        };
        let entries = [("AT61".parse().unwrap(), entry)];
        let row = format!("AT61,2024-07-28T10:00:00Z,-10.30,EUR,sepa,{expected},clean\r\n");
        assert_eq!(entries_csv(&entries, false), row, "{text:?}");
        assert_eq!(entries_csv(&entries, true), format!("{HEADER}{row}"));
    }

    #[test]
    fn no_text_is_a_formula_and_none_breaks_a_row() {
        check("1", "coffee", "1,payer,,coffee");
        check("-7", "=1+2", "'-7,payer,,'=1+2");
        check("@a", "+49 30", "'@a,payer,,'+49 30");
        check("", "\tx", ",payer,,'\tx");
        check("1", "\rx", "1,payer,,\"'\rx\"");
        check("1", "a, \"b\"\nc", "1,payer,,\"a, \"\"b\"\"\nc\"");
        check("1", "=\"a\",1", "1,payer,,\"'=\"\"a\"\",1\"");
        check("1", "a=b", "1,payer,,a=b");
    }
}
