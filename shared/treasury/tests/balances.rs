//! Balances of companies, compared with an accountant's calculation.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use banking::AccountNumber;
use calendar::Date;
use ledger::{Figures, Split, View};
use money::{Currency, Money, Reference, Worth};
use proptest::prelude::*;
use rust_decimal::Decimal;
use treasury::{AccountFigures, Balances, Debt, ExchangeRates, Portfolio, Valuation};

const DAY: &str = "2024-06-30";

fn money(text: &str) -> Money {
    let (amount, currency) = text.split_once(' ').unwrap();
    Money::parse(amount, currency.parse().unwrap()).unwrap()
}

fn rates(rows: &[(&str, &str, &str, &str)]) -> ExchangeRates {
    let decimal = |text: &str| Decimal::from_str_exact(text).unwrap();
    let row = |(currency, date, usd, eur): &(&str, &str, &str, &str)| {
        (currency.parse().unwrap(), date.parse().unwrap(), Worth { usd: decimal(usd), eur: decimal(eur) })
    };
    rows.iter().map(row).collect()
}

fn usual_rates() -> ExchangeRates {
    rates(&[
        ("USD", "2024-01-01", "1", "0.9"),
        ("USD", "2024-06-30", "1", "0.925"),
        ("USD", "2024-07-01", "1", "0.95"),
        ("GBP", "2024-03-01", "1.25", "1.155"),
        ("EUR", "2024-01-01", "1.081", "1"),
    ])
}

/// Figures with the balances `balances` and without dirty entries.
fn clean(account: AccountNumber, balances: Vec<Money>) -> AccountFigures {
    let split = |it: Money| {
        let figures = Figures::of(i64::try_from(it.minor()).unwrap());
        (it.currency(), Split { clean: figures, dirty: Figures::default() })
    };
    (account, balances.into_iter().map(split).collect())
}

/// `accounts` are lines of an account's number and its balances; `expected` are the resulting lines.
fn check(accounts: &str, expected: &str) {
    let accounts = accounts.lines().map(|line| {
        let (number, balances) = line.trim().split_once(": ").unwrap();
        clean(number.parse().unwrap(), balances.split(", ").map(money).collect())
    });
    let rates = usual_rates();
    let valuation = Valuation { rates: &rates, on: DAY.parse().unwrap(), into: Reference::Eur };
    let balances = Balances::of(accounts.collect(), View::Clean, Some(&valuation)).unwrap();
    let mut lines = Vec::new();
    for it in &balances.accounts {
        lines.push(format!("{} {}", it.account.as_str(), it.converted.unwrap()));
    }
    for it in &balances.currencies {
        let sum = it.converted.map_or_else(|| "unconverted".to_owned(), |it| it.to_string());
        lines.push(format!("{} {} {} = {sum}", it.balance.currency(), it.debt.amount(), it.credit.amount()));
        assert_eq!(it.debt.try_add(it.credit), Ok(it.balance));
    }
    let all = balances.converted.unwrap();
    lines.push(format!("debt {} credit {} total {}", all.debt, all.credit, all.total));
    lines.extend(all.unconverted.iter().map(|it| format!("and {it}")));
    let expected: Vec<_> = expected.lines().map(str::trim).collect();
    assert_eq!(lines, expected);
}

#[test]
fn balances_are_shown_by_account_by_currency_and_in_total() {
    check(
        "A1: 100.00 EUR, -10.00 USD
         B2: 200.00 USD, 40.00 GBP",
        "A1 90.75 EUR
         B2 231.20 EUR
         EUR 0.00 100.00 = 100.00 EUR
         GBP 0.00 40.00 = 46.20 EUR
         USD -10.00 200.00 = 175.75 EUR
         debt -9.25 EUR credit 331.20 EUR total 321.95 EUR",
    );
}

#[test]
fn lines_add_up_to_a_total_that_is_rounded_once() {
    // A cent in dollars is 0.925 cents: three are 2.775, which rounds to 3, not three times 1 or three times 0.
    check(
        "A1: 0.01 USD
         B2: 0.01 USD
         C3: 0.01 USD, 0.01 EUR",
        "A1 0.01 EUR
         B2 0.01 EUR
         C3 0.02 EUR
         EUR 0.00 0.01 = 0.01 EUR
         USD 0.00 0.03 = 0.03 EUR
         debt 0.00 EUR credit 0.04 EUR total 0.04 EUR",
    );
    check(
        "A1: 0.20 USD
         B2: 0.20 USD
         C3: 0.20 USD
         D4: -0.02 USD",
        "A1 0.19 EUR
         B2 0.19 EUR
         C3 0.18 EUR
         D4 -0.02 EUR
         USD -0.02 0.60 = 0.54 EUR
         debt -0.02 EUR credit 0.56 EUR total 0.54 EUR",
    );
}

#[test]
fn what_has_no_rate_stays_beside_the_total() {
    check(
        "A1: 100.00 EUR, -500 JPY
         B2: 300 JPY, 0.00 CHF
         C3: 7.000 KWD, 10.00 USD
         D4: -7.000 KWD",
        "A1 100.00 EUR
         B2 0.00 EUR
         C3 9.25 EUR
         D4 0.00 EUR
         CHF 0.00 0.00 = unconverted
         EUR 0.00 100.00 = 100.00 EUR
         JPY -500 300 = unconverted
         KWD -7.000 7.000 = unconverted
         USD 0.00 10.00 = 9.25 EUR
         debt 0.00 EUR credit 109.25 EUR total 109.25 EUR
         and -200 JPY
         and 0.000 KWD",
    );
}

#[test]
fn the_rate_of_a_day_is_the_latest_on_or_before_it() {
    let rates = usual_rates();
    for (amount, on, into, expected) in [
        ("100.00 USD", "2024-01-01", Reference::Eur, Some(9_000)),
        ("100.00 USD", "2024-06-29", Reference::Eur, Some(9_000)),
        ("100.00 USD", "2024-06-30", Reference::Eur, Some(9_250)),
        ("100.00 USD", "2199-12-31", Reference::Eur, Some(9_500)),
        ("100.00 USD", "2023-12-31", Reference::Eur, None),
        ("100.00 USD", "1900-01-01", Reference::Usd, Some(10_000)),
        ("100.00 EUR", "1900-01-01", Reference::Eur, Some(10_000)),
        ("100.00 EUR", "1900-01-01", Reference::Usd, None),
        ("100.00 EUR", "2024-02-01", Reference::Usd, Some(10_810)),
        ("100.00 SEK", DAY, Reference::Usd, None),
    ] {
        let valuation = Valuation { rates: &rates, on: on.parse().unwrap(), into };
        let worth = valuation.value(money(amount)).unwrap();
        assert_eq!(worth.map(|it| it.rounded().unwrap()), expected, "{amount} on {on} in {into}");
    }
}

#[test]
fn a_sum_names_the_amounts_without_a_rate_and_none_of_zero() {
    let rates = usual_rates();
    let valuation = Valuation { rates: &rates, on: DAY.parse().unwrap(), into: Reference::Eur };
    let sum = valuation.sum(["100.00 EUR", "0 JPY", "500 JPY", "10.00 USD"].map(money)).unwrap();
    assert_eq!((sum.worth.rounded(), sum.unconverted), (Some(10_925), vec![money("500 JPY")]));
}

#[test]
fn a_portfolio_sums_companies_and_keeps_the_largest_debts() {
    let rates = usual_rates();
    let valuation = Valuation { rates: &rates, on: DAY.parse().unwrap(), into: Reference::Eur };
    let mut portfolio = Portfolio::new(valuation, 2);
    for (company, balances) in [
        ("acme", vec!["100.00 EUR", "-10.00 USD"]),
        ("bolt", vec!["-80.00 GBP"]),
        ("cask", vec!["-50.00 EUR", "500.00 EUR"]),
        ("dune", vec!["7.00 EUR"]),
        ("edge", vec!["-900000 JPY"]),
    ] {
        let accounts = balances.iter().enumerate().map(|(number, it)| clean(account(number), vec![money(it)]));
        portfolio.take(company, &Balances::of(accounts.collect(), View::Clean, None).unwrap()).unwrap();
    }
    assert_eq!(portfolio.companies(), 5);
    let all = portfolio.converted().unwrap();
    assert_eq!([all.debt, all.credit, all.total], ["-151.65 EUR", "607.00 EUR", "455.35 EUR"].map(money));
    assert_eq!(all.unconverted, [money("-900000 JPY")]);
    assert_eq!(debts(&portfolio), [("bolt", "-92.40 EUR".to_owned()), ("cask", "-50.00 EUR".to_owned())]);
    let sum: i128 = portfolio.currencies().unwrap().iter().filter_map(|it| it.converted).map(Money::minor).sum();
    assert_eq!(sum, all.total.minor());
}

#[test]
fn dirty_entries_are_counted_and_summed_whether_the_balances_count_them_or_not() {
    let figures = |clean: i64, dirty: &[i64]| {
        let dirty = dirty.iter().map(|it| Figures::of(*it)).fold(Figures::default(), Figures::and);
        Split { clean: Figures::of(clean), dirty }
    };
    let (eur, usd) = (Currency::EUR, Currency::USD);
    let accounts = vec![
        (account(1), [(eur, figures(10_000, &[500, -200])), (usd, figures(7, &[]))].into()),
        (account(2), [(eur, figures(-4_000, &[9_000]))].into()),
    ];
    let of = |view| Balances::of(accounts.clone(), view, None).unwrap();
    let balances = |it: &Balances| it.currencies.iter().map(|it| it.balance.to_string()).collect::<Vec<_>>();
    assert_eq!(balances(&of(View::Clean)), ["60.00 EUR", "0.07 USD"]);
    assert_eq!(balances(&of(View::All)), ["153.00 EUR", "0.07 USD"]);
    for view in [View::Clean, View::All] {
        let [dirty] = of(view).dirty.try_into().unwrap();
        let sums = (dirty.transactions, dirty.r#in, dirty.out, dirty.net().unwrap());
        assert_eq!(sums, (3, money("95.00 EUR"), money("-2.00 EUR"), money("93.00 EUR")));
    }
    let rates = usual_rates();
    let valuation = Valuation { rates: &rates, on: DAY.parse().unwrap(), into: Reference::Eur };
    let mut portfolio = Portfolio::new(valuation, 2);
    for company in ["acme", "bolt"] {
        portfolio.take(company, &of(View::Clean)).unwrap();
    }
    let [dirty] = portfolio.dirty().try_into().unwrap();
    assert_eq!((dirty.transactions, dirty.net().unwrap()), (6, money("186.00 EUR")));
}

#[test]
fn only_companies_with_debts_are_listed_and_equal_ones_by_their_name() {
    let rates = usual_rates();
    let valuation = Valuation { rates: &rates, on: DAY.parse().unwrap(), into: Reference::Eur };
    let mut portfolio = Portfolio::new(valuation, 9);
    for (company, balance) in [
        ("fern", "-5.00 EUR"),
        ("acme", "0.00 EUR"),
        ("bolt", "7.00 EUR"),
        ("dune", "-5.00 EUR"),
        ("cask", "-6.00 EUR"),
    ] {
        let balances = Balances::of(vec![clean(account(0), vec![money(balance)])], View::Clean, None).unwrap();
        portfolio.take(company, &balances).unwrap();
    }
    let (five, six) = ("-5.00 EUR".to_owned(), "-6.00 EUR".to_owned());
    assert_eq!(debts(&portfolio), [("cask", six), ("dune", five.clone()), ("fern", five)]);
}

#[test]
fn debts_without_a_rate_are_listed_beside_the_converted_ones() {
    let rates = usual_rates();
    let valuation = Valuation { rates: &rates, on: DAY.parse().unwrap(), into: Reference::Eur };
    let mut portfolio = Portfolio::new(valuation, 9);
    for (company, balances) in
        [("acme", vec!["-900000 JPY", "7.00 EUR"]), ("bolt", vec!["-1.00 EUR", "-5 JPY"]), ("cask", vec!["3 JPY"])]
    {
        let accounts = vec![clean(account(0), balances.into_iter().map(money).collect())];
        portfolio.take(company, &Balances::of(accounts, View::Clean, None).unwrap()).unwrap();
    }
    let expected = [("bolt", "-1.00 EUR and -5 JPY".to_owned()), ("acme", "0.00 EUR and -900000 JPY".to_owned())];
    assert_eq!(debts(&portfolio), expected);
}

fn debts(portfolio: &Portfolio<'_, &'static str>) -> Vec<(&'static str, String)> {
    let debt = |it: Debt<&'static str>| {
        let beside = it.unconverted.iter().map(|it| format!(" and {it}"));
        (it.company, beside.fold(it.debt.to_string(), |text, it| text + &it))
    };
    portfolio.largest_debts().unwrap().into_iter().map(debt).collect()
}

fn account(number: usize) -> AccountNumber {
    format!("A{number}").parse().unwrap()
}

proptest! {
    #[test]
    fn every_column_adds_up_to_one_total(
        cells in prop::collection::vec((0_usize..5, 0_usize..4, -99_999_i128..99_999), 0..20),
        usd in 1_u32..3_000_000,
        jpy in 1_u32..30_000,
    ) {
        let rates: ExchangeRates = [("USD", usd), ("JPY", jpy)]
            .map(|(code, millionths)| {
                let eur = Decimal::new(millionths.into(), 6);
                (code.parse().unwrap(), Date::MIN, Worth { usd: Decimal::ONE, eur })
            })
            .into_iter()
            .collect();
        let valuation = Valuation { rates: &rates, on: DAY.parse().unwrap(), into: Reference::Eur };
        let codes = ["EUR", "USD", "JPY", "SEK"];
        let mut accounts: Vec<(AccountNumber, Vec<Money>)> = (0..5).map(|it| (account(it), Vec::new())).collect();
        for (account, code, minor) in cells {
            let currency: Currency = codes.get(code).unwrap().parse().unwrap();
            let balances = &mut accounts.get_mut(account).unwrap().1;
            if balances.iter().all(|it| it.currency() != currency) {
                balances.push(Money::new(minor, currency));
            }
        }
        let figures = accounts.iter().map(|(account, balances)| clean(account.clone(), balances.clone()));
        let balances = Balances::of(figures.collect(), View::Clean, Some(&valuation)).unwrap();
        let all = balances.converted.unwrap();
        let of_accounts: i128 = balances.accounts.iter().map(|it| it.converted.unwrap().minor()).sum();
        let of_currencies: i128 = balances.currencies.iter().filter_map(|it| it.converted).map(Money::minor).sum();
        prop_assert_eq!(of_accounts, all.total.minor());
        prop_assert_eq!(of_currencies, all.total.minor());
        prop_assert_eq!(all.debt.minor() + all.credit.minor(), all.total.minor());
        // The same money in one account gives the same total.
        let one = accounts.into_iter().flat_map(|(_, balances)| balances).map(|it| clean(account(9), vec![it]));
        let regrouped = Balances::of(one.collect(), View::Clean, Some(&valuation)).unwrap().converted.unwrap();
        prop_assert_eq!(regrouped, all);
    }
}
