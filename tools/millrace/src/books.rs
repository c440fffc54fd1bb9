//! `balance` and `entries`: the books of an account, or of all accounts of a customer.

use ::customers::Customers;
use anyhow::Result;
use api_documents::{BalanceDocument, CompanyEntryDocument, EntryDocument, Part};
use banking::AccountNumber;
use calendar::Date;
use ledger::{Books, Entry, EntryBudget, figures_on};
use money::Money;
use treasury::{CompanyCursor, dirty_entries, entries_csv, page_of_company_entries};

use crate::Verdict;
use crate::arguments::{BalanceArgs, EntriesArgs, ViewArg};
use crate::balances::dirty_line;
use crate::output::{Output, Reader};
use crate::subject;
use crate::table::{Column, NOTHING, counted, table};

/// The page size of a read.
const PAGE: usize = 5_000;

/// Shows the balance of each currency.
pub(crate) async fn balance<C: Customers, B: Books>(
    output: &Output,
    register: &C,
    books: &B,
    args: &BalanceArgs,
) -> Result<Verdict> {
    let account = subject::account(register, &args.account).await?;
    let figures = figures_on(books, &account, args.on, &EntryBudget::unlimited()).await?;
    let view = args.view.view();
    let document = || BalanceDocument::new(account.clone(), args.on, view, &figures);
    output.answer(document, || {
        render_balance(&ledger::balances(&figures, view)) + &dirty_line("", &dirty_entries(&figures), args.view)
    })?;
    Ok(Verdict::Ok)
}

fn render_balance(balances: &[Money]) -> String {
    if balances.is_empty() {
        return "no entries".to_owned();
    }
    let rows = balances.iter().map(|it| vec![it.currency().to_string(), it.grouped()]);
    table(&[Column::text("Currency"), Column::number("Balance")], rows)
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
    let mut pages = Pages { books, accounts: &subject.accounts, days, args, after: None };
    if args.csv {
        return csv(output, &mut pages).await;
    }
    let limit = output.limit(&args.list);
    let (mut found, mut more) = (Vec::new(), true);
    while more && found.len() <= limit {
        // One more than the limit shows whether there are more.
        let size = limit.saturating_add(1).saturating_sub(found.len());
        let page;
        (page, more) = pages.next(if args.list.search.is_none() { size.min(PAGE) } else { PAGE }).await?;
        found.extend(page);
    }
    let more = found.len() > limit;
    found.truncate(limit);
    match &subject.document {
        // Each document of an account leaves out its number, as in the API.
        api_documents::Subject::Account(_) => {
            let document = || Part::whole(found.iter().map(|(_, entry)| EntryDocument::from(entry.clone())));
            output.answer(document, || render_entries(&found, args.view, 1))?;
        }
        api_documents::Subject::Customer(_) => {
            let document = || Part::whole(found.iter().cloned().map(CompanyEntryDocument::from));
            output.answer(document, || render_entries(&found, args.view, subject.accounts.len()))?;
        }
    }
    if more {
        let first = counted(u64::try_from(limit)?, "entry", "entries");
        output.note(&format!("only the first {first}; more with --limit, or other days with --from and --to"));
    }
    Ok(Verdict::Ok)
}

/// The requested entries, page by page.
struct Pages<'a, B> {
    books: &'a B,
    accounts: &'a [AccountNumber],
    days: (Date, Date),
    args: &'a EntriesArgs,
    after: Option<CompanyCursor>,
}

impl<B: Books> Pages<'_, B> {
    /// The searched entries of the next `size` ones, and whether there are more pages.
    async fn next(&mut self, size: usize) -> Result<(Vec<(AccountNumber, Entry)>, bool)> {
        let (view, after, budget) = (self.args.view.view(), self.after.take(), &EntryBudget::unlimited());
        let page = page_of_company_entries(self.books, self.accounts, self.days, view, after, size, budget);
        let (mut entries, next) = page.await?;
        entries.retain(|(_, it)| {
            let texts = [&it.text, &it.counterparty, &it.id];
            self.args.list.finds(texts.into_iter().flatten().map(|it| &**it))
        });
        self.after = next;
        Ok((entries, self.after.is_some()))
    }
}

/// Writes all entries as CSV, page by page.
async fn csv<B: Books>(output: &Output, pages: &mut Pages<'_, B>) -> Result<Verdict> {
    let mut is_first = true;
    loop {
        let (entries, more) = pages.next(PAGE).await?;
        let reader = output.write(&entries_csv(&entries, is_first))?;
        is_first = false;
        if !more || reader == Reader::Gone {
            return Ok(Verdict::Ok);
        }
    }
}

fn render_entries(entries: &[(AccountNumber, Entry)], view: ViewArg, accounts: usize) -> String {
    if entries.is_empty() {
        return "no entries".to_owned();
    }
    let columns = [
        // For one account all rows are the same.
        Some(Column::id("Account")).filter(|_| accounts > 1),
        Some(Column::text("At")),
        Some(Column::number("Amount")),
        Some(Column::text("Counterparty").optional(1)),
        Some(Column::text("Text")),
        Some(Column::text("Source").optional(4)),
        Some(Column::text("Id").optional(3)),
        // Also in the clean view.
        Some(Column::text("Mark").optional(2)).filter(|_| view == ViewArg::All),
    ];
    let rows = entries.iter().map(|(account, entry)| {
        let shown = |text: Option<&str>| text.unwrap_or(NOTHING).to_owned();
        let cells = [
            account.as_str().to_owned(),
            entry.at.to_string(),
            entry.amount().grouped_with_currency(),
            shown(entry.counterparty.as_deref()),
            shown(entry.text.as_deref()),
            entry.source.to_string(),
            shown(entry.id.as_deref()),
            entry.mark.name().to_owned(),
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
        let entries = [("4711".parse().unwrap(), coffee)];
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
