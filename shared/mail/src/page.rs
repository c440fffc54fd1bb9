//! The HTML part: the data of the template.

use askama::Template;

use crate::message::{Envelope, Image, LOGO_CID, chart_cid};
use crate::words::{count, figure, figure_or_dash, last_entry, long_date, not_included, shown_name};
use crate::{CurrencySummary, MonthLine, Summary, chart};

/// The months of one year.
pub(crate) struct Year<'a> {
    pub(crate) year: i32,
    pub(crate) months: Vec<&'a MonthLine>,
}

/// The months grouped by year: newest year first, months ascending.
pub(crate) fn years(section: &CurrencySummary) -> Vec<Year<'_>> {
    let mut months: Vec<&MonthLine> = section.months.iter().collect();
    months.sort_by_key(|line| line.month);
    let mut years: Vec<Year<'_>> = months
        .chunk_by(|one, other| one.month.year() == other.month.year())
        .filter_map(|of_year| {
            let year = of_year.first()?.month.year();
            Some(Year { year, months: of_year.to_vec() })
        })
        .collect();
    years.reverse();
    years
}

#[derive(Template)]
#[template(path = "summary.html")]
struct Page<'a> {
    subject: &'a str,
    logo: String,
    holder: Option<String>,
    account: String,
    as_of: String,
    last_entry: Option<String>,
    sections: Vec<Section<'a>>,
    reference: &'a str,
    contact: Option<&'a str>,
    unsubscribe_url: Option<&'a str>,
    chart_width: u32,
}

struct Section<'a> {
    code: &'a str,
    balance: String,
    transactions: String,
    credits: String,
    average_credit: String,
    debits: String,
    average_debit: String,
    has_credits: bool,
    has_debits: bool,
    not_included: Option<String>,
    chart: Option<Chart>,
    years: Vec<YearOfPage>,
}

struct Chart {
    source: String,
    describes: String,
}

struct YearOfPage {
    year: i32,
    rows: Vec<Row>,
}

struct Row {
    month: &'static str,
    transactions: String,
    credits: String,
    average_credit: String,
    debits: String,
    average_debit: String,
}

/// The HTML; it references the images by their Content-IDs.
pub(crate) fn html(
    summary: &Summary,
    envelope: &Envelope,
    subject: &str,
    images: &[Image],
) -> Result<String, askama::Error> {
    let page = Page {
        subject,
        logo: format!("cid:{LOGO_CID}"),
        holder: summary.holder.as_deref().and_then(shown_name),
        account: summary.account.masked(),
        as_of: long_date(summary.as_of),
        last_entry: summary.last_entry.map(last_entry),
        sections: summary.currencies.iter().map(|section| Section::of(section, images)).collect(),
        reference: envelope.reference.short(),
        contact: envelope.contact.as_ref().map(crate::EmailAddress::as_str),
        unsubscribe_url: envelope.unsubscribe_url.as_deref(),
        chart_width: chart::SHOWN_WIDTH,
    };
    page.render()
}

impl<'a> Section<'a> {
    fn of(section: &'a CurrencySummary, images: &[Image]) -> Self {
        let currency = section.balance.currency();
        Self {
            code: currency.code(),
            balance: figure(section.balance),
            transactions: count(section.months.iter().fold(0, |sum, line| sum.saturating_add(line.transactions))),
            credits: figure_or_dash(section.credits()),
            average_credit: figure_or_dash(section.average_credit),
            debits: figure_or_dash(section.debits()),
            average_debit: figure_or_dash(section.average_debit),
            has_credits: section.average_credit.is_some(),
            has_debits: section.average_debit.is_some(),
            not_included: section.not_included.as_ref().map(|it| not_included(it, figure).join(" ")),
            chart: Chart::of(section, images),
            years: years(section).iter().map(YearOfPage::of).collect(),
        }
    }
}

impl Chart {
    fn of(section: &CurrencySummary, images: &[Image]) -> Option<Self> {
        let cid = chart_cid(section.balance.currency());
        let image = images.iter().find(|image| image.cid == cid)?;
        let (first, last) = chart::span(section)?;
        let name = |month: calendar::Month| format!("{} {}", month.name(), month.year());
        Some(Self {
            source: format!("cid:{}", image.cid),
            describes: format!("Money in and out per month, {} to {}", name(first), name(last)),
        })
    }
}

impl YearOfPage {
    fn of(year: &Year<'_>) -> Self {
        let rows = year.months.iter().map(|line| Row {
            month: line.month.name(),
            transactions: count(line.transactions),
            credits: figure_or_dash(line.credits_if_any()),
            average_credit: figure_or_dash(line.average_credit),
            debits: figure_or_dash(line.debits_if_any()),
            average_debit: figure_or_dash(line.average_debit),
        });
        Self { year: year.year, rows: rows.collect() }
    }
}
