//! `accounts`: lists accounts with their holders.

use std::collections::HashMap;

use ::customers::{Account, CustomerId, Customers};
use anyhow::Result;
use api_documents::{AccountWithFigures, Part};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use ledger::{Books, Overview, View, balances, overview};

use crate::Verdict;
use crate::arguments::ListArgs;
use crate::customers;
use crate::output::Output;
use crate::table::{Column, NOTHING, amounts, table};

/// The number of accounts that are read concurrently.
const AT_ONCE: usize = 16;

/// An account, its holder and the figures of its books.
pub(crate) struct AccountLine {
    account: Account,
    holder: Option<String>,
    figures: Overview,
}

/// Lists accounts, by number.
pub(crate) async fn list<C: Customers, B: Books + Sync>(
    output: &Output,
    register: &C,
    books: &B,
    args: &ListArgs,
) -> Result<Verdict> {
    let customers = customers::customers(register).await?;
    let names: HashMap<CustomerId, String> = customers.into_iter().filter_map(|it| Some((it.id, it.name?))).collect();
    let mut accounts = customers::accounts(register).await?;
    accounts
        .retain(|it| args.finds(names.get(&it.customer).map(String::as_str).into_iter().chain([it.number.as_str()])));
    let of = accounts.len();
    accounts.truncate(output.limit(args));
    let lines = lines(books, accounts, |customer| names.get(&customer).cloned()).await?;
    output.answer(|| Part::whole(lines.iter().map(AccountLine::document)), || render_text(&lines))?;
    output.note_left_out(lines.len(), of, ("account", "accounts"));
    Ok(Verdict::Ok)
}

impl AccountLine {
    fn document(&self) -> AccountWithFigures {
        AccountWithFigures::new(self.account.clone(), &self.figures)
    }
}

/// Looks up the figures of accounts, in their order.
pub(crate) async fn lines<B: Books + Sync>(
    books: &B,
    accounts: Vec<Account>,
    holder: impl Fn(CustomerId) -> Option<String>,
) -> Result<Vec<AccountLine>> {
    let lines = accounts.into_iter().map(|account| {
        let holder = holder(account.customer);
        Box::pin(async move {
            let figures = overview(books, &account.number).await?;
            anyhow::Ok(AccountLine { account, holder, figures })
        })
    });
    stream::iter(lines).buffered(AT_ONCE).try_collect().await
}

/// A table of accounts.
pub(crate) fn render_text(lines: &[AccountLine]) -> String {
    if lines.is_empty() {
        return "there are no such accounts; an import registers accounts".to_owned();
    }
    let columns = [
        Column::id("Account"),
        Column::text("Holder").optional(1),
        Column::text("Type").optional(2),
        Column::number("Balance"),
    ];
    let rows = lines.iter().map(|AccountLine { account, holder, figures }| {
        vec![
            account.number.as_str().to_owned(),
            holder.as_deref().unwrap_or(NOTHING).to_owned(),
            account.r#type.as_deref().unwrap_or(NOTHING).to_owned(),
            amounts(&balances(&figures.figures, View::Clean)),
        ]
    });
    table(&columns, rows)
}
