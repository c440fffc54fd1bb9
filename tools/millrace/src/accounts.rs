//! `accounts`: lists accounts with their holders.

use std::collections::HashMap;

use ::customers::{Account, CustomerId, Customers};
use anyhow::{Result, bail};
use banking::AccountNumber;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use ledger::{Books, View, balances, overview};
use money::Money;
use serde::Serialize;

use crate::Verdict;
use crate::customers;
use crate::output::Output;
use crate::table::{Column, NOTHING, amounts, table};

/// The number of accounts that are read concurrently.
const AT_ONCE: usize = 16;

/// An account, its holder and its balances without dirty transfers.
#[derive(Serialize)]
pub(crate) struct AccountLine {
    account: AccountNumber,
    customer: CustomerId,
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<String>,
    balances: Vec<Money>,
}

/// Lists all accounts.
pub(crate) async fn list<C: Customers, B: Books + Sync>(output: &Output, register: &C, books: &B) -> Result<Verdict> {
    let customers = customers::customers(register).await?;
    let names: HashMap<CustomerId, Option<String>> = customers.into_iter().map(|it| (it.id, it.name)).collect();
    let accounts = customers::accounts(register).await?;
    let lines = lines(books, accounts, |customer| names.get(&customer).cloned().flatten()).await?;
    output.answer(&lines, || render_text(&lines))?;
    Ok(Verdict::Ok)
}

/// Looks up the balances of accounts, in their order.
pub(crate) async fn lines<B: Books + Sync>(
    books: &B,
    accounts: Vec<Account>,
    holder: impl Fn(CustomerId) -> Option<String>,
) -> Result<Vec<AccountLine>> {
    let lines = accounts.into_iter().map(|account| {
        let holder = holder(account.customer);
        Box::pin(async move {
            let figures = overview(books, &account.number).await?.figures;
            anyhow::Ok(AccountLine {
                account: account.number,
                customer: account.customer,
                holder,
                r#type: account.r#type,
                balances: balances(&figures, View::Clean),
            })
        })
    });
    stream::iter(lines).buffered(AT_ONCE).try_collect().await
}

/// A table of accounts.
pub(crate) fn render_text(lines: &[AccountLine]) -> String {
    if lines.is_empty() {
        return "there are no accounts yet; an import registers them".to_owned();
    }
    let columns = [Column::Id("Account"), Column::Text("Holder"), Column::Text("Type"), Column::Number("Balance")];
    let rows = lines.iter().map(|line| {
        vec![
            line.account.as_str().to_owned(),
            line.holder.as_deref().unwrap_or(NOTHING).to_owned(),
            line.r#type.as_deref().unwrap_or(NOTHING).to_owned(),
            amounts(&line.balances),
        ]
    });
    table(&columns, rows)
}

/// Fails with a hint if the register has no such account.
pub(crate) async fn must_exist<C: Customers>(register: &C, number: &AccountNumber) -> Result<()> {
    if register.account(number).await?.is_none() {
        bail!("there is no account {}; `millrace accounts` lists them", number.as_str());
    }
    Ok(())
}
