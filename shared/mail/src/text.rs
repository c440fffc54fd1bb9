//! The plain-text part: the same figures, aligned.

use std::fmt::Write as _;

use money::Money;

use crate::page::{Year, years};
use crate::words::{NOTHING, count, last_entry, long_date, not_included, shown_name};
use crate::{CurrencySummary, Envelope, Summary};

/// The text with `\n` line ends; the encoding of the mail converts them to CRLF.
pub(crate) fn plain(summary: &Summary, envelope: &Envelope) -> String {
    let mut text = String::from("MILLRACE\n\nAccount summary");
    if let Some(name) = summary.holder.as_deref().and_then(shown_name) {
        text.push_str(" for ");
        text.push_str(&name);
    }
    let _ = writeln!(text, "\nAccount {}, as of {}", summary.account.masked(), long_date(summary.as_of));
    if let Some(last) = summary.last_entry {
        let _ = writeln!(text, "Last entry: {}", last_entry(last));
    }
    if summary.currencies.is_empty() {
        text.push_str("\nThere are no transactions in this account.\n");
    }
    for section in &summary.currencies {
        write_section(&mut text, section);
    }
    let _ = writeln!(
        text,
        "\n-- \nYou get this mail because a bank file with entries of this account was\n\
         imported. Averages leave out transactions of zero; {NOTHING} means there is nothing\n\
         to average. Reference {}.",
        envelope.reference.short()
    );
    if let Some(contact) = &envelope.contact {
        let _ = writeln!(text, "Questions: {}", contact.as_str());
    }
    if let Some(url) = &envelope.unsubscribe_url {
        let _ = writeln!(text, "Unsubscribe from these mails: {url}");
    }
    text
}

fn write_section(text: &mut String, section: &CurrencySummary) {
    let code = section.balance.currency().code();
    let figures = [
        ("Total balance", Some(section.balance)),
        ("In", section.credits()),
        ("Average credit", section.average_credit),
        ("Out", section.debits()),
        ("Average debit", section.average_debit),
    ];
    let width = figures.map(|(_, it)| amount(it).chars().count()).into_iter().max().unwrap_or(0);
    text.push('\n');
    for (label, figure) in figures {
        let unit = if figure.is_some() { code } else { "" };
        let line = format!("{label:<16}{:>width$} {unit}", amount(figure));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if let Some(it) = &section.not_included {
        let _ = writeln!(text, "\n{}", not_included(it, Money::grouped).join("\n"));
    }
    for year in years(section) {
        write_year(text, &year, code);
    }
}

fn write_year(text: &mut String, year: &Year<'_>, code: &str) {
    let heading = ["Transactions", "In", "Average credit", "Out", "Average debit"].map(str::to_owned);
    let mut rows = vec![(format!("{} ({code})", year.year), heading)];
    for line in &year.months {
        let figures = [
            count(line.transactions),
            amount(line.credits_if_any()),
            amount(line.average_credit),
            amount(line.debits_if_any()),
            amount(line.average_debit),
        ];
        rows.push((line.month.name().to_owned(), figures));
    }
    let mut widths = [0; 5];
    for (_, cells) in &rows {
        let wider = |(width, cell): (&mut usize, &String)| *width = (*width).max(cell.chars().count());
        widths.iter_mut().zip(cells).for_each(wider);
    }
    text.push('\n');
    for (name, cells) in rows {
        let _ = write!(text, "{name:<10}");
        for (cell, width) in cells.iter().zip(widths) {
            let _ = write!(text, "  {cell:>width$}");
        }
        text.push('\n');
    }
}

fn amount(amount: Option<Money>) -> String {
    amount.map_or_else(|| NOTHING.to_owned(), Money::grouped)
}
