//! Countries and counterparties are folds of entries and independent of their order.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use calendar::Date;
use ledger::{Entry, Mark, Side};
use money::{Currency, Money, Reference, Worth};
use rust_decimal::Decimal;
use treasury::{Counterparties, Countries, ExchangeRates, Ranking, Valuation};

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
    entries.iter().for_each(|it| countries.take(it));
    let line = |it: &treasury::Country| {
        let sums = it.turnover.iter().map(|it| format!("{}: {} {}", it.transactions, it.r#in, it.out));
        let country = it.country.as_deref().unwrap_or("-");
        format!("{country} {}: {}", it.transactions, sums.collect::<Vec<_>>().join(", "))
    };
    countries.finish().iter().map(line).collect()
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

#[test]
fn the_top_counterparties_are_ranked_by_count_or_by_worth() {
    let rates: ExchangeRates = [("USD", "0.9"), ("JPY", "0.006")]
        .map(|(code, eur)| {
            let eur = Decimal::from_str_exact(eur).unwrap();
            (code.parse().unwrap(), Date::MIN, Worth { usd: Decimal::ONE, eur })
        })
        .into_iter()
        .collect();
    let valuation = Valuation { rates: &rates, on: Date::MAX, into: Reference::Eur };
    let top = |limit: usize, ranking: Ranking<'_>| {
        let mut all = Counterparties::default();
        entries().iter().for_each(|it| all.take(it));
        let line = |it: treasury::Counterparty| match it.gross {
            None => it.account.into_string(),
            Some(gross) => format!("{} {gross}", it.account),
        };
        let top = all.top(limit, &ranking).unwrap();
        assert_eq!(top.of, 5);
        (top.counterparties.into_iter().map(line).collect::<Vec<_>>(), top.unconverted)
    };
    let top_of = |limit: usize, ranking: Ranking<'_>| {
        let (top, unconverted) = top(limit, ranking);
        assert_eq!(unconverted, [], "every currency has a rate, or none is needed");
        top
    };
    assert_eq!(top_of(3, Ranking::Count), ["DE1", "4711", "DE2"]);
    assert_eq!(
        top_of(9, Ranking::Gross(valuation)),
        ["FR1 900.00 EUR", "JP1 600.00 EUR", "DE1 17.30 EUR", "DE2 5.00 EUR", "4711 1.00 EUR"]
    );
    assert_eq!(top_of(1, Ranking::Gross(valuation)), ["FR1 900.00 EUR"]);
    let none = Valuation { rates: &ExchangeRates::default(), ..valuation };
    let beside = ["100000 JPY", "7.00 USD"].map(|it| {
        let (amount, currency) = it.split_once(' ').unwrap();
        Money::parse(amount, currency.parse().unwrap()).unwrap()
    });
    let top = top(1, Ranking::Gross(none));
    assert_eq!(top, (vec!["FR1 900.00 EUR".to_owned()], beside.to_vec()), "also those of others than the top ones");
}
