//! Countries and counterparties are folds of entries and independent of their order.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use calendar::Date;
use ledger::{Entry, Figures, FlowsByDay, History, Mark, Movement, Period, Side};
use money::{Currency, Money, Reference, Worth};
use proptest::prelude::*;
use rust_decimal::Decimal;
use treasury::{ConvertedTotal, Counterparties, Countries, ExchangeRates, converted_history};

fn entry(counterparty: Option<&str>, amount: &str) -> Entry {
    let (amount, currency) = amount.split_once(' ').unwrap();
    let currency: Currency = currency.parse().unwrap();
    Entry {
        at: "2024-03-01".parse().unwrap(),
        source: "sepa".into(),
        id: None,
        ordinal: 0,
        amount_minor: i64::try_from(Money::parse(amount, currency).unwrap().minor()).unwrap(),
        currency,
        side: Side::Payer,
        counterparty: counterparty.map(Box::from),
        text: None,
        mark: Mark::Clean,
    }
}

fn entries() -> Vec<Entry> {
    vec![
        entry(Some("DE1"), "10.00 EUR"),
        entry(Some("FR1"), "-900.00 EUR"),
        entry(Some("DE2"), "-5.00 EUR"),
        entry(Some("DE1"), "7.00 USD"),
        entry(Some("4711"), "1.00 EUR"),
        entry(None, "0.00 EUR"),
        entry(Some("JP1"), "100000 JPY"),
        entry(Some("DE1"), "-1.00 EUR"),
    ]
}

fn countries(entries: &[Entry]) -> Vec<String> {
    let mut countries = Countries::default();
    entries.iter().for_each(|it| countries.take(it, &ExchangeRates::default()).unwrap());
    let line = |it: &treasury::Country| {
        let sums = it.turnover.iter().map(|it| format!("{}: {} {}", it.transactions, it.r#in, it.out));
        let country = it.country.as_deref().unwrap_or("-");
        format!("{country} {}: {}", it.transactions, sums.collect::<Vec<_>>().join(", "))
    };
    countries.finish().unwrap().countries.iter().map(line).collect()
}

#[test]
fn countries_are_those_of_the_counterparties_ibans() {
    let expected = [
        "DE 4: 3: 10.00 EUR -6.00 EUR, 1: 7.00 USD 0.00 USD",
        "FR 1: 1: 0.00 EUR -900.00 EUR",
        "JP 1: 1: 100000 JPY 0 JPY",
        "- 2: 2: 1.00 EUR 0.00 EUR",
    ];
    let mut entries = entries();
    assert_eq!(countries(&entries), expected);
    entries.reverse();
    assert_eq!(countries(&entries), expected, "in any order");
    assert_eq!(countries(&[]), [""; 0]);
}

/// The rates of each currency from the beginning.
fn rates(eur: &[(&str, &str)]) -> ExchangeRates {
    let rate = |(code, eur): &(&str, &str)| {
        let eur = Decimal::from_str_exact(eur).unwrap();
        (code.parse().unwrap(), Date::MIN, Worth { usd: Decimal::ONE, eur })
    };
    eur.iter().map(rate).collect()
}

fn top(limit: usize, into: Option<Reference>, rates: &ExchangeRates) -> (Vec<String>, Option<ConvertedTotal>) {
    let mut all = Counterparties::new(into);
    entries().iter().for_each(|it| all.take(it, rates).unwrap());
    let line = |it: treasury::Counterparty| match it.converted {
        None => it.account.into_string(),
        Some(converted) => format!("{} {}", it.account, converted.gross),
    };
    let top = all.top(limit).unwrap();
    assert_eq!(top.of, 5);
    (top.counterparties.into_iter().map(line).collect(), top.converted)
}

#[test]
fn the_top_counterparties_are_ranked_by_count_or_by_worth() {
    let with_rates = &rates(&[("USD", "0.9"), ("JPY", "0.006")]);
    let top_of = |limit: usize, into: Option<Reference>| top(limit, into, with_rates).0;
    assert_eq!(top_of(3, None), ["DE1", "4711", "DE2"]);
    let all = ["FR1 900.00 EUR", "JP1 600.00 EUR", "DE1 17.30 EUR", "DE2 5.00 EUR", "4711 1.00 EUR"];
    assert_eq!(top_of(9, Some(Reference::Eur)), all);
    assert_eq!(top_of(1, Some(Reference::Eur)), ["FR1 900.00 EUR"]);
    let (top, total) = top(1, Some(Reference::Eur), &ExchangeRates::default());
    let total = total.unwrap();
    assert_eq!((top, total.turnover.gross.to_string()), (vec!["FR1 900.00 EUR".to_owned()], "917.00 EUR".to_owned()));
    let unconverted: Vec<_> = total.unconverted.iter().map(ToString::to_string).collect();
    assert_eq!(unconverted, ["100000 JPY", "7.00 USD"], "also those of others than the top ones");
}

/// Days of a period of 40 days, an index of a currency, one of a counterparty, and minor units.
fn some_entries() -> impl Strategy<Value = Vec<(i32, usize, usize, i64)>> {
    prop::collection::vec((0_i32..40, 0_usize..3, 0_usize..6, -99_999_i64..99_999), 0..40)
}

proptest! {
    #[test]
    fn countries_and_counterparties_add_up_to_the_history_of_the_same_days(
        flows in some_entries(),
        rows in prop::collection::vec((0_i32..40, 0_usize..3, 1_i64..3_000_000), 0..12),
        into in prop::sample::select(vec![Reference::Eur, Reference::Usd]),
    ) {
        let day = |days: i32| Date::from_days(19_700 + days).unwrap();
        let code = |at: usize| ["EUR", "USD", "JPY"].get(at).unwrap().parse::<Currency>().unwrap();
        let worth = |eur: i64| Worth { usd: Decimal::new(eur + 7, 6), eur: Decimal::new(eur, 6) };
        let rates: ExchangeRates = rows.iter().map(|(at, of, eur)| (code(*of), day(*at), worth(*eur))).collect();
        let names = [None, Some("DE1"), Some("DE2"), Some("FR1"), Some("JP1"), Some("4711")];
        let (mut countries, mut counterparties) = (Countries::new(Some(into)), Counterparties::new(Some(into)));
        let (mut currencies, mut flows_by_day) = (BTreeMap::<Currency, Movement>::new(), FlowsByDay::new());
        for (at, of, name, minor) in flows {
            let entry = Entry {
                at: day(at).to_string().parse().unwrap(),
                amount_minor: minor,
                currency: code(of),
                ..entry(*names.get(name).unwrap(), "0 JPY")
            };
            countries.take(&entry, &rates).unwrap();
            counterparties.take(&entry, &rates).unwrap();
            let sum = currencies.entry(code(of)).or_default();
            sum.figures = sum.figures.and(Figures::of(minor));
            if code(of) != into.currency() {
                let sum = flows_by_day.entry(day(at)).or_default().entry(code(of)).or_default();
                *sum = sum.and(Figures::of(minor));
            }
        }
        let periods = vec![Period { from: day(0), to: day(39), currencies }];
        let history = History { periods, flows_by_day, ..History::default() };
        let history = converted_history(&history, &rates, into).unwrap().total.unwrap();
        let (countries, top) = (countries.finish().unwrap(), counterparties.top(usize::MAX).unwrap());
        for total in [countries.converted.unwrap(), top.converted.unwrap()] {
            prop_assert_eq!((total.turnover.r#in, total.turnover.out), (history.r#in, history.out));
            let gross = history.r#in.minor() - history.out.minor();
            prop_assert_eq!(total.turnover.gross.minor(), gross);
            for unconverted in total.unconverted {
                let of = |side: &[Money]| {
                    side.iter().find(|it| it.currency() == unconverted.currency()).map_or(0, |it| it.minor())
                };
                let expected = of(&history.unconverted_in) - of(&history.unconverted_out);
                prop_assert_eq!(unconverted.minor(), expected);
            }
        }
        let lines: Vec<_> = countries.countries.iter().filter_map(|it| it.converted).collect();
        prop_assert_eq!(lines.iter().map(|it| it.r#in.minor()).sum::<i128>(), history.r#in.minor());
        prop_assert_eq!(lines.iter().map(|it| it.out.minor()).sum::<i128>(), history.out.minor());
    }
}
