//! Summaries to make mails of.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "examples for tests; each test uses some of them"
)]

use mail::{CurrencySummary, EmailAddress, Envelope, LastEntry, MonthLine, Reference, Summary};
use money::{Currency, Money, average_minor};

/// Entries of one currency as an account holder would write them: a date and an amount.
pub(crate) fn section(code: &str, entries: &[(&str, &str)]) -> CurrencySummary {
    let currency: Currency = code.parse().unwrap();
    let entries: Vec<(calendar::Month, i128)> = entries
        .iter()
        .map(|(date, amount)| {
            let date: calendar::Date = date.parse().unwrap();
            (date.month(), Money::parse(amount, currency).unwrap().minor())
        })
        .collect();
    let mut months: Vec<_> = entries.iter().map(|(month, _)| *month).collect();
    months.sort_unstable();
    months.dedup();
    let average = |of: &[i128]| {
        let count = u64::try_from(of.len()).unwrap();
        average_minor(of.iter().sum(), count).map(|minor| Money::new(minor, currency))
    };
    let split = |month: Option<calendar::Month>| {
        let of: Vec<i128> =
            entries.iter().filter(|it| month.is_none_or(|month| it.0 == month)).map(|it| it.1).collect();
        let (credits, debits): (Vec<i128>, Vec<i128>) =
            (of.iter().copied().filter(|it| *it > 0).collect(), of.iter().copied().filter(|it| *it < 0).collect());
        (of, credits, debits)
    };
    let lines = months.into_iter().map(|month| {
        let (all, credits, debits) = split(Some(month));
        MonthLine {
            month,
            transactions: u64::try_from(all.len()).unwrap(),
            average_credit: average(&credits),
            average_debit: average(&debits),
            credits: Money::new(credits.iter().sum::<i128>(), currency),
            debits: Money::new(debits.iter().sum::<i128>(), currency),
        }
    });
    let months = lines.collect();
    let (all, credits, debits) = split(None);
    CurrencySummary {
        balance: Money::new(all.iter().sum::<i128>(), currency),
        months,
        average_credit: average(&credits),
        average_debit: average(&debits),
        not_included: None,
    }
}

pub(crate) fn summary(currencies: Vec<CurrencySummary>) -> Summary {
    Summary {
        holder: Some("Ada Lovelace".to_owned()),
        account: "DE89370400440532013000".parse().unwrap(),
        as_of: "2026-08-14".parse().unwrap(),
        last_entry: last_entry(&currencies),
        currencies,
    }
}

/// Of the entries, only the months are known here.
fn last_entry(currencies: &[CurrencySummary]) -> Option<LastEntry> {
    currencies.iter().flat_map(|it| &it.months).map(|it| it.month).max().map(LastEntry::Month)
}

/// The four rows of the product page.
pub(crate) fn four_rows() -> Summary {
    let rows = [("2026-07-15", "+60.5"), ("2026-07-28", "-10.3"), ("2026-08-02", "-20.46"), ("2026-08-13", "+10")];
    let last_entry = Some(LastEntry::Day("2026-08-13".parse().unwrap()));
    Summary { last_entry, ..summary(vec![section("EUR", &rows)]) }
}

/// Five years of wages, rent and a few other things, the same each time.
pub(crate) fn five_years() -> Summary {
    let mut entries = Vec::new();
    for number in 0..60_u32 {
        let (year, month) = (2021 + (number + 8) / 12, (number + 8) % 12 + 1);
        if number == 31 {
            continue;
        }
        entries.push((format!("{year}-{month:02}-01"), format!("-{}.00", 780 + number)));
        entries.push((format!("{year}-{month:02}-25"), format!("{}.{:02}", 2150 + number * 7, number % 100)));
        for extra in 0..number * 7 % 5 {
            entries.push((
                format!("{year}-{month:02}-{:02}", extra + 5),
                format!("-{}.{:02}", 40 + number * 13 % 310, extra * 17),
            ));
        }
    }
    let entries: Vec<(&str, &str)> = entries.iter().map(|(date, amount)| (date.as_str(), amount.as_str())).collect();
    summary(vec![section("EUR", &entries)])
}

/// Three currencies: one with both sides, one without decimals and credits, one with three decimals and large.
pub(crate) fn three_currencies() -> Summary {
    summary(vec![
        section("EUR", &[("2025-12-30", "1200"), ("2026-01-02", "-350.25"), ("2026-03-09", "-0.01")]),
        section("JPY", &[("2026-02-01", "-12000"), ("2026-02-02", "-8000")]),
        section("KWD", &[("2026-02-01", "1234567.125"), ("2026-03-01", "0")]),
    ])
}

pub(crate) fn envelope() -> Envelope {
    Envelope {
        from: EmailAddress::parse("summaries@millrace.example").unwrap(),
        to: EmailAddress::parse("ada@example.com").unwrap(),
        reference: Reference::of_summary(&"DE89370400440532013000".parse().unwrap(), "imp-1"),
        sent_on: "2026-08-14T06:30:00Z".parse().unwrap(),
        contact: None,
        unsubscribe_url: None,
    }
}
