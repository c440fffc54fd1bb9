//! `customers` and `customer`: the customers of the register.

use ::customers::{
    Account, Customer, CustomerId, CustomerKind, Customers, EmailAddress, MailChoice, MailChoices, Page, RegisterError,
};
use anyhow::{Result, bail};
use calendar::Moment;
use ledger::Books;
use serde::Serialize;

use crate::Verdict;
use crate::accounts::{self, AccountLine};
use crate::output::Output;
use crate::table::{Column, NOTHING, table};

/// The page size of a request.
const PAGE: usize = 500;

/// Reads all pages of a list.
async fn all<T>(page: impl AsyncFn(Option<String>) -> Result<Page<T>, RegisterError>) -> Result<Vec<T>> {
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let some = page(after).await?;
        items.extend(some.items);
        after = some.next;
        if after.is_none() {
            return Ok(items);
        }
    }
}

/// All customers, by name.
pub(crate) async fn customers<C: Customers>(register: &C) -> Result<Vec<Customer>> {
    let mut customers = all(async |after| register.customers(after.as_deref(), PAGE).await).await?;
    customers.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    Ok(customers)
}

/// All accounts, by number.
pub(crate) async fn accounts<C: Customers>(register: &C) -> Result<Vec<Account>> {
    let mut accounts = all(async |after| register.accounts(after.as_deref(), PAGE).await).await?;
    accounts.sort_by(|a, b| by_number(a.number.as_str(), b.number.as_str()));
    Ok(accounts)
}

/// Natural order of numbers: 9 before 10.
fn by_number(a: &str, b: &str) -> std::cmp::Ordering {
    let number = |it: &str| it.parse::<u64>().ok();
    match (number(a), number(b)) {
        (Some(x), Some(y)) => x.cmp(&y).then_with(|| a.cmp(b)),
        _ => a.cmp(b),
    }
}

/// List the customers.
pub(crate) async fn list<C: Customers>(output: &Output, register: &C) -> Result<Verdict> {
    let customers = customers(register).await?;
    output.answer(&customers, || render_text(&customers))?;
    Ok(Verdict::Ok)
}

fn render_text(customers: &[Customer]) -> String {
    if customers.is_empty() {
        return "there are no customers yet; an import registers them".to_owned();
    }
    let columns = [Column::Text("Name"), Column::Text("Kind"), Column::Text("Mail"), Column::Id("Customer")];
    let rows = customers.iter().map(|customer| {
        vec![
            shown(customer.name.as_deref()),
            kind(customer.kind).to_owned(),
            shown(customer.email.as_ref().map(EmailAddress::as_str)),
            customer.id.to_string(),
        ]
    });
    table(&columns, rows)
}

fn shown(text: Option<&str>) -> String {
    text.unwrap_or(NOTHING).to_owned()
}

fn kind(kind: CustomerKind) -> &'static str {
    match kind {
        CustomerKind::Person => "person",
        CustomerKind::Company => "company",
    }
}

/// A customer with their accounts.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    customer: Customer,
    accounts: Vec<AccountLine>,
    mails: MailChoice,
}

/// Shows one customer and their accounts, after it has recorded `choice` about mails.
pub(crate) async fn show<C: Customers + MailChoices, B: Books + Sync>(
    output: &Output,
    register: &C,
    books: &B,
    id: CustomerId,
    choice: Option<MailChoice>,
    now: Moment,
) -> Result<Verdict> {
    let Some((customer, accounts)) = register.customer(id).await? else {
        bail!("there is no customer {id}; `millrace customers` lists them");
    };
    let accounts = accounts::lines(books, accounts, |_| customer.name.clone()).await?;
    if let Some(choice) = choice {
        register.choose_mails(id, choice, now).await?;
    }
    let mails = register.mail_choice(id).await?;
    let shown = Shown { customer, accounts, mails };
    output.answer(&shown, || render_one(&shown))?;
    Ok(Verdict::Ok)
}

fn render_one(Shown { customer, accounts, mails }: &Shown) -> String {
    let facts = [
        ("Id", Some(customer.id.to_string())),
        ("Name", customer.name.clone()),
        ("Kind", Some(kind(customer.kind).to_owned())),
        ("Born", customer.born_on.map(|it| it.to_string())),
        ("Owner", customer.owner.clone()),
        ("Address", customer.address.clone()),
        ("Mail", customer.email.as_ref().map(|it| it.as_str().to_owned())),
        ("Opted out", (*mails == MailChoice::Unwanted).then(|| "of mails".to_owned())),
    ];
    let facts = facts.into_iter().filter_map(|(name, value)| Some(vec![name.to_owned(), value?]));
    let customer = table(&[Column::Text("Customer"), Column::Text("")], facts);
    format!("{customer}\n{}", accounts::render_text(accounts))
}

#[cfg(test)]
mod tests {
    use ledger::testing::FakeBooks;

    use ::customers::testing::FakeRegister;
    use ::customers::{Register as _, Registration};

    use super::*;

    #[tokio::test]
    async fn an_operator_opts_a_customer_out_and_in_again() {
        let (register, books) = (FakeRegister::default(), FakeBooks::default());
        let id = CustomerId::of_company("acme");
        let customer = Customer {
            id,
            kind: CustomerKind::Company,
            name: None,
            born_on: None,
            email: None,
            owner: None,
            address: None,
        };
        let now: Moment = "2026-11-21T10:00:00Z".parse().unwrap();
        register.register(&[Registration { customer, accounts: Vec::new() }], now).await.unwrap();
        for (choice, expected) in [
            (None, MailChoice::Wanted),
            (Some(MailChoice::Unwanted), MailChoice::Unwanted),
            (None, MailChoice::Unwanted),
            (Some(MailChoice::Wanted), MailChoice::Wanted),
        ] {
            show(&Output::new(true), &register, &books, id, choice, now).await.unwrap();
            assert_eq!(register.mail_choice(id).await.unwrap(), expected);
        }
    }

    #[test]
    fn account_numbers_are_listed_as_people_count() {
        let mut numbers = ["10", "DE89", "9", "010", "AT61"];
        numbers.sort_by(|a, b| by_number(a, b));
        assert_eq!(numbers, ["9", "010", "10", "AT61", "DE89"]);
    }

    #[test]
    fn customers_are_listed_with_what_is_known() {
        let email = EmailAddress::parse("ada@example.com").unwrap();
        let ada = Customer {
            id: CustomerId::of_person("Ada", "Lovelace", None, Some(&email)),
            kind: CustomerKind::Person,
            name: Some("Ada Lovelace".to_owned()),
            born_on: None,
            email: Some(email),
            owner: None,
            address: None,
        };
        let unknown =
            Customer { id: CustomerId::of_account(&"4711".parse().unwrap()), name: None, email: None, ..ada.clone() };
        insta::assert_snapshot!(render_text(&[ada, unknown]), @"
        ┌──────────────┬────────┬─────────────────┬──────────────────────────────────────┐
        │ Name         ┆ Kind   ┆ Mail            ┆ Customer                             │
        ╞══════════════╪════════╪═════════════════╪══════════════════════════════════════╡
        │ Ada Lovelace ┆ person ┆ ada@example.com ┆ d784bd93-a857-501c-b9fa-8571827344d5 │
        │ —            ┆ person ┆ —               ┆ 738f44c1-c94a-5ef7-91e3-10ba439de504 │
        └──────────────┴────────┴─────────────────┴──────────────────────────────────────┘
        ");
    }
}
