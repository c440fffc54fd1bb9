//! Interest accrues daily, actual/365, and is rounded once.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use calendar::{Bucket, Date};
use ledger::{Movement, Period};
use money::Currency;
use proptest::prelude::*;
use treasury::{Interest, InterestBase, InterestRates, NotADay, RateError, YearlyRate};

fn day(date: Date, closing_minor: i128) -> Period {
    let movement = Movement { opening_minor: closing_minor, ..Movement::default() };
    Period { from: date, to: date, currencies: [(Currency::EUR, movement)].into() }
}

/// The interest on the closing balances of accounts, from `from` on.
fn interest(from: &str, accounts: &[&[i128]], rates: InterestRates) -> Interest {
    let mut base = InterestBase::default();
    for closings in accounts {
        let days = Bucket::Day.cut(from.parse().unwrap(), Date::MAX);
        for ((date, _), closing) in days.zip(*closings) {
            base.take(&day(date, *closing)).unwrap();
        }
    }
    base.at(rates).unwrap().remove(0)
}

fn check(from: &str, accounts: &[&[i128]], on_debt: &str, on_credit: &str) {
    let interest = interest(from, accounts, InterestRates::default());
    assert_eq!((interest.on_debt.amount(), interest.on_credit.amount()), (on_debt.to_owned(), on_credit.to_owned()));
}

#[test]
fn a_year_of_debt_and_credit_bears_three_and_one_percent() {
    check("2023-01-01", &[&[100_000; 365]], "0.00", "10.00");
    check("2023-01-01", &[&[-100_000; 365]], "-30.00", "0.00");
    // A leap year has one more day, which bears interest, too: 30.00 * 366 / 365.
    check("2024-01-01", &[&[-100_000; 366]], "-30.08", "0.00");
    check("2023-01-01", &[&[-100_000; 365], &[100_000; 365]], "-30.00", "10.00");
}

#[test]
fn interest_is_rounded_once_at_the_end() {
    // 10 euros of debt bear 0.0822 cents a day, which daily rounding would lose.
    check("2023-01-01", &[&[-1_000; 365]], "-0.30", "0.00");
    // 0.5 cents round to 0, and 1.5 to 2.
    check("2023-01-01", &[&[-365_000, 18_250]], "-0.30", "0.00");
    check("2023-01-01", &[&[54_750]], "0.00", "0.02");
}

#[test]
fn rates_are_parts_of_one() {
    for text in ["0", "0.03", "1", "1.000000", "0.000001", "0.030"] {
        assert!(text.parse::<YearlyRate>().is_ok(), "{text}");
    }
    for text in
        ["", "-0.01", "1.000001", "0.0000001", "3 %", "3e-2", "+1", "2", ".", "0,03", "99999999999999999999999999999"]
    {
        assert_eq!(text.parse::<YearlyRate>(), Err(RateError), "{text}");
    }
    assert_eq!("0.030".parse::<YearlyRate>().unwrap().to_string(), "0.03");
    let full = InterestRates { debt: "1".parse().unwrap(), credit: "0".parse().unwrap() };
    let interest = interest("2023-01-01", &[&[-365], &[99_999]], full);
    assert_eq!((interest.on_debt.minor(), interest.on_credit.minor()), (-1, 0));
}

#[test]
fn a_period_of_more_days_is_no_day() {
    let from: Date = "2023-01-01".parse().unwrap();
    let month = Period { to: "2023-01-31".parse().unwrap(), ..day(from, 1) };
    assert_eq!(InterestBase::default().take(&month), Err(NotADay));
}

proptest! {
    #[test]
    fn interest_is_what_plain_arithmetic_says(closings in prop::collection::vec(-9_999_999_i128..9_999_999, 1..60)) {
        let interest = interest("2023-12-15", &[&closings], InterestRates::default());
        for (side, percent) in [(interest.on_debt, 3), (interest.on_credit, 1)] {
            let debt = percent == 3;
            let sum: i128 = closings.iter().filter(|it| (**it < 0) == debt).sum();
            let off = (side.minor() * 36_500 - sum * percent).abs();
            prop_assert!(off * 2 <= 36_500, "{} for {}", side, sum);
        }
    }
}
