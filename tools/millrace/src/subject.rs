//! The subject of figures (an account or a customer) and shared queries.

use ::customers::{Customer, CustomerId, Customers};
use anyhow::{Result, bail, ensure};
use banking::AccountNumber;
use calendar::Date;
use ledger::EntryBudget;
use serde::Serialize;
use treasury::{Limits, Queries};

use crate::arguments::SubjectArgs;
use crate::customers;

/// The maximum number of customers in the error for an ambiguous name.
const MAX_NAMED: usize = 5;

/// One account, or all accounts of a customer.
#[derive(Serialize)]
pub(crate) struct Subject {
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip)]
    pub(crate) accounts: Vec<AccountNumber>,
}

/// Finds an account by number, a customer by id, or the only customer with the text in the name.
pub(crate) async fn find<C: Customers>(register: &C, SubjectArgs { subject }: &SubjectArgs) -> Result<Subject> {
    if let Ok(number) = subject.parse()
        && let Some(account) = register.account(&number).await?
    {
        let number = account.number;
        return Ok(Subject { account: Some(number.clone()), customer: None, name: None, accounts: vec![number] });
    }
    let id = match subject.parse() {
        Ok(id) => id,
        Err(_) => named(&customers::customers(register).await?, subject)?,
    };
    let Some((customer, accounts)) = register.customer(id).await? else {
        bail!("there is no customer {id}; `millrace customers` lists them");
    };
    let accounts = accounts.into_iter().map(|it| it.number).collect();
    Ok(Subject { account: None, customer: Some(id), name: customer.name, accounts })
}

fn named(customers: &[Customer], part: &str) -> Result<CustomerId> {
    let lower = part.to_lowercase();
    let has_part = |it: &&Customer| it.name.as_ref().is_some_and(|name| name.to_lowercase().contains(&lower));
    let found: Vec<&Customer> = customers.iter().filter(has_part).collect();
    match found.as_slice() {
        [one] => Ok(one.id),
        [] => bail!(
            "there is no account and no customer `{part}`; `millrace accounts` and `millrace customers` list them"
        ),
        [first @ .., _] => {
            let names = first.iter().chain(found.last()).take(MAX_NAMED);
            let names: Vec<_> =
                names.map(|it| format!("{} ({})", it.name.as_deref().unwrap_or_default(), it.id)).collect();
            bail!("{} customers match `{part}`: {} …; give more of the name, or the id", found.len(), names.join(", "))
        }
    }
}

/// The requested days; without limits, all days.
pub(crate) fn days(from: Option<Date>, to: Option<Date>) -> Result<(Date, Date)> {
    let days = (from.unwrap_or(Date::MIN), to.unwrap_or(Date::MAX));
    ensure!(days.0 <= days.1, "--from is after --to; there are no days between");
    Ok(days)
}

/// The queries of the command, which has no time-out and so hardly any limits.
pub(crate) fn queries<'a, B, R>(books: &'a B, rates: &'a R) -> Queries<'a, B, R> {
    let limits = Limits { buckets: 10_000, days_ahead: i32::MAX, registered: usize::MAX, company_accounts: usize::MAX };
    Queries { books, rates, budget: EntryBudget::unlimited(), limits }
}

#[cfg(test)]
mod tests {
    use ::customers::testing::FakeRegister;
    use ::customers::{Account, CustomerKind, Register as _, Registration};

    use super::*;

    async fn register() -> FakeRegister {
        let register = FakeRegister::default();
        let registration = |name: &str, numbers: &[&str]| {
            let id = CustomerId::of_company(name);
            let account = |it: &&str| Account { number: it.parse().unwrap(), customer: id, r#type: None };
            let name = Some(name.to_owned());
            let (kind, born_on, email, owner, address) = (CustomerKind::Company, None, None, None, None);
            let customer = Customer { id, kind, name, born_on, email, owner, address };
            Registration { customer, accounts: numbers.iter().map(account).collect() }
        };
        let registrations =
            [registration("Acme", &["1", "2"]), registration("Bolt & Söhne", &["3"]), registration("Bolt North", &[])];
        register.register(&registrations, "2024-01-01".parse().unwrap()).await.unwrap();
        register
    }

    async fn check(subject: &str, expected: Result<&[&str], &str>) {
        let found = find(&register().await, &SubjectArgs { subject: subject.to_owned() }).await;
        match (found, expected) {
            (Ok(it), Ok(accounts)) => {
                assert_eq!(it.accounts.iter().map(AccountNumber::as_str).collect::<Vec<_>>(), accounts, "{subject}");
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{subject}: {error}"),
            (found, _) => panic!("{subject}: {:?}", found.map(|it| it.accounts)),
        }
    }

    #[tokio::test]
    async fn figures_are_of_an_account_an_id_or_the_one_name() {
        check("3", Ok(&["3"])).await;
        check(&CustomerId::of_company("Acme").to_string(), Ok(&["1", "2"])).await;
        check("aCM", Ok(&["1", "2"])).await;
        check("& SÖ", Ok(&["3"])).await;
        check("bolt", Err("2 customers match `bolt`: Bolt & Söhne")).await;
        check("4", Err("no account and no customer `4`")).await;
        check(&CustomerId::of_company("nobody").to_string(), Err("there is no customer")).await;
    }
}
