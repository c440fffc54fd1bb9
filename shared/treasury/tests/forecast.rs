//! Forecasts are those of a plain reference, and are as good as they say.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use calendar::{Bucket, Date};
use ledger::{Figures, Movement, Period};
use money::{Currency, Money, Reference, Worth, average_minor};
use proptest::prelude::*;
use treasury::{
    DailyFlows, ExchangeRates, Forecast, Outlook, Valuation, company_history, days_needed, forecast, up_to_last_entry,
};

fn of(balance: i128, flows: &[i128], days: usize) -> Forecast {
    let flows = DailyFlows { balance: Money::new(balance, Currency::EUR), net_minor: flows.to_vec() };
    forecast(&flows, days)
}

fn made(balance: i128, flows: &[i128], days: usize) -> Outlook {
    match of(balance, flows, days) {
        Forecast::Made(outlook) => outlook,
        other @ Forecast::TooShort { .. } => panic!("{other:?}"),
    }
}

/// The sum of thirteen forecasts, one for each week looked back on: day by day, the flow of the same weekday.
fn plain(flows: &[i128], days: usize) -> i128 {
    let mut sum = 0;
    for ahead in 0..days {
        for week in 1..=13 {
            sum += flows[flows.len() + ahead % 7 - 7 * week];
        }
    }
    average_minor(sum, 13).unwrap()
}

/// Numbers that look random, the same each time.
fn noise(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |it| {
        Some(it.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .map(|it| it >> 33)
}

#[test]
fn a_constant_flow_is_forecast_exactly_and_without_error() {
    for days in [1, 6, 7, 30, 100] {
        let outlook = made(5_000, &vec![-120; days_needed(days) + 50], days);
        let expected = 5_000 - 120 * days as i128;
        assert_eq!(
            (outlook.expected.minor(), outlook.low.minor(), outlook.high.minor()),
            (expected, expected, expected)
        );
        assert_eq!((outlook.mean_error.minor(), outlook.held), (0, outlook.judged));
        assert!(outlook.judged >= days, "{outlook:?}");
    }
}

#[test]
fn a_week_that_repeats_is_forecast_exactly() {
    let flows: Vec<i128> = [900, -100, -100, -50, -400, 0, 0].into_iter().cycle().take(400).collect();
    for days in 1..40 {
        let outlook = made(0, &flows, days);
        let expected: i128 = [900, -100, -100, -50, -400, 0, 0].iter().cycle().skip(400 % 7).take(days).sum();
        assert_eq!((outlook.expected.minor(), outlook.mean_error.minor()), (expected, 0), "{days}");
    }
}

#[test]
fn the_interval_holds_in_about_eight_of_ten_cases() {
    for (seed, days) in [(1, 1), (2, 1), (3, 5), (4, 7)] {
        let flows: Vec<i128> = noise(seed).map(|it| i128::from(it % 20_001) - 10_000).take(3_000).collect();
        let outlook = made(0, &flows, days);
        let percent = outlook.held * 100 / outlook.judged;
        assert!((75..=85).contains(&percent), "{percent} % of {outlook:?}");
        assert!(outlook.low.minor() < outlook.expected.minor() && outlook.expected.minor() < outlook.high.minor());
        // What nobody knew when the forecast was made: does the interval hold there, too?
        let (mut held, mut of) = (0, 0);
        for start in (600..2_900).step_by(23) {
            let before = made(0, &flows[start - 600..start], days);
            let became: i128 = flows[start..start + days].iter().sum();
            held += usize::from((before.low.minor()..=before.high.minor()).contains(&became));
            of += 1;
        }
        assert!((70..=90).contains(&(held * 100 / of)), "{held} of {of}");
    }
}

#[test]
fn too_short_a_past_is_told_instead_of_a_number() {
    assert_eq!(days_needed(30), 209);
    assert_eq!(of(1, &[5; 208], 30), Forecast::TooShort { days: 208, needed: 209 });
    assert_eq!(made(1, &[5; 209], 30).expected.minor(), 151);
    assert_eq!(of(1, &[], 1), Forecast::TooShort { days: 0, needed: 122 });
}

/// Days from 2024-01-01 on: a movement in each currency, with its opening balance and its net flow.
fn days(of_days: &[&[(Currency, i128, i64)]]) -> Vec<Period> {
    let first: Date = "2024-01-01".parse().unwrap();
    let movement = |(currency, opening_minor, net): &(Currency, i128, i64)| {
        let figures = if *net == 0 { Figures::default() } else { Figures::of(*net) };
        (*currency, Movement { opening_minor: *opening_minor, figures })
    };
    let cut = Bucket::Day.cut(first, Date::MAX).zip(of_days);
    cut.map(|((from, to), it)| Period { from, to, currencies: it.iter().map(movement).collect() }).collect()
}

#[test]
fn flows_begin_with_the_first_entry_and_end_with_the_last() {
    let (eur, usd) = (Currency::EUR, Currency::USD);
    let days = days(&[
        &[(eur, 0, 0), (usd, 500, 0)],
        &[(eur, 0, 700), (usd, 500, -100)],
        &[(eur, 700, 0), (usd, 400, 0)],
        &[(eur, 700, -200), (usd, 400, 0)],
        &[(eur, 500, 0), (usd, 400, 0)],
    ]);
    let days = up_to_last_entry(company_history([days]).unwrap());
    assert_eq!(days.len(), 4);
    let flows = |balance: i128, currency, net_minor: &[i128]| DailyFlows {
        balance: Money::new(balance, currency),
        net_minor: net_minor.to_vec(),
    };
    assert_eq!(DailyFlows::by_currency(&days), [flows(500, eur, &[700, 0, -200]), flows(400, usd, &[0, -100, 0, 0])]);
    let half = Worth { usd: 1.into(), eur: "0.5".parse().unwrap() };
    let rates: ExchangeRates = std::iter::once((usd, Date::MIN, half)).collect();
    let valuation = Valuation { rates: &rates, on: Date::MAX, into: Reference::Eur };
    let all = flows(700, eur, &[0, 650, 0, -200]);
    assert_eq!(DailyFlows::converted(&days, &valuation).unwrap(), (all, Vec::new()));
    let valuation = Valuation { into: Reference::Usd, ..valuation };
    let dollars = flows(400, usd, &[0, -100, 0, 0]);
    assert_eq!(DailyFlows::converted(&days, &valuation).unwrap(), (dollars, vec![Money::new(500, eur)]));
    assert_eq!(up_to_last_entry(Vec::new()), Vec::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn forecasts_and_errors_are_those_of_the_reference(
        balance in -9_999_i128..9_999,
        flows in prop::collection::vec(-9_999_i128..9_999, 160..260),
        days in 1_usize..14,
    ) {
        let outlook = made(balance, &flows, days);
        prop_assert_eq!(outlook.expected.minor(), balance + plain(&flows, days));
        let errors: Vec<i128> = (91..=flows.len() - days)
            .map(|origin| flows[origin..origin + days].iter().sum::<i128>() - plain(&flows[..origin], days))
            .collect();
        prop_assert_eq!(outlook.compared, errors.len());
        let absolute: i128 = errors.iter().map(|it| it.abs()).sum();
        prop_assert_eq!(outlook.mean_error.minor(), average_minor(absolute, errors.len() as u64).unwrap());
        // Eight of ten errors lie in the interval, and the rest on both sides of it.
        let (low, high) = (outlook.low.minor() - outlook.expected.minor(), outlook.high.minor() - outlook.expected.minor());
        let (below, above) = (errors.iter().filter(|it| **it < low).count(), errors.iter().filter(|it| **it > high).count());
        prop_assert!(below * 10 <= errors.len() && (below + 2) * 10 >= errors.len(), "{} of {}", below, errors.len());
        prop_assert!(above * 10 <= errors.len() && (above + 2) * 10 >= errors.len(), "{} of {}", above, errors.len());
        // How an interval made on the day did.
        let (mut judged, mut held) = (0, 0);
        for at in days..errors.len() {
            let mut known = errors[..=at - days].to_vec();
            known.sort_unstable();
            if known.len() >= 28 {
                let tenth = (known.len() + 1) / 10 - 1;
                judged += 1;
                held += usize::from(known[tenth] <= errors[at] && errors[at] <= known[known.len() - 1 - tenth]);
            }
        }
        prop_assert_eq!((outlook.judged, outlook.held), (judged, held));
    }
}
