//! Histories of companies add up to the cent, in their own currencies and converted.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use calendar::{Bucket, Date};
use ledger::{Figures, FlowsByDay, History, Movement, Period};
use money::{Currency, Money, Reference, Worth};
use proptest::prelude::*;
use rust_decimal::Decimal;
use treasury::{ConvertedPeriod, ExchangeRates, Valuation, converted_history};

const CODES: [&str; 4] = ["EUR", "USD", "JPY", "KWD"];
const BUCKETS: [Bucket; 5] = [Bucket::Day, Bucket::Week, Bucket::Month, Bucket::Quarter, Bucket::Year];

/// A day, an index of [`CODES`] and minor units.
type Flow = (i32, usize, i64);

fn currency(code: usize) -> Currency {
    CODES[code].parse().unwrap()
}

fn date(days: i32) -> Date {
    Date::from_days(days).unwrap()
}

/// The reference implementation: checks every flow for every bucket.
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

/// The same with the flows by day, for a conversion.
fn to_convert(flows: &[Flow], days: (Date, Date), by: Bucket, into: Reference) -> History {
    let mut flows_by_day = FlowsByDay::new();
    for (day, code, minor) in flows {
        if currency(*code) != into.currency() && (days.0..=days.1).contains(&date(*day)) {
            let sum = flows_by_day.entry(date(*day)).or_default().entry(currency(*code)).or_default();
            *sum = sum.and(Figures::of(*minor));
        }
    }
    History { periods: history(flows, days, by), flows_by_day, ..History::default() }
}

/// Rates on some days: a day, an index of [`CODES`] and the euros of one unit in millionths.
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
        let history_to_convert = to_convert(&flows, (from, to), by, into);
        let converted = converted_history(&history_to_convert, &rates, into).unwrap();
        let periods = &converted.periods;
        prop_assert_eq!(periods.len(), history_to_convert.periods.len());
        let balance = |day: Date| {
            let sums = history(&flows, (day, day), Bucket::Day).remove(0).currencies;
            let amounts = sums.iter().map(|(currency, it)| Money::new(it.closing_minor(), *currency));
            let sum = Valuation { rates: &rates, on: day, into }.sum(amounts).unwrap();
            (sum.worth.rounded().unwrap(), sum.unconverted)
        };
        let mut before = balance(from.plus_days(-1).unwrap()).0;
        for it in periods {
            prop_assert_eq!(it.opening.minor(), before);
            prop_assert_eq!(it.net.minor(), it.r#in.minor() + it.out.minor());
            prop_assert_eq!(it.opening.minor() + it.net.minor() + it.revaluation.minor(), it.closing.minor());
            prop_assert_eq!((it.closing.minor(), it.unconverted_closing.clone()), balance(it.to));
            before = it.closing.minor();
        }
        // The total equals that of one period over all days, and the rows add up to it.
        let total = converted.total.unwrap();
        let sum = |of: fn(&ConvertedPeriod) -> Money| periods.iter().map(|it| of(it).minor()).sum::<i128>();
        let sums = (sum(|it| it.r#in), sum(|it| it.out), sum(|it| it.net), sum(|it| it.revaluation));
        let of_total = [total.r#in, total.out, total.net, total.revaluation].map(Money::minor);
        prop_assert_eq!(sums, of_total.into());
        prop_assert_eq!((total.opening, total.closing), (periods[0].opening, periods[periods.len() - 1].closing));
        // Flow by flow at the rate of its day, rounded once.
        let plain = |is_in: bool| {
            let within = flows.iter().filter(|it| (from..=to).contains(&date(it.0)) && (it.2 > 0) == is_in);
            let worths = within.filter_map(|(day, code, minor)| {
                Valuation { rates: &rates, on: date(*day), into }.value(Money::new(*minor, currency(*code))).unwrap()
            });
            worths.reduce(|sum, it| sum.try_add(it).unwrap()).unwrap_or_default().rounded().unwrap()
        };
        prop_assert_eq!((total.r#in.minor(), total.out.minor()), (plain(true), plain(false)));
    }

    #[test]
    fn the_history_of_a_company_is_that_of_all_its_flows(
        accounts in prop::collection::vec(some_flows(), 0..4),
        (from, length) in (DAYS, 0_i32..500),
        by in prop::sample::select(BUCKETS.to_vec()),
    ) {
        let days = (date(from), date((from + length).min(DAYS.end)));
        let histories = accounts.iter().map(|flows| to_convert(flows, days, by, Reference::Eur));
        let together = histories.fold(History::default(), History::and);
        let all: Vec<Flow> = accounts.concat();
        let is_empty = accounts.is_empty();
        let expected = if is_empty { History::default() } else { to_convert(&all, days, by, Reference::Eur) };
        prop_assert_eq!(together, expected);
    }

    #[test]
    fn with_one_rate_for_ever_nothing_but_rounding_is_revalued(flows in some_flows(), eur in 1_i64..3_000_000) {
        let rates = rates(&[0, 1, 2, 3].map(|code| (DAYS.start - 9_999, code, if code == 0 { 1_000_000 } else { eur })));
        let to_convert = to_convert(&flows, (date(DAYS.start), date(DAYS.end)), Bucket::Month, Reference::Eur);
        for it in converted_history(&to_convert, &rates, Reference::Eur).unwrap().periods {
            prop_assert!(it.revaluation.minor().abs() <= 2, "{:?}", it);
            prop_assert!(it.unconverted_opening.is_empty() && it.unconverted_closing.is_empty());
        }
    }
}

fn euros_by_month(flows: &[Flow], days: (Date, Date), rates: &ExchangeRates) -> Vec<ConvertedPeriod> {
    let history = to_convert(flows, days, Bucket::Month, Reference::Eur);
    converted_history(&history, rates, Reference::Eur).unwrap().periods
}

#[test]
fn a_rate_that_changes_is_a_revaluation() {
    // 100 dollars before 2024, 50 in January; 0.90 euros a dollar from 2023 on, 0.92 from 2024-01-31 on.
    let flows = [(19_600, 1, 10_000), (19_730, 1, 5_000), (19_731, 1, -1_000)];
    let rates = rates(&[(19_500, 1, 900_000), (19_753, 1, 920_000)]);
    let days = ("2024-01-01".parse().unwrap(), "2024-02-29".parse().unwrap());
    let periods = euros_by_month(&flows, days, &rates);
    let figures = periods
        .iter()
        .map(|it| [it.opening, it.r#in, it.out, it.net, it.revaluation, it.closing].map(Money::amount).join(" "));
    assert_eq!(
        figures.collect::<Vec<_>>(),
        ["90.00 45.00 -9.00 36.00 2.80 128.80", "128.80 0.00 0.00 0.00 0.00 128.80"]
    );
}

#[test]
fn a_currency_without_a_rate_stays_beside_and_comes_in_with_its_first() {
    let flows = [(19_600, 0, 10_000), (19_600, 2, 500)];
    let rates = rates(&[(19_740, 2, 6_000)]);
    let days = ("2023-12-01".parse().unwrap(), "2024-01-31".parse().unwrap());
    let periods = euros_by_month(&flows, days, &rates);
    let yen = [Money::new(500, currency(2))];
    assert_eq!((periods[0].closing.amount(), &periods[0].unconverted_closing[..]), ("100.00".to_owned(), &yen[..]));
    assert_eq!((periods[1].revaluation.amount(), &periods[1].unconverted_opening[..]), ("3.00".to_owned(), &yen[..]));
    assert!(periods[1].unconverted_closing.is_empty());
    let total_with = |rates: &ExchangeRates| {
        let history = to_convert(&flows, days, Bucket::Month, Reference::Eur);
        converted_history(&history, rates, Reference::Eur).unwrap().total.unwrap()
    };
    let total = total_with(&rates);
    assert_eq!((&total.unconverted_opening[..], &total.unconverted_closing[..]), (&yen[..], &[][..]));
    assert_eq!(total_with(&ExchangeRates::default()).unconverted_closing, yen, "no rate at all");
}

#[test]
fn flows_without_a_rate_stay_beside_the_converted_ones() {
    // Yen on two days before their first rate and on one after it; dinars, which never have a rate, come and go.
    let flows = [(19_700, 2, 500), (19_731, 2, -200), (19_745, 2, 300), (19_724, 3, 7_000), (19_760, 3, -7_000)];
    let rates = rates(&[(19_740, 2, 6_000)]);
    let days = ("2023-12-01".parse().unwrap(), "2024-02-29".parse().unwrap());
    let history = to_convert(&flows, days, Bucket::Month, Reference::Eur);
    let converted = converted_history(&history, &rates, Reference::Eur).unwrap();
    let beside = |it: &ConvertedPeriod| {
        [&it.unconverted_opening, &it.unconverted_in, &it.unconverted_out, &it.unconverted_closing]
            .map(|it| it.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    };
    let expected = [
        ["", "500 JPY", "", "500 JPY"],
        ["500 JPY", "7.000 KWD", "-200 JPY", "7.000 KWD"],
        ["7.000 KWD", "", "-7.000 KWD", ""],
    ];
    assert_eq!(converted.periods.iter().map(beside).collect::<Vec<_>>(), expected);
    assert_eq!(beside(&converted.total.unwrap()), ["", "500 JPY 7.000 KWD", "-200 JPY -7.000 KWD", ""]);
}

#[test]
fn in_and_out_of_a_year_are_the_same_by_day_month_and_year() {
    let flows: Vec<Flow> = (0..365).map(|day| (19_358 + day, 1, if day % 3 == 0 { -7_001 } else { 9_003 })).collect();
    let rates = rates(&(0..365).map(|day| (19_358 + day, 1, 900_000 + 137 * i64::from(day))).collect::<Vec<_>>());
    let days = ("2023-01-01".parse().unwrap(), "2023-12-31".parse().unwrap());
    let sums = BUCKETS.map(|by| {
        let history = to_convert(&flows, days, by, Reference::Eur);
        let periods = converted_history(&history, &rates, Reference::Eur).unwrap().periods;
        let sum = |of: fn(&ConvertedPeriod) -> Money| periods.iter().map(|it| of(it).minor()).sum::<i128>();
        (sum(|it| it.r#in), sum(|it| it.out), sum(|it| it.revaluation))
    });
    assert_eq!(sums, [sums[0]; 5]);
}

#[test]
fn each_flow_has_the_rate_of_its_own_day_and_the_rows_add_up_to_the_total() {
    // A cent in dollars on three days in two months, at 0.50, 0.40 and 0.40 euros: 1.3 cents, which is 1.
    let flows = [(19_723, 1, 1), (19_753, 1, 1), (19_754, 1, 1)];
    let rates = rates(&[(19_500, 1, 500_000), (19_740, 1, 400_000)]);
    let days = ("2024-01-01".parse().unwrap(), "2024-02-29".parse().unwrap());
    let history = to_convert(&flows, days, Bucket::Month, Reference::Eur);
    let converted = converted_history(&history, &rates, Reference::Eur).unwrap();
    let row = |it: &ConvertedPeriod| [it.opening, it.r#in, it.revaluation, it.closing].map(Money::amount).join(" ");
    assert_eq!(converted.periods.iter().map(row).collect::<Vec<_>>(), ["0.00 0.01 0.00 0.01", "0.01 0.00 0.00 0.01"]);
    assert_eq!(row(&converted.total.unwrap()), "0.00 0.01 0.00 0.01");
    let none = converted_history(&History::default(), &rates, Reference::Eur).unwrap();
    assert_eq!((none.periods.len(), none.total), (0, None));
}
