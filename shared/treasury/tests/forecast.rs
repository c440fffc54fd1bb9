//! Forecasts equal a simple reference implementation, and their intervals hold as often as stated.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_arithmetic,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use calendar::{Bucket, Date};
use ledger::{Figures, Movement, Period};
use money::{Currency, Money, Reference, Worth, average_minor};
use proptest::prelude::*;
use treasury::{
    DailyFlows, ExchangeRates, Forecast, ForecastOutcome, Interval, Valuation, days_needed, forecast, up_to_last_entry,
};

fn of(balance: i128, flows: &[i128], days: usize) -> ForecastOutcome {
    let flows = DailyFlows { balance: Money::new(balance, Currency::EUR), net_minor: flows.to_vec() };
    forecast(&flows, days)
}

fn made(balance: i128, flows: &[i128], days: usize) -> Forecast {
    match of(balance, flows, days) {
        ForecastOutcome::Made(forecast) => forecast,
        other @ ForecastOutcome::TooShort { .. } => panic!("{other:?}"),
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

/// Deterministic pseudo-random numbers.
fn noise(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |it| {
        Some(it.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .map(|it| it >> 33)
}

#[test]
fn a_constant_flow_is_forecast_exactly_and_without_error() {
    for days in [1, 6, 7, 30, 100] {
        let forecast = made(5_000, &vec![-120; days_needed(days) + 50], days);
        let expected = 5_000 - 120 * days as i128;
        assert_eq!(
            (forecast.expected.minor(), forecast.mean_error.minor(), forecast.held),
            (expected, 0, forecast.judged)
        );
        let money = Money::new(expected, Currency::EUR);
        let long = made(5_000, &vec![-120; 8 * days + 150], days);
        assert_eq!(long.interval, Some(Interval { low: money, high: money }), "{days}");
    }
}

#[test]
fn a_week_that_repeats_is_forecast_exactly() {
    let flows: Vec<i128> = [900, -100, -100, -50, -400, 0, 0].into_iter().cycle().take(400).collect();
    for days in 1..40 {
        let forecast = made(0, &flows, days);
        let expected: i128 = [900, -100, -100, -50, -400, 0, 0].iter().cycle().skip(400 % 7).take(days).sum();
        assert_eq!((forecast.expected.minor(), forecast.mean_error.minor()), (expected, 0), "{days}");
    }
}

/// Synthetic accounts of several kinds, one for each seed: net flows by day.
fn account(kind: &str, seed: u64, days: usize) -> Vec<i128> {
    let mut random = noise(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ kind.len() as u64).skip(8).map(i128::from);
    let mut below = |most: i128| random.next().unwrap() % most;
    let (mut level, mut most) = (0, 10_000);
    let phase = below(365);
    let mut flow = |day: i128| match kind {
        "noise" => below(20_001) - 10_000,
        "wages" if (day + phase) % 30 == 24 => 60_000 + below(10_000),
        "wages" => -below(4_500),
        "lumpy" if below(20) == 0 => below(400_001) - 200_000,
        "lumpy" => 0,
        "weekly" => [18_000, -2_000, -2_000, -1_000, -8_000, 0, 0][day as usize % 7] + below(2_001) - 1_000,
        "trend" => day * 10 + below(10_001) - 5_000,
        "drift" => {
            level += below(401) - 200;
            level + below(4_001) - 2_000
        }
        "regimes" => {
            most = if below(60) == 0 { 500 + below(20_000) } else { most };
            below(2 * most + 1) - most
        }
        _ => panic!("{kind}"),
    };
    (0..days as i128).map(&mut flow).collect()
}

/// How many of a hundred intervals held on unseen data, in percent, and the number of intervals.
fn coverage(kind: &str, past: usize, days: usize) -> (usize, usize) {
    let (mut held, mut given) = (0, 0);
    for seed in 0..100 {
        let flows = account(kind, seed, past + days);
        let Some(interval) = made(0, &flows[..past], days).interval else { continue };
        let became: i128 = flows.iter().sum::<i128>();
        let start: i128 = flows[..past].iter().sum();
        given += 1;
        held += usize::from((interval.low.minor()..=interval.high.minor()).contains(&(became - start)));
    }
    (held * 100 / given.max(1), given)
}

#[test]
fn the_interval_holds_in_eight_of_ten_cases_that_it_has_not_seen() {
    let (mut all, mut cases) = (0, 0);
    for kind in ["noise", "wages", "lumpy", "weekly", "trend", "drift", "regimes"] {
        for (past, days) in [(500, 7), (500, 30), (1_000, 30), (1_000, 91)] {
            let (percent, given) = coverage(kind, past, days);
            assert!(percent >= 74, "{kind}, {days} days after {past}: {percent} % of {given}");
            assert!(given >= 66, "{kind}, {days} days after {past}: only {given} of 100 have an interval");
            (all, cases) = (all + percent * given, cases + given);
        }
    }
    assert!((80..=90).contains(&(all / cases)), "{} % of {cases}", all / cases);
}

#[test]
fn a_series_that_does_not_keep_its_promise_has_no_interval() {
    // Two quiet years, then a volatile quarter: intervals calibrated on the quiet years did not hold.
    let flows: Vec<i128> = (0..730).map(|day| day % 3).chain(account("lumpy", 1, 120)).collect();
    let forecast = made(0, &flows, 30);
    assert!(
        forecast.judged > 0 && forecast.held * 10 >= forecast.judged * 7,
        "most of the past was quiet: {forecast:?}"
    );
    // Money comes for ever longer, and goes for ever longer: weeks differ less and less, and months more and more.
    let turns = (1..20).flat_map(|turn| std::iter::repeat_n(if turn % 2 == 0 { 1_000 } else { -1_000 }, turn * 7));
    let slower: Vec<i128> = turns.take(900).collect();
    let forecast = made(0, &slower, 14);
    assert!(forecast.judged > 0 && forecast.held * 10 < forecast.judged * 7, "{forecast:?}");
    assert_eq!(forecast.interval, None);
    // An interval of three months cannot be evaluated with less than two years of history.
    let forecast = made(0, &account("noise", 1, 700), 91);
    assert_eq!((forecast.interval, forecast.judged), (None, 0));
    assert!(made(0, &account("noise", 1, 730), 91).judged >= 91);
}

#[test]
fn a_short_history_is_reported_instead_of_a_number() {
    assert_eq!(days_needed(30), 209);
    let too_short = |days, needed, most_days_ahead| ForecastOutcome::TooShort { days, needed, most_days_ahead };
    assert_eq!(of(1, &[5; 208], 30), too_short(208, 209, 29));
    assert_eq!(made(1, &[5; 208], 29).expected.minor(), 146);
    assert_eq!(made(1, &[5; 209], 30).expected.minor(), 151);
    assert_eq!(of(1, &[], 1), too_short(0, 122, 0));
    assert_eq!(of(1, &[5; 122], 2), too_short(122, 125, 1));
}

#[test]
fn too_short_a_past_says_for_which_day_it_is_long_enough() {
    let on: Date = "2024-01-01".parse().unwrap();
    let last_possible =
        |past: usize, days: usize| of(1, &vec![5; past], days).last_possible(on).map(|it| it.to_string());
    assert_eq!(last_possible(208, 30).as_deref(), Some("2024-01-30"), "29 days ahead");
    assert_eq!(last_possible(122, 2).as_deref(), Some("2024-01-02"), "one day ahead");
    assert_eq!(last_possible(121, 2), None, "not even one day ahead");
    assert_eq!(last_possible(209, 30), None, "long enough");
}

#[test]
fn an_interval_is_judged_by_as_many_past_ones_as_it_has_days() {
    let judged = |past: usize| made(0, &account("noise", 1, past), 10).judged;
    assert_eq!((judged(158), judged(159), judged(160)), (0, 10, 11));
}

/// Days from 2024-01-01: a movement in each currency, with its opening balance and net flow.
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
    let days = up_to_last_entry(days);
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
    let mut spent = days;
    spent.iter_mut().filter_map(|it| it.currencies.get_mut(&eur)).for_each(|it| it.opening_minor -= 500);
    let (_, unconverted) = DailyFlows::converted(&spent, &valuation).unwrap();
    assert_eq!(unconverted, [Money::new(0, eur)], "its flows are excluded although its balance is zero");
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
        let forecast = made(balance, &flows, days);
        prop_assert_eq!(forecast.expected.minor(), balance + plain(&flows, days));
        let errors: Vec<i128> = (91..=flows.len() - days)
            .map(|origin| (flows[origin..origin + days].iter().sum::<i128>() - plain(&flows[..origin], days)).abs())
            .collect();
        prop_assert_eq!(forecast.compared, errors.len());
        prop_assert_eq!(forecast.mean_error.minor(), average_minor(errors.iter().sum(), errors.len() as u64).unwrap());
        // The variation before a day: what the flows of 12 weeks differed from those a week earlier, and did on
        // average.
        let change = |day: usize| if day < 7 { 0 } else { (flows[day] - flows[day - 7]).abs() };
        let average = |origin: usize| (0..origin).map(change).sum::<i128>() * 84 / origin as i128;
        let variation = |origin: usize| {
            ((origin - 84..origin).map(change).sum::<i128>() + average(origin)).max(1) as f64
        };
        let errors: Vec<f64> = (91..).zip(&errors).map(|(origin, it)| *it as f64 / variation(origin)).collect();
        // The half width of an interval from the known errors: it contains at least 80 % of them, and few more.
        let half_width = |known: &[f64]| {
            let (mut known, independent) = (known.to_vec(), known.len() / days);
            known.sort_unstable_by(f64::total_cmp);
            let share = 0.8 * (independent as f64 + 1.0) / independent as f64 * known.len() as f64;
            let rank = ((share - 1e-9).ceil() as usize).min(known.len());
            (known.len() >= 28 && independent >= 4).then(|| known[rank - 1])
        };
        let widths = (days..errors.len()).filter_map(|at| Some((errors[at], half_width(&errors[..=at - days])?)));
        let held: Vec<bool> = widths.map(|(error, width)| error <= width).collect();
        let held = if held.len() < days { Vec::new() } else { held };
        let count = held.iter().filter(|it| **it).count();
        prop_assert_eq!((forecast.judged, forecast.held), (held.len(), count));
        let promised = half_width(&errors).filter(|_| !held.is_empty() && count * 10 >= held.len() * 7);
        let promised = promised.map(|it| it * variation(flows.len()));
        let half = forecast.interval.map(|it| (it.high.minor() - it.low.minor()) / 2);
        prop_assert_eq!(half.is_some(), promised.is_some());
        prop_assert!((half.unwrap_or(0) as f64 - promised.unwrap_or(0.0)).abs() < 1.1, "{:?} {:?}", half, promised);
        prop_assert!(forecast.interval.is_none_or(|it| it.high.minor() + it.low.minor() == 2 * forecast.expected.minor()));
    }
}
