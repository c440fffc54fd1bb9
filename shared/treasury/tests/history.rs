//! Histories of companies add up to the cent, in their own currencies and in one.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use calendar::{Bucket, Date};
use ledger::{Figures, Movement, Period};
use money::{Currency, Money, Reference, Worth};
use proptest::prelude::*;
use rust_decimal::Decimal;
use treasury::{DifferentCuts, ExchangeRates, Valuation, company_history, converted_history};

const CODES: [&str; 4] = ["EUR", "USD", "JPY", "KWD"];
const BUCKETS: [Bucket; 5] = [Bucket::Day, Bucket::Week, Bucket::Month, Bucket::Quarter, Bucket::Year];

/// A day, a place in [`CODES`] and minor units.
type Flow = (i32, usize, i64);

fn currency(code: usize) -> Currency {
    CODES[code].parse().unwrap()
}

fn date(days: i32) -> Date {
    Date::from_days(days).unwrap()
}

/// The plain way: every flow looked at for every bucket.
fn history(flows: &[Flow], (from, to): (Date, Date), by: Bucket) -> Vec<Period> {
    let period = |(from, to): (Date, Date)| {
        let mut currencies = BTreeMap::<Currency, Movement>::new();
        for (day, code, minor) in flows.iter().filter(|it| date(it.0) <= to) {
            let movement = currencies.entry(currency(*code)).or_default();
            if date(*day) < from {
                movement.opening_minor += i128::from(*minor);
            } else {
                movement.figures = movement.figures.and(Figures::of(*minor));
            }
        }
        Period { from, to, currencies }
    };
    by.cut(from, to).map(period).collect()
}

/// Rates on some days: a day, a place in [`CODES`] and the euros of one unit in millionths.
fn rates(rows: &[(i32, usize, i64)]) -> ExchangeRates {
    let worth = |eur: i64| Worth { usd: Decimal::new(eur + 7, 6), eur: Decimal::new(eur, 6) };
    rows.iter().map(|(day, code, eur)| (currency(*code), date(*day), worth(*eur))).collect()
}

/// 2023-06-01 to 2027-01-31: year ends, a leap day, and ISO week 53 of 2026.
const DAYS: std::ops::Range<i32> = 19_509..20_849;

fn some_flows() -> impl Strategy<Value = Vec<Flow>> {
    prop::collection::vec((DAYS, 0_usize..4, -99_999_i64..99_999), 0..30)
}

proptest! {
    #[test]
    fn opening_net_and_revaluation_are_closing_which_is_the_next_opening(
        flows in some_flows(),
        rows in prop::collection::vec((DAYS, 0_usize..4, 1_i64..3_000_000), 0..12),
        (from, length) in (DAYS, 0_i32..500),
        by in prop::sample::select(BUCKETS.to_vec()),
        into in prop::sample::select(vec![Reference::Eur, Reference::Usd]),
    ) {
        let (from, to) = (date(from), date((from + length).min(DAYS.end)));
        let rates = rates(&rows);
        let periods = history(&flows, (from, to), by);
        let told = converted_history(&periods, &rates, into).unwrap();
        prop_assert_eq!(told.len(), periods.len());
        let balance = |day: Date| {
            let sums = history(&flows, (day, day), Bucket::Day).remove(0).currencies;
            let amounts = sums.iter().map(|(currency, it)| Money::new(it.closing_minor(), *currency));
            let sum = Valuation { rates: &rates, on: day, into }.sum(amounts).unwrap();
            (sum.worth.rounded().unwrap(), sum.unconverted)
        };
        let mut before = balance(from.plus_days(-1).unwrap()).0;
        for it in &told {
            prop_assert_eq!(it.opening.minor(), before);
            prop_assert_eq!(it.net.minor(), it.r#in.minor() + it.out.minor());
            prop_assert_eq!(it.opening.minor() + it.net.minor() + it.revaluation.minor(), it.closing.minor());
            prop_assert_eq!((it.closing.minor(), it.unconverted_closing.clone()), balance(it.to));
            before = it.closing.minor();
        }
    }

    #[test]
    fn the_history_of_a_company_is_that_of_all_its_flows(
        accounts in prop::collection::vec(some_flows(), 0..4),
        (from, length) in (DAYS, 0_i32..500),
        by in prop::sample::select(BUCKETS.to_vec()),
    ) {
        let days = (date(from), date((from + length).min(DAYS.end)));
        let histories = accounts.iter().map(|flows| history(flows, days, by));
        let together = company_history(histories).unwrap();
        let all: Vec<Flow> = accounts.concat();
        let expected = if accounts.is_empty() { Vec::new() } else { history(&all, days, by) };
        prop_assert_eq!(together, expected);
    }

    #[test]
    fn with_one_rate_for_ever_nothing_but_rounding_is_revalued(flows in some_flows(), eur in 1_i64..3_000_000) {
        let rates = rates(&[0, 1, 2, 3].map(|code| (DAYS.start - 9_999, code, if code == 0 { 1_000_000 } else { eur })));
        let periods = history(&flows, (date(DAYS.start), date(DAYS.end)), Bucket::Month);
        for it in converted_history(&periods, &rates, Reference::Eur).unwrap() {
            prop_assert!(it.revaluation.minor().abs() <= 2, "{:?}", it);
            prop_assert!(it.unconverted_opening.is_empty() && it.unconverted_closing.is_empty());
        }
    }
}

#[test]
fn a_rate_that_changes_is_a_revaluation() {
    // 100 dollars before 2024, 50 in January; 0.90 euros a dollar from 2023 on, 0.92 from 2024-01-31 on.
    let flows = [(19_600, 1, 10_000), (19_730, 1, 5_000), (19_731, 1, -1_000)];
    let rates = rates(&[(19_500, 1, 900_000), (19_753, 1, 920_000)]);
    let days = ("2024-01-01".parse().unwrap(), "2024-02-29".parse().unwrap());
    let told = converted_history(&history(&flows, days, Bucket::Month), &rates, Reference::Eur).unwrap();
    let figures = told
        .iter()
        .map(|it| [it.opening, it.r#in, it.out, it.net, it.revaluation, it.closing].map(Money::amount).join(" "));
    assert_eq!(
        figures.collect::<Vec<_>>(),
        ["90.00 46.00 -9.20 36.80 2.00 128.80", "128.80 0.00 0.00 0.00 0.00 128.80"]
    );
}

#[test]
fn a_currency_without_a_rate_stays_beside_and_comes_in_with_its_first() {
    let flows = [(19_600, 0, 10_000), (19_600, 2, 500)];
    let rates = rates(&[(19_740, 2, 6_000)]);
    let days = ("2023-12-01".parse().unwrap(), "2024-01-31".parse().unwrap());
    let told = converted_history(&history(&flows, days, Bucket::Month), &rates, Reference::Eur).unwrap();
    let yen = [Money::new(500, currency(2))];
    assert_eq!((told[0].closing.amount(), &told[0].unconverted_closing[..]), ("100.00".to_owned(), &yen[..]));
    assert_eq!((told[1].revaluation.amount(), &told[1].unconverted_opening[..]), ("3.00".to_owned(), &yen[..]));
    assert!(told[1].unconverted_closing.is_empty());
}

#[test]
fn histories_of_different_days_do_not_add_up() {
    let days = |to: &str| ("2024-01-01".parse().unwrap(), to.parse().unwrap());
    let one = history(&[], days("2024-01-31"), Bucket::Month);
    let other = history(&[], days("2024-01-30"), Bucket::Month);
    assert_eq!(company_history([one.clone(), other]), Err(DifferentCuts));
    assert_eq!(company_history([one, Vec::new()]), Err(DifferentCuts));
}
