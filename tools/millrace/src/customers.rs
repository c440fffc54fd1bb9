//! `customers` and `customer`: the customers of the register.

use ::customers::{
    Account, Corrections, Customer, CustomerKind, Customers, EmailAddress, MailChoice, MailChoices, Page, RegisterError,
};
use anyhow::Result;
use api_documents::{CustomerDocument, CustomerWithAccounts, Part};
use calendar::Moment;
use ledger::Books;

use crate::Verdict;
use crate::accounts::{self, AccountLine};
use crate::arguments::{CustomerKindArg, CustomersArgs};
use crate::output::Output;
use crate::subject;
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

/// Lists customers, by name.
pub(crate) async fn list<C: Customers>(output: &Output, register: &C, args: &CustomersArgs) -> Result<Verdict> {
    let mut customers = customers(register).await?;
    let kind = args.kind.map(CustomerKindArg::kind);
    customers.retain(|it| kind.is_none_or(|kind| kind == it.kind) && args.list.finds(texts(it)));
    let of = customers.len();
    customers.truncate(output.limit(&args.list));
    let document = || Part::whole(customers.iter().cloned().map(CustomerDocument::from));
    output.answer(document, || render_text(&customers))?;
    output.note_left_out(customers.len(), of, ("customer", "customers"));
    Ok(Verdict::Ok)
}

/// The texts of a customer that a search examines.
fn texts(customer: &Customer) -> impl Iterator<Item = &str> {
    let email = customer.email.as_ref().map(EmailAddress::as_str);
    [customer.name.as_deref(), email, customer.owner.as_deref()].into_iter().flatten()
}

fn render_text(customers: &[Customer]) -> String {
    if customers.is_empty() {
        return "there are no such customers; an import registers customers".to_owned();
    }
    let columns = [
        Column::text("Name"),
        Column::text("Kind").optional(2),
        Column::text("Mail").optional(1),
        Column::id("Customer"),
    ];
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

/// Shows one customer and their accounts, after it has set `email` and recorded `choice` about mails.
pub(crate) async fn show<C: Customers + MailChoices + Corrections, B: Books + Sync>(
    output: &Output,
    register: &C,
    books: &B,
    text: &str,
    (email, choice): (Option<EmailAddress>, Option<MailChoice>),
    now: Moment,
) -> Result<Verdict> {
    let (mut customer, mut accounts) = subject::customer(register, text).await?;
    if let Some(email) = email {
        register.set_email(customer.id, &email, now).await?;
        (customer, accounts) = subject::customer(register, &customer.id.to_string()).await?;
    }
    if let Some(choice) = choice {
        register.choose_mails(customer.mail_choice_id(), choice, now).await?;
    }
    let mails = register.mail_choice(customer.mail_choice_id()).await?;
    let lines = accounts::lines(books, accounts.clone(), |_| customer.name.clone()).await?;
    let document = || CustomerWithAccounts::new(customer.clone(), accounts.clone(), mails);
    output.answer(document, || render_one(&customer, &lines, mails))?;
    Ok(Verdict::Ok)
}

fn render_one(customer: &Customer, accounts: &[AccountLine], mails: MailChoice) -> String {
    let facts = [
        ("Id", Some(customer.id.to_string())),
        ("Name", customer.name.clone()),
        ("Kind", Some(kind(customer.kind).to_owned())),
        ("Born", customer.born_on.map(|it| it.to_string())),
        ("Owner", customer.owner.clone()),
        ("Address", customer.address.clone()),
        ("Mail", customer.email.as_ref().map(|it| it.as_str().to_owned())),
        ("Opted out", (mails == MailChoice::Unwanted).then(|| "of mails".to_owned())),
    ];
    let facts = facts.into_iter().filter_map(|(name, value)| Some(vec![name.to_owned(), value?]));
    let customer = table(&[Column::text("Customer"), Column::text("")], facts);
    format!("{customer}\n{}", accounts::render_text(accounts))
}

#[cfg(test)]
mod tests {
    use ledger::testing::FakeBooks;

    use ::customers::testing::FakeRegister;
    use ::customers::{CustomerId, Register as _, Registration};

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
            first_email: None,
        };
        let now: Moment = "2026-11-21T10:00:00Z".parse().unwrap();
        register.register(&[Registration { customer, accounts: Vec::new() }], now).await.unwrap();
        for (choice, expected) in [
            (None, MailChoice::Wanted),
            (Some(MailChoice::Unwanted), MailChoice::Unwanted),
            (None, MailChoice::Unwanted),
            (Some(MailChoice::Wanted), MailChoice::Wanted),
        ] {
            show(&Output::new(true), &register, &books, &id.to_string(), (None, choice), now).await.unwrap();
            assert_eq!(register.mail_choice(id).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn an_operator_corrects_an_address_and_the_opt_out_of_the_wrong_receiver_does_not_count() {
        let (register, books) = (FakeRegister::default(), FakeBooks::default());
        let [wrong, right] = ["ada@exmaple.com", "ada@example.com"].map(|it| EmailAddress::parse(it).unwrap());
        let id = CustomerId::of_person("Ada", "", None, Some(&wrong));
        let customer = Customer {
            id,
            kind: CustomerKind::Person,
            name: Some("Ada".to_owned()),
            born_on: None,
            email: Some(wrong.clone()),
            owner: None,
            address: None,
            first_email: None,
        };
        let now: Moment = "2026-11-21T10:00:00Z".parse().unwrap();
        register.register(&[Registration { customer, accounts: Vec::new() }], now).await.unwrap();
        for (email, choice, expected) in [
            (None, Some(MailChoice::Unwanted), MailChoice::Unwanted),
            (Some(right), None, MailChoice::Wanted),
            (Some(wrong), None, MailChoice::Unwanted),
        ] {
            let email_after = email.clone();
            show(&Output::new(true), &register, &books, "ada", (email, choice), now).await.unwrap();
            let (customer, _) = register.customer(id).await.unwrap().unwrap();
            assert_eq!(register.mail_choice(customer.mail_choice_id()).await.unwrap(), expected);
            assert!(email_after.is_none_or(|it| customer.email == Some(it)));
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
            first_email: None,
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
