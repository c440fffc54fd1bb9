//! The plain-text part: the same figures, aligned.

use std::fmt::Write as _;

use money::Money;

use crate::page::{Year, years};
use crate::words::{NOTHING, long_date, shown_name};
use crate::{CurrencySummary, Envelope, Summary};

/// The text, with lines that end in `\n`; the mail's encoding makes CRLF of them.
pub(crate) fn plain(summary: &Summary, envelope: &Envelope) -> String {
    let mut text = String::from("MILLRACE\n\nAccount summary");
    if let Some(name) = summary.holder.as_deref().and_then(shown_name) {
        text.push_str(" for ");
        text.push_str(&name);
    }
    let _ = writeln!(text, "\nAccount {}, as of {}", summary.account.masked(), long_date(summary.as_of));
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
    let figures = [Some(section.balance), section.average_credit, section.average_debit];
    let width = figures.map(|it| amount(it).chars().count()).into_iter().max().unwrap_or(0);
    text.push('\n');
    for (label, figure) in ["Total balance", "Average credit", "Average debit"].into_iter().zip(figures) {
        let unit = if figure.is_some() { code } else { "" };
        let line = format!("{label:<16}{:>width$} {unit}", amount(figure));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    for year in years(section) {
        write_year(text, &year, code);
    }
}

fn write_year(text: &mut String, year: &Year<'_>, code: &str) {
    let heading = format!("{} ({code})", year.year);
    let _ = writeln!(
        text,
        "\n{heading:<12}{:>22}{:>18}{:>18}",
        "Number of transactions", "Average credit", "Average debit"
    );
    for line in &year.months {
        let _ = writeln!(
            text,
            "{:<12}{:>22}{:>18}{:>18}",
            line.month.name(),
            line.transactions,
            amount(line.average_credit),
            amount(line.average_debit)
        );
    }
}

fn amount(amount: Option<Money>) -> String {
    amount.map_or_else(|| NOTHING.to_owned(), Money::amount)
}
