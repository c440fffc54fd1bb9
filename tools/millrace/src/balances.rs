//! `balances` and `portfolio`: the balances of a customer and of all companies.

use ::customers::Customers;
use ::imports::Rates;
use anyhow::Result;
use api_documents::{BalancesDocument, PortfolioDocument};
use calendar::Date;
use ledger::{Books, overview};
use money::Money;
use treasury::{Balances, ConvertedBalance, CurrencyBalance, PortfolioBalances, Turnover};

use crate::Verdict;
use crate::arguments::{BalancesArgs, PortfolioArgs, ViewArg};
use crate::output::Output;
use crate::subject;
use crate::table::{Column, NOTHING, amounts, counted, table};

/// Shows the balances by account and in total.
pub(crate) async fn show<C: Customers, B: Books + Sync, R: Rates + Sync>(
    output: &Output,
    register: &C,
    books: &B,
    rates: &R,
    args: &BalancesArgs,
) -> Result<Verdict> {
    let subject = subject::find(register, &args.subject).await?;
    let queries = subject::queries(books, rates);
    let view = args.view.view();
    let balances = queries.balances(&subject.accounts, args.on, view, args.into).await?;
    let document = || BalancesDocument::new(&subject.document, args.on, view, balances.clone());
    let mut last_days = Vec::new();
    for account in &subject.accounts {
        last_days.extend(overview(books, account).await?.days.map(|(_, last)| last));
    }
    let age = age_line(last_days.into_iter().max(), args.on, args.into.is_some());
    output.answer(document, || render_text(&balances, args.view) + &age)?;
    Ok(Verdict::Ok)
}

/// How old the balances are: the month of the last entry, and the day of the rates. `last` is the last day of that month.
fn age_line(last: Option<Date>, on: Option<Date>, is_converted: bool) -> String {
    let Some(last) = last else { return String::new() };
    let mut line = format!("\nthe last entry of all is of {}", last.month());
    if is_converted {
        let day = on.map_or_else(|| "today".to_owned(), |it| it.to_string());
        line.push_str(&format!("; each currency has its latest rate on or before {day}"));
    }
    line
}

fn render_text(balances: &Balances, view: ViewArg) -> String {
    if balances.currencies.is_empty() {
        return "no entries".to_owned();
    }
    let columns = [Column::id("Account"), Column::number("Balance"), Column::number("Worth").optional(1)];
    let rows = balances
        .accounts
        .iter()
        .map(|it| vec![it.account.as_str().to_owned(), amounts(&it.balances), worth(it.converted)]);
    let together = render_together(&balances.currencies, balances.converted.as_ref());
    format!("{}\n{together}{}", table(&columns, rows), dirty_line("", &balances.dirty, view))
}

/// A line with the count and sums of dirty entries, if there are any; `place` says what excludes or includes them.
pub(crate) fn dirty_line(place: &str, dirty: &[Turnover], view: ViewArg) -> String {
    let entries = dirty.iter().map(|it| it.transactions).fold(0, u64::saturating_add);
    if entries == 0 {
        return String::new();
    }
    let sums = dirty.iter().map(|it| format!("{} in and {} out", it.r#in.grouped(), it.out.grouped_with_currency()));
    let sums = sums.collect::<Vec<_>>().join("; ");
    let entries = counted(entries, "dirty entry", "dirty entries");
    match view {
        ViewArg::Clean => format!("\nnot counted{place}: {entries}, {sums}; --view all counts them"),
        ViewArg::All => format!("\ncounted too{place}: {entries}, {sums}"),
    }
}

/// Debt, credit and balance of each currency, and converted.
fn render_together(currencies: &[CurrencyBalance], converted: Option<&ConvertedBalance>) -> String {
    let columns = [
        Column::text("Currency"),
        Column::number("Debt"),
        Column::number("Credit"),
        Column::number("Balance"),
        Column::number("Worth").optional(1),
    ];
    let line = |it: &CurrencyBalance| {
        let currency = it.balance.currency().to_string();
        vec![currency, it.debt.grouped(), it.credit.grouped(), it.balance.grouped(), worth(it.converted)]
    };
    let together = converted.map(|it| {
        let name = format!("all in {}", it.total.currency());
        vec![name, it.debt.grouped(), it.credit.grouped(), it.total.grouped(), it.total.grouped_with_currency()]
    });
    let shown = table(&columns, currencies.iter().map(line).chain(together));
    shown + &unconverted_line(converted.map_or(&[], |it| &it.unconverted))
}

fn worth(converted: Option<Money>) -> String {
    converted.map_or_else(|| NOTHING.to_owned(), Money::grouped_with_currency)
}

/// A line with the amounts without a rate, if there are any.
pub(crate) fn unconverted_line(amounts: &[Money]) -> String {
    unconverted_lines([("", amounts)])
}

/// A line with the amounts without a rate under each name, if there are any.
pub(crate) fn unconverted_lines<'a>(named: impl IntoIterator<Item = (&'a str, &'a [Money])>) -> String {
    let named = named.into_iter().filter(|(_, amounts)| !amounts.is_empty());
    let named = named.map(|(name, amounts)| {
        let amounts: Vec<String> = amounts.iter().map(|it| it.grouped_with_currency()).collect();
        format!("{name}{}", amounts.join(", "))
    });
    let named: Vec<String> = named.collect();
    if named.is_empty() {
        named.concat()
    } else {
        format!("\nnot converted because of missing rates: {}", named.join("; "))
    }
}

/// Shows the total of all companies.
pub(crate) async fn portfolio<C: Customers + Sync, B: Books + Sync, R: Rates + Sync>(
    output: &Output,
    register: &C,
    books: &B,
    rates: &R,
    args: &PortfolioArgs,
) -> Result<Verdict> {
    let queries = subject::queries(books, rates);
    let portfolio = queries.portfolio(register, args.on, args.view.view(), args.into, args.limit).await?;
    let document = || PortfolioDocument::new(args.on, args.view.view(), portfolio.clone());
    output.answer(document, || render_portfolio(&portfolio, args.view))?;
    Ok(Verdict::Ok)
}

fn render_portfolio(shown: &PortfolioBalances, view: ViewArg) -> String {
    let together = render_together(&shown.currencies, Some(&shown.converted))
        + &dirty_line("", &shown.dirty, view)
        + "\nbalances are those after the last entry of each account, at the latest rate of each currency, however old;\ndebt is \
           the sum of the negative balances by account and currency, without set-off; persons are not included";
    let companies = counted(shown.companies, "company", "companies");
    if shown.largest_debts.is_empty() {
        return format!("{together}\n{companies}, none in debt");
    }
    let columns = [Column::text("Largest debts"), Column::number("Debt"), Column::id("Customer")];
    let rows = shown.largest_debts.iter().map(|it| {
        let name = it.company.name.as_deref().unwrap_or(NOTHING).to_owned();
        let debts: Vec<Money> = std::iter::once(&it.debt).chain(&it.unconverted).copied().collect();
        vec![name, amounts(&debts), it.company.customer.to_string()]
    });
    format!("{together}\n{companies}\n{}", table(&columns, rows))
}

#[cfg(test)]
mod tests {
    use ledger::{Figures, Split, View};
    use money::{Currency, Reference, Worth};
    use treasury::{ExchangeRates, Valuation};

    use super::*;

    #[test]
    fn balances_say_how_old_they_are() {
        let day = |text: &str| Some(text.parse::<Date>().unwrap());
        assert_eq!(age_line(None, None, true), "");
        assert_eq!(age_line(day("2024-12-31"), None, false), "\nthe last entry of all is of 2024-12");
        let line = age_line(day("2024-12-31"), day("2027-11-30"), true);
        assert!(line.ends_with("of 2024-12; each currency has its latest rate on or before 2027-11-30"), "{line}");
    }

    #[test]
    fn balances_are_shown_by_account_and_in_total() {
        let split = |minor: i64, code: &str, dirty: &[i64]| {
            let dirty = dirty.iter().map(|it| Figures::of(*it)).fold(Figures::default(), Figures::and);
            (code.parse::<Currency>().unwrap(), Split { clean: Figures::of(minor), dirty })
        };
        let accounts = vec![
            ("AT61".parse().unwrap(), [split(1_000_000, "EUR", &[250_000, -100]), split(-1_000, "USD", &[])].into()),
            ("DE89".parse().unwrap(), [split(500, "JPY", &[7_000])].into()),
        ];
        let worth = Worth { usd: 1.into(), eur: "0.925".parse().unwrap() };
        let rates: ExchangeRates = std::iter::once((Currency::USD, Date::MIN, worth)).collect();
        let valuation = Valuation { rates: &rates, on: Date::MAX, into: Reference::Eur };
        let balances = |view: ViewArg| Balances::of(accounts.clone(), view.view(), Some(&valuation)).unwrap();
        insta::assert_snapshot!(render_text(&balances(ViewArg::Clean), ViewArg::Clean), @"
        ┌─────────┬───────────────┬──────────────┐
        │ Account ┆       Balance ┆        Worth │
        ╞═════════╪═══════════════╪══════════════╡
        │ AT61    ┆ 10,000.00 EUR ┆ 9,990.75 EUR │
        │         ┆    -10.00 USD ┆              │
        │ DE89    ┆       500 JPY ┆     0.00 EUR │
        └─────────┴───────────────┴──────────────┘
        ┌────────────┬────────┬───────────┬───────────┬───────────────┐
        │ Currency   ┆   Debt ┆    Credit ┆   Balance ┆         Worth │
        ╞════════════╪════════╪═══════════╪═══════════╪═══════════════╡
        │ EUR        ┆   0.00 ┆ 10,000.00 ┆ 10,000.00 ┆ 10,000.00 EUR │
        │ JPY        ┆      0 ┆       500 ┆       500 ┆             — │
        │ USD        ┆ -10.00 ┆      0.00 ┆    -10.00 ┆     -9.25 EUR │
        │ all in EUR ┆  -9.25 ┆ 10,000.00 ┆  9,990.75 ┆  9,990.75 EUR │
        └────────────┴────────┴───────────┴───────────┴───────────────┘
        not converted because of missing rates: 500 JPY
        not counted: 3 dirty entries, 2,500.00 in and -1.00 EUR out; 7,000 in and 0 JPY out; --view all counts them
        ");
        let with_dirty = render_text(&balances(ViewArg::All), ViewArg::All);
        assert!(with_dirty.contains("│ AT61    ┆ 12,499.00 EUR ┆"), "{with_dirty}");
        assert!(
            with_dirty
                .ends_with("\ncounted too: 3 dirty entries, 2,500.00 in and -1.00 EUR out; 7,000 in and 0 JPY out")
        );
        let opening = dirty_line(" in the opening", &balances(ViewArg::All).dirty[..1], ViewArg::Clean);
        let expected =
            "\nnot counted in the opening: 2 dirty entries, 2,500.00 in and -1.00 EUR out; --view all counts them";
        assert_eq!(opening, expected);
        assert_eq!(render_text(&Balances::of(Vec::new(), View::Clean, None).unwrap(), ViewArg::Clean), "no entries");
    }
}
