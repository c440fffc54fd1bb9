//! `balance` and `entries`: the books of an account, or of all accounts of a customer.

use ::customers::Customers;
use anyhow::Result;
use banking::AccountNumber;
use calendar::{Date, Moment};
use ledger::{Books, Entry, EntryBudget, figures_on};
use money::Money;
use serde::Serialize;
use treasury::{Turnover, dirty_entries, entries_csv, page_of_company_entries};

use crate::Verdict;
use crate::accounts::must_exist;
use crate::arguments::{BalanceArgs, EntriesArgs, ViewArg};
use crate::balances::dirty_line;
use crate::output::{Output, Reader};
use crate::subject::{self, Subject};
use crate::table::{Column, NOTHING, counted, table};

/// The number of CSV rows in one write.
const ROWS_AT_ONCE: usize = 5_000;

#[derive(Serialize)]
struct BalanceShown<'a> {
    account: &'a AccountNumber,
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<Date>,
    view: &'static str,
    balances: Vec<Money>,
    dirty: Vec<Turnover>,
}

/// Shows the balance of each currency.
pub(crate) async fn balance<C: Customers, B: Books>(
    output: &Output,
    register: &C,
    books: &B,
    args: &BalanceArgs,
) -> Result<Verdict> {
    must_exist(register, &args.account).await?;
    let figures = figures_on(books, &args.account, args.on, &EntryBudget::unlimited()).await?;
    let (balances, dirty) = (ledger::balances(&figures, args.view.view()), dirty_entries(&figures));
    let shown = BalanceShown { account: &args.account, on: args.on, view: args.view.name(), balances, dirty };
    output.answer(&shown, || render_balance(&shown.balances) + &dirty_line("", &shown.dirty, args.view))?;
    Ok(Verdict::Ok)
}

fn render_balance(balances: &[Money]) -> String {
    if balances.is_empty() {
        return "no entries".to_owned();
    }
    let rows = balances.iter().map(|it| vec![it.currency().to_string(), it.grouped()]);
    table(&[Column::Text("Currency"), Column::Number("Balance")], rows)
}

#[derive(Serialize)]
struct EntriesShown<'a> {
    #[serde(flatten)]
    subject: &'a Subject,
    view: &'static str,
    entries: Vec<EntryShown<'a>>,
    /// Whether there are more than `--limit`.
    more: bool,
}

#[derive(Serialize)]
struct EntryShown<'a> {
    account: &'a str,
    at: Moment,
    #[serde(flatten)]
    amount: Money,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counterparty: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    mark: &'static str,
}

impl<'a> EntryShown<'a> {
    fn of((account, entry): &'a (AccountNumber, Entry)) -> Self {
        Self {
            account: account.as_str(),
            at: entry.at,
            amount: entry.amount(),
            source: &entry.source,
            id: entry.id.as_deref(),
            counterparty: entry.counterparty.as_deref(),
            text: entry.text.as_deref(),
            mark: entry.mark.name(),
        }
    }
}

/// Lists entries, oldest first.
pub(crate) async fn entries<C: Customers, B: Books>(
    output: &Output,
    register: &C,
    books: &B,
    args: &EntriesArgs,
) -> Result<Verdict> {
    let subject = subject::find(register, &args.subject).await?;
    let days = subject::days(args.from, args.to)?;
    if args.csv {
        return csv(output, books, &subject, days, args.view).await;
    }
    let (view, budget) = (args.view.view(), &EntryBudget::unlimited());
    let (entries, next) =
        page_of_company_entries(books, &subject.accounts, days, view, None, args.limit, budget).await?;
    let shown = EntriesShown {
        subject: &subject,
        view: args.view.name(),
        entries: entries.iter().map(EntryShown::of).collect(),
        more: next.is_some(),
    };
    output.answer(&shown, || render_entries(&shown.entries, args.view, subject.accounts.len()))?;
    if next.is_some() {
        let first = counted(u64::try_from(entries.len())?, "entry", "entries");
        output.note(&format!("only the first {first}; more with --limit, or other days with --from and --to"));
    }
    Ok(Verdict::Ok)
}

/// Writes all entries as CSV, part by part.
async fn csv<B: Books>(
    output: &Output,
    books: &B,
    subject: &Subject,
    days: (Date, Date),
    view: ViewArg,
) -> Result<Verdict> {
    let mut after = None;
    loop {
        let is_first = after.is_none();
        let budget = &EntryBudget::unlimited();
        let (entries, next) =
            page_of_company_entries(books, &subject.accounts, days, view.view(), after, ROWS_AT_ONCE, budget).await?;
        let reader = output.write(&entries_csv(&entries, is_first))?;
        after = next;
        if after.is_none() || reader == Reader::Gone {
            return Ok(Verdict::Ok);
        }
    }
}

fn render_entries(entries: &[EntryShown<'_>], view: ViewArg, accounts: usize) -> String {
    if entries.is_empty() {
        return "no entries".to_owned();
    }
    let columns = [
        // For one account all rows are the same.
        Some(Column::Id("Account")).filter(|_| accounts > 1),
        Some(Column::Text("At")),
        Some(Column::Number("Amount")),
        Some(Column::Text("Counterparty")),
        Some(Column::Text("Text")),
        Some(Column::Text("Source")),
        Some(Column::Text("Id")),
        // Also in the clean view.
        Some(Column::Text("Mark")).filter(|_| view == ViewArg::All),
    ];
    let rows = entries.iter().map(|entry| {
        let shown = |text: Option<&str>| text.unwrap_or(NOTHING).to_owned();
        let cells = [
            entry.account.to_owned(),
            entry.at.to_string(),
            entry.amount.grouped_with_currency(),
            shown(entry.counterparty),
            shown(entry.text),
            entry.source.to_owned(),
            shown(entry.id),
            entry.mark.to_owned(),
        ];
        cells.into_iter().zip(columns).filter_map(|(cell, column)| column.map(|_| cell)).collect()
    });
    let shown: Vec<Column> = columns.into_iter().flatten().collect();
    table(&shown, rows)
}

#[cfg(test)]
mod tests {
    use ledger::{Mark, Side};
    use money::Currency;

    use super::*;

    fn coffee() -> Entry {
        Entry {
            at: "2024-07-28".parse().unwrap(),
            source: "account".into(),
            id: Some("1".into()),
            ordinal: 0,
            amount_minor: -1030,
            currency: Currency::EUR,
            side: Side::None,
            counterparty: None,
            text: Some("coffee".into()),
            mark: Mark::BatchPayment,
        }
    }

    #[test]
    fn entries_show_their_mark_where_it_can_differ() {
        let coffee = coffee();
        let coffee = ("4711".parse().unwrap(), coffee);
        let entries = [EntryShown::of(&coffee)];
        insta::assert_snapshot!(render_entries(&entries, ViewArg::All, 1), @"
        ┌────────────┬────────────┬──────────────┬────────┬─────────┬────┬───────────────┐
        │ At         ┆     Amount ┆ Counterparty ┆ Text   ┆ Source  ┆ Id ┆ Mark          │
        ╞════════════╪════════════╪══════════════╪════════╪═════════╪════╪═══════════════╡
        │ 2024-07-28 ┆ -10.30 EUR ┆ —            ┆ coffee ┆ account ┆ 1  ┆ batch-payment │
        └────────────┴────────────┴──────────────┴────────┴─────────┴────┴───────────────┘
        ");
        assert!(!render_entries(&entries, ViewArg::Clean, 1).contains("Mark"));
        assert!(render_entries(&entries, ViewArg::Clean, 2).contains("4711"));
        assert_eq!(render_entries(&[], ViewArg::Clean, 2), "no entries");
    }

    #[test]
    fn amounts_of_documents_are_strings() {
        let json = serde_json::to_string(&EntryShown::of(&("4711".parse().unwrap(), coffee()))).unwrap();
        assert!(json.contains(r#""amount":"-10.30","currency":"EUR""#), "{json}");
    }

    #[test]
    fn balances_are_right_aligned() {
        let balances = [Money::new(3974, Currency::EUR), Money::new(-5, Currency::USD)];
        insta::assert_snapshot!(render_balance(&balances), @"
        ┌──────────┬─────────┐
        │ Currency ┆ Balance │
        ╞══════════╪═════════╡
        │ EUR      ┆   39.74 │
        │ USD      ┆   -0.05 │
        └──────────┴─────────┘
        ");
    }
}
