//! The subject of a command, an account or a customer, found by number, id or name; and shared queries.

use ::customers::{Account, Customer, CustomerId, Customers};
use anyhow::{Context as _, Result, bail, ensure};
use banking::AccountNumber;
use calendar::Date;
use ledger::EntryBudget;
use treasury::{Limits, Queries};

use crate::arguments::SubjectArgs;
use crate::customers;
use crate::table::{count, harmless};

/// The maximum number of candidates in the error for an ambiguous name.
const MAX_NAMED: usize = 10;

/// One account, or all accounts of a customer.
pub(crate) struct Subject {
    /// The subject in documents.
    pub(crate) document: api_documents::Subject,
    /// By number.
    pub(crate) accounts: Vec<AccountNumber>,
}

/// Finds an account by number, or a customer by id or a part of the name.
pub(crate) async fn find<C: Customers>(register: &C, SubjectArgs { subject }: &SubjectArgs) -> Result<Subject> {
    if let Some(Account { number, .. }) = numbered(register, subject).await? {
        return Ok(Subject { document: api_documents::Subject::Account(number.clone()), accounts: vec![number] });
    }
    let (customer, accounts) = customer(register, subject).await?;
    let mut accounts: Vec<AccountNumber> = accounts.into_iter().map(|it| it.number).collect();
    accounts.sort();
    Ok(Subject { document: customer.id.into(), accounts })
}

/// Finds a customer by id or a part of the name.
pub(crate) async fn customer<C: Customers>(register: &C, text: &str) -> Result<(Customer, Vec<Account>)> {
    let id = match text.parse() {
        Ok(id) => id,
        Err(_) => named(&customers::customers(register).await?, text)?,
    };
    let found = register.customer(id).await?;
    found.with_context(|| format!("there is no customer {id}; `millrace customers` lists them"))
}

/// Finds an account by number, or by the id or a part of the name of its holder, if they hold no other.
pub(crate) async fn account<C: Customers>(register: &C, text: &str) -> Result<AccountNumber> {
    if let Some(account) = numbered(register, text).await? {
        return Ok(account.number);
    }
    let (customer, accounts) = customer(register, text).await?;
    let holder = customer.name.unwrap_or_else(|| customer.id.to_string());
    match accounts.as_slice() {
        [one] => Ok(one.number.clone()),
        [] => bail!("{holder} has no account"),
        several => {
            let numbers = several.iter().map(|it| it.number.as_str().to_owned()).collect();
            bail!("{holder} has {} accounts:{}\ngive the number of one of them", several.len(), lines(numbers))
        }
    }
}

async fn numbered<C: Customers>(register: &C, text: &str) -> Result<Option<Account>> {
    let Ok(number) = text.parse() else { return Ok(None) };
    Ok(register.account(&number).await?)
}

/// The only customer with `part` in the name, or the only one with exactly this name.
fn named(customers: &[Customer], part: &str) -> Result<CustomerId> {
    let lower = part.to_lowercase();
    let of_name = |fits: &dyn Fn(&str) -> bool| {
        let name = |it: &&Customer| it.name.as_ref().is_some_and(|name| fits(&name.to_lowercase()));
        customers.iter().filter(name).collect::<Vec<_>>()
    };
    if let [one] = of_name(&|name| name == lower).as_slice() {
        return Ok(one.id);
    }
    let found = of_name(&|name| name.contains(&lower));
    match found.as_slice() {
        [one] => Ok(one.id),
        [] => bail!(
            "there is no account and no customer `{part}`; `millrace accounts` and `millrace customers` list them"
        ),
        several => {
            let names = several.iter().map(|it| format!("{}  {}", it.id, it.name.as_deref().unwrap_or_default()));
            let number = count(u64::try_from(several.len())?);
            bail!("{number} customers match `{part}`:{}\ngive more of the name, or the id", lines(names.collect()))
        }
    }
}

/// The candidates of an ambiguous name, one on each line.
pub(crate) fn lines(candidates: Vec<String>) -> String {
    let more = candidates.len() > MAX_NAMED;
    let shown = candidates.into_iter().take(MAX_NAMED).map(|it| format!("\n  {}", harmless(&it)));
    shown.chain(more.then(|| "\n  …".to_owned())).collect()
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
    use ::customers::{CustomerKind, Register as _, Registration};

    use super::*;

    async fn register() -> FakeRegister {
        let register = FakeRegister::default();
        let registration = |name: &str, numbers: &[&str]| {
            let id = CustomerId::of_company(name);
            let account = |it: &&str| Account { number: it.parse().unwrap(), customer: id, r#type: None };
            let name = Some(name.to_owned());
            let (kind, born_on, email, owner, address) = (CustomerKind::Company, None, None, None, None);
            let customer = Customer { id, kind, name, born_on, email, owner, address, first_email: None };
            Registration { customer, accounts: numbers.iter().map(account).collect() }
        };
        let registrations =
            [registration("Acme", &["1", "2"]), registration("Bolt & Söhne", &["3"]), registration("Bolt", &[])];
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
        check("bolt", Ok(&[])).await;
        let both = ["Bolt", "Bolt & Söhne"].map(|it| format!("{}  {it}", CustomerId::of_company(it)));
        let message =
            format!("2 customers match `ol`:\n  {}\n  {}\ngive more of the name, or the id", both[0], both[1]);
        check("ol", Err(&message)).await;
        check("4", Err("no account and no customer `4`")).await;
        check(&CustomerId::of_company("nobody").to_string(), Err("there is no customer")).await;
    }

    #[tokio::test]
    async fn an_account_is_found_by_a_holder_who_has_no_other() {
        let found = async |text: &str| account(&register().await, text).await;
        for text in ["3", "söhne"] {
            assert_eq!(found(text).await.unwrap().as_str(), "3");
        }
        let several = "Acme has 2 accounts:\n  1\n  2\ngive the number of one of them";
        assert_eq!(found("acme").await.unwrap_err().to_string(), several);
        assert_eq!(found("bolt").await.unwrap_err().to_string(), "Bolt has no account");
    }
}
