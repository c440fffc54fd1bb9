//! `accounts` and `account`: the accounts and their holders.

use std::collections::HashMap;

use ::customers::{Account, ChangedHolder, Corrections, CustomerId, Customers};
use anyhow::{Context as _, Result, bail};
use api_documents::{AccountWithFigures, Part};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use ledger::{Books, Overview, View, balances, overview};

use crate::Verdict;
use crate::arguments::{AccountArgs, ListArgs};
use crate::customers;
use crate::output::Output;
use crate::subject;
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

/// Shows one account, after it has set the holder.
pub(crate) async fn show<C: Customers + Corrections, B: Books + Sync>(
    output: &Output,
    register: &C,
    books: &B,
    AccountArgs { number, holder }: &AccountArgs,
) -> Result<Verdict> {
    let unknown = || format!("there is no account {}; `millrace accounts` lists them", number.as_str());
    if let Some(holder) = holder {
        let (customer, _) = subject::customer(register, holder).await?;
        match register.set_holder(number, customer.id).await? {
            ChangedHolder::Done => {}
            ChangedHolder::NoAccount => bail!(unknown()),
            ChangedHolder::NoCustomer => bail!("there is no customer {}", customer.id),
        }
    }
    let account = register.account(number).await?.with_context(unknown)?;
    let (customer, _) = subject::customer(register, &account.customer.to_string()).await?;
    let holder = customer.name.unwrap_or_else(|| customer.id.to_string());
    let lines = lines(books, vec![account], |_| Some(holder.clone())).await?;
    let line = lines.first().with_context(unknown)?;
    output.answer(|| line.document(), || render_text(&lines))?;
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

#[cfg(test)]
mod tests {
    use ::customers::testing::FakeRegister;
    use ::customers::{Customer, CustomerKind, Register as _, Registration};
    use ledger::testing::FakeBooks;

    use super::*;

    #[tokio::test]
    async fn an_operator_sets_the_holder_of_an_account() {
        let (register, books) = (FakeRegister::default(), FakeBooks::default());
        let number: banking::AccountNumber = "4711".parse().unwrap();
        let registration = |name: &str, has_account: bool| {
            let id = CustomerId::of_company(name);
            let account = Account { number: number.clone(), customer: id, r#type: None };
            let customer = Customer {
                id,
                kind: CustomerKind::Company,
                name: Some(name.to_owned()),
                born_on: None,
                email: None,
                owner: None,
                address: None,
                first_email: None,
            };
            Registration { customer, accounts: if has_account { vec![account] } else { Vec::new() } }
        };
        let both = [registration("Acme", true), registration("Bolt", false)];
        register.register(&both, "2026-11-21T10:00:00Z".parse().unwrap()).await.unwrap();
        let show = async |number: &str, holder: Option<&str>| {
            let args = AccountArgs { number: number.parse().unwrap(), holder: holder.map(str::to_owned) };
            let shown = show(&Output::new(true), &register, &books, &args).await;
            shown.map(drop).map_err(|error| error.to_string())
        };
        for (holder, expected) in [(None, "Acme"), (Some("bolt"), "Bolt"), (Some("Bolt"), "Bolt")] {
            show("4711", holder).await.unwrap();
            let account = register.account(&number).await.unwrap().unwrap();
            assert_eq!(account.customer, CustomerId::of_company(expected));
        }
        let unknown = "there is no account 4712; `millrace accounts` lists them";
        for holder in [None, Some("Acme")] {
            assert_eq!(show("4712", holder).await.unwrap_err(), unknown);
        }
        assert!(show("4711", Some("Crane")).await.unwrap_err().contains("no customer `Crane`"));
    }
}
