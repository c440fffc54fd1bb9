//! A fake of the register, and the contract it shares with every adapter.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use banking::AccountNumber;
use calendar::Moment;

use crate::{
    Account, ChangedHolder, ChosenMails, Corrections, Customer, CustomerId, CustomerKind, Customers, Directory,
    EmailAddress, HolderChange, MailChoice, MailChoiceCopies, MailChoices, Page, Register, RegisterError, Registered,
    Registration, holder_change,
};

#[derive(Default)]
struct State {
    customers: BTreeMap<CustomerId, (Customer, Moment)>,
    accounts: BTreeMap<AccountNumber, Account>,
    mail_choices: BTreeMap<CustomerId, ChosenMails>,
}

impl State {
    fn keep_profile(&mut self, registration: &Registration, as_of: Moment) {
        let id = registration.customer.id;
        let profile = match self.customers.get(&id) {
            None => registration.customer.clone(),
            Some((stored, old)) if registration.customer.replaces(stored, *old, as_of) => {
                registration.customer.succeeding(stored)
            }
            Some(_) => return,
        };
        self.customers.insert(id, (profile, as_of));
    }
}

/// A register in memory.
#[derive(Default)]
pub struct FakeRegister {
    state: Mutex<State>,
    looked_at: AtomicUsize,
}

impl FakeRegister {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many accounts [`Register::holders`] has looked up.
    pub fn looked_at(&self) -> usize {
        self.looked_at.load(Ordering::Relaxed)
    }
}

impl Register for FakeRegister {
    async fn holders(&self, accounts: &[AccountNumber]) -> Result<Directory, RegisterError> {
        self.looked_at.fetch_add(accounts.len(), Ordering::Relaxed);
        let state = self.state();
        let found = accounts.iter().filter_map(|number| state.accounts.get_key_value(number));
        Ok(found.map(|(number, account)| (number.clone(), account.customer)).collect())
    }

    async fn register(&self, registrations: &[Registration], as_of: Moment) -> Result<Registered, RegisterError> {
        let mut state = self.state();
        let mut registered = Registered::default();
        for registration in registrations {
            let mut is_known = registration.accounts.is_empty();
            for account in &registration.accounts {
                let decided = match state.accounts.get(&account.number).map(|it| it.customer) {
                    None => HolderChange::Replaces,
                    Some(holder) if holder == account.customer => {
                        is_known = true;
                        continue;
                    }
                    Some(holder) => {
                        let stored = state.customers.get(&holder);
                        holder_change(&registration.customer, as_of, &account.number, holder, stored)
                    }
                };
                match decided {
                    HolderChange::Replaces => {
                        state.accounts.insert(account.number.clone(), account.clone());
                        is_known = true;
                    }
                    HolderChange::Corrects(profile) => {
                        state.customers.insert(profile.id, (profile, as_of));
                    }
                    HolderChange::HeldByAnother => {
                        registered.held_by_others.push(account.number.clone());
                        is_known = true;
                    }
                    HolderChange::Unchanged => {}
                }
            }
            if is_known || registration.customer.kind == CustomerKind::Company {
                state.keep_profile(registration, as_of);
            }
        }
        Ok(registered)
    }
}

impl Corrections for FakeRegister {
    async fn set_email(&self, customer: CustomerId, email: &EmailAddress, now: Moment) -> Result<bool, RegisterError> {
        let mut state = self.state();
        let Some((profile, known_at)) = state.customers.get_mut(&customer) else { return Ok(false) };
        *profile = profile.with_email(email.clone());
        *known_at = now.max(*known_at);
        Ok(true)
    }

    async fn set_holder(&self, account: &AccountNumber, customer: CustomerId) -> Result<ChangedHolder, RegisterError> {
        let mut state = self.state();
        if !state.customers.contains_key(&customer) {
            return Ok(ChangedHolder::NoCustomer);
        }
        let Some(account) = state.accounts.get_mut(account) else { return Ok(ChangedHolder::NoAccount) };
        account.customer = customer;
        Ok(ChangedHolder::Done)
    }
}

impl MailChoices for FakeRegister {
    async fn choose_mails(&self, customer: CustomerId, choice: MailChoice, now: Moment) -> Result<(), RegisterError> {
        self.state().mail_choices.insert(customer, ChosenMails { customer, at: now, choice });
        Ok(())
    }

    async fn mail_choice(&self, customer: CustomerId) -> Result<MailChoice, RegisterError> {
        Ok(self.state().mail_choices.get(&customer).map_or(MailChoice::Wanted, |it| it.choice))
    }
}

impl MailChoiceCopies for FakeRegister {
    async fn mail_choices(&self) -> Result<Vec<ChosenMails>, RegisterError> {
        Ok(self.state().mail_choices.values().copied().collect())
    }

    async fn copy_mail_choices(&self, chosen: &[ChosenMails]) -> Result<u64, RegisterError> {
        let mut state = self.state();
        let mut copied = 0_u64;
        for new in chosen {
            if state.mail_choices.get(&new.customer).is_none_or(|it| it.at < new.at) {
                state.mail_choices.insert(new.customer, *new);
                copied = copied.saturating_add(1);
            }
        }
        Ok(copied)
    }
}

impl Customers for FakeRegister {
    async fn customer(&self, id: CustomerId) -> Result<Option<(Customer, Vec<Account>)>, RegisterError> {
        let state = self.state();
        let accounts = state.accounts.values().filter(|it| it.customer == id).cloned().collect();
        Ok(state.customers.get(&id).map(|(customer, _)| (customer.clone(), accounts)))
    }

    async fn account(&self, number: &AccountNumber) -> Result<Option<Account>, RegisterError> {
        Ok(self.state().accounts.get(number).cloned())
    }

    async fn customers(&self, after: Option<&str>, limit: usize) -> Result<Page<Customer>, RegisterError> {
        let after: Option<CustomerId> = after.map(|it| it.parse().map_err(|_| RegisterError::BadCursor)).transpose()?;
        let state = self.state();
        let rest = state.customers.values().map(|(it, _)| it).filter(|it| after.is_none_or(|after| it.id > after));
        Ok(page(rest.cloned().collect(), limit, |it| it.id.to_string()))
    }

    async fn accounts(&self, after: Option<&str>, limit: usize) -> Result<Page<Account>, RegisterError> {
        let after: Option<AccountNumber> =
            after.map(|it| it.parse().map_err(|_| RegisterError::BadCursor)).transpose()?;
        let state = self.state();
        let rest = state.accounts.values().filter(|it| after.as_ref().is_none_or(|after| it.number > *after));
        Ok(page(rest.cloned().collect(), limit, |it| it.number.as_str().to_owned()))
    }
}

fn page<T>(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Page<T> {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().map(cursor) } else { None };
    Page { items, next }
}

/// What every [`Register`] that is also [`Customers`] must do. The register must be empty; it contains customers
/// afterwards.
///
/// # Panics
///
/// If the contract is violated.
#[allow(clippy::unwrap_used, reason = "a contract test fails by panicking")]
pub async fn register_contract<R: Register + Customers + MailChoices + MailChoiceCopies + Corrections>(register: &R) {
    let at = |text: &str| text.parse::<Moment>().unwrap();
    let number = |text: &str| text.parse::<AccountNumber>().unwrap();
    let person = |name: &str, email: Option<&str>, id: CustomerId| Customer {
        id,
        kind: CustomerKind::Person,
        name: Some(name.to_owned()),
        born_on: None,
        email: email.map(|it| EmailAddress::parse(it).unwrap()),
        owner: None,
        address: None,
        first_email: None,
    };
    let with = |customer: &Customer, accounts: &[&str]| Registration {
        customer: customer.clone(),
        accounts: accounts
            .iter()
            .map(|it| Account { number: number(it), customer: customer.id, r#type: Some("giro".to_owned()) })
            .collect(),
    };
    let ada = person("Ada", Some("ada@example.com"), CustomerId::of_company("ada"));
    let bob = person("Bob", None, CustomerId::of_company("bob"));

    assert!(register.holders(&[]).await.unwrap().is_empty());
    assert!(register.holders(&[number("A1")]).await.unwrap().is_empty());
    assert_eq!(register.account(&number("A1")).await.unwrap(), None);
    assert!(register.customer(ada.id).await.unwrap().is_none());

    let first = [with(&ada, &["A1", "A2"]), with(&bob, &["B1"])];
    for _ in 0..2 {
        let registered = register.register(&first, at("2024-03-01T10:00:00Z")).await.unwrap();
        assert_eq!(registered, Registered::default(), "registering again changes nothing");
    }
    let numbers = ["B1", "A1", "X1", "A2", "A1"].map(number);
    let directory = register.holders(&numbers).await.unwrap();
    let expected: Directory = [("A1", ada.id), ("A2", ada.id), ("B1", bob.id)].map(|(a, id)| (number(a), id)).into();
    assert_eq!(directory, expected);

    let taken = register.register(&[with(&bob, &["A1", "B2"])], at("2024-03-02T10:00:00Z")).await.unwrap();
    assert_eq!(taken.held_by_others, [number("A1")]);
    assert_eq!(register.account(&number("A1")).await.unwrap().unwrap().customer, ada.id);
    assert_eq!(register.account(&number("B2")).await.unwrap().unwrap().customer, bob.id);

    let moved = person("Ada", Some("ada@example.org"), ada.id);
    register.register(&[with(&moved, &[])], at("2024-02-01T10:00:00Z")).await.unwrap();
    assert_eq!(register.customer(ada.id).await.unwrap().unwrap().0, ada, "an earlier profile does not replace");
    register.register(&[with(&person("Ada", None, ada.id), &[])], at("2024-04-01T10:00:00Z")).await.unwrap();
    assert_eq!(register.customer(ada.id).await.unwrap().unwrap().0, ada, "nor one that knows less");
    register.register(&[with(&moved, &[])], at("2024-04-01T10:00:00Z")).await.unwrap();
    let (profile, accounts) = register.customer(ada.id).await.unwrap().unwrap();
    assert_eq!(profile, moved, "a later one does");
    let mut numbers: Vec<_> = accounts.into_iter().map(|it| it.number).collect();
    numbers.sort();
    assert_eq!(numbers, [number("A1"), number("A2")]);

    // More accounts than one transaction takes.
    let many: Vec<String> = (0..130).map(|it| format!("C{it}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    register.register(&[with(&bob, &many)], at("2024-03-03T10:00:00Z")).await.unwrap();

    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = register.accounts(after.as_deref(), 7).await.unwrap();
        assert!(page.items.len() <= 7, "a page holds at most `limit` items");
        listed.extend(page.items.into_iter().map(|it| it.number));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    listed.sort();
    let mut all: Vec<_> = many.iter().copied().chain(["A1", "A2", "B1", "B2"]).map(number).collect();
    all.sort();
    assert_eq!(listed, all, "the pages hold every account once");
    let directory = register.holders(&all).await.unwrap();
    assert_eq!(directory.len(), 134, "more than one request of DynamoDB takes");

    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = register.customers(after.as_deref(), 1).await.unwrap();
        assert!(page.items.len() <= 1);
        listed.extend(page.items.into_iter().map(|it| it.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    listed.sort();
    let mut both = [ada.id, bob.id];
    both.sort();
    assert_eq!(listed, both, "the pages hold every customer once");
    assert!(matches!(register.accounts(Some("…"), 7).await, Err(RegisterError::BadCursor)));
    mail_choices_contract(register, &with(&ada, &["1"])).await;
    holders_contract(register).await;
}

/// What every [`Register`] with [`Corrections`] must do with an account that another customer holds.
#[allow(clippy::unwrap_used, reason = "a contract test fails by panicking")]
async fn holders_contract(register: &(impl Register + Customers + Corrections)) {
    let at = |day: u8| format!("2024-05-{day:02}T10:00:00Z").parse::<Moment>().unwrap();
    let email = |it: &str| EmailAddress::parse(it).unwrap();
    let number: AccountNumber = "D1".parse().unwrap();
    let person = |name: Option<&str>, address: Option<&str>, id: CustomerId| Customer {
        id,
        kind: CustomerKind::Person,
        name: name.map(str::to_owned),
        born_on: None,
        email: address.map(email),
        owner: None,
        address: None,
        first_email: None,
    };
    let holding = |customer: &Customer| {
        let account = Account { number: number.clone(), customer: customer.id, r#type: None };
        [Registration { customer: customer.clone(), accounts: vec![account] }]
    };
    let dora = |address: &str| {
        person(Some("Dora"), Some(address), CustomerId::of_person("Dora", "", None, Some(&email(address))))
    };
    let nameless = person(None, None, CustomerId::of_account(&number));
    let (first, corrected) = (dora("dora@exmaple.com"), dora("dora@example.com"));
    let eve = person(Some("Eve"), None, CustomerId::of_company("eve"));
    register.register(&holding(&nameless), at(1)).await.unwrap();
    for (day, customer, is_refused) in
        [(2, &first, false), (3, &corrected, false), (4, &nameless, false), (5, &eve, true)]
    {
        for _ in 0..2 {
            let registered = register.register(&holding(customer), at(day)).await.unwrap();
            assert_eq!(!registered.held_by_others.is_empty(), is_refused, "day {day}");
        }
        let holder = register.account(&number).await.unwrap().unwrap().customer;
        assert_eq!(holder, first.id, "a customer with a name replaces one known by the account only, and stays");
    }
    let (profile, accounts) = register.customer(first.id).await.unwrap().unwrap();
    assert_eq!((profile, accounts.len()), (first.with_email(email("dora@example.com")), 1));
    assert!(register.customer(nameless.id).await.unwrap().is_none_or(|(_, accounts)| accounts.is_empty()));
    assert!(register.customer(corrected.id).await.unwrap().is_none(), "a corrected address is no other customer");
    assert!(register.customer(eve.id).await.unwrap().is_some(), "an operator can give them the account");

    let unknown = CustomerId::of_company("unknown");
    assert!(!register.set_email(unknown, &email("x@example.com"), at(6)).await.unwrap());
    assert_eq!(register.set_holder(&number, unknown).await.unwrap(), ChangedHolder::NoCustomer);
    assert_eq!(register.set_holder(&"D2".parse().unwrap(), eve.id).await.unwrap(), ChangedHolder::NoAccount);
    for _ in 0..2 {
        assert!(register.set_email(eve.id, &email("eve@example.com"), at(6)).await.unwrap());
        assert_eq!(register.set_holder(&number, eve.id).await.unwrap(), ChangedHolder::Done);
    }
    let (profile, accounts) = register.customer(eve.id).await.unwrap().unwrap();
    assert_eq!((profile.email, accounts.len()), (Some(email("eve@example.com")), 1));
    assert!(register.customer(first.id).await.unwrap().unwrap().1.is_empty());
}

/// What every [`MailChoices`] and [`MailChoiceCopies`] must do. Nobody has chosen before.
#[allow(clippy::unwrap_used, reason = "a contract test fails by panicking")]
async fn mail_choices_contract(
    register: &(impl Register + MailChoices + MailChoiceCopies),
    registration: &Registration,
) {
    let at = |day: u8| format!("2024-04-{day:02}T10:00:00Z").parse().unwrap();
    let customer = registration.customer.id;
    assert_eq!(register.mail_choice(customer).await.unwrap(), MailChoice::Wanted, "until they choose");
    for choice in [MailChoice::Unwanted, MailChoice::Unwanted, MailChoice::Wanted, MailChoice::Unwanted] {
        register.choose_mails(customer, choice, at(1)).await.unwrap();
        assert_eq!(register.mail_choice(customer).await.unwrap(), choice);
    }
    register.register(std::slice::from_ref(registration), "2199-01-01".parse().unwrap()).await.unwrap();
    assert_eq!(register.mail_choice(customer).await.unwrap(), MailChoice::Unwanted, "a later file changes nothing");
    let other = CustomerId::of_company("who has chosen nothing");
    assert_eq!(register.mail_choice(other).await.unwrap(), MailChoice::Wanted);

    let chosen = |customer, choice, day| ChosenMails { customer, choice, at: at(day) };
    assert_eq!(register.mail_choices().await.unwrap(), [chosen(customer, MailChoice::Unwanted, 1)]);
    let copy = [chosen(customer, MailChoice::Wanted, 1), chosen(other, MailChoice::Unwanted, 2)];
    for copied in [1, 0] {
        assert_eq!(register.copy_mail_choices(&copy).await.unwrap(), copied, "one is as old, the other one is new");
    }
    register.choose_mails(other, MailChoice::Wanted, at(3)).await.unwrap();
    let copy = [chosen(customer, MailChoice::Wanted, 2), chosen(other, MailChoice::Unwanted, 2)];
    assert_eq!(register.copy_mail_choices(&copy).await.unwrap(), 1, "a newer one replaces, an older one does not");
    let mut choices = register.mail_choices().await.unwrap();
    choices.sort_by_key(|it| it.at);
    assert_eq!(choices, [chosen(customer, MailChoice::Wanted, 2), chosen(other, MailChoice::Wanted, 3)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fake_keeps_the_contract() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(register_contract(&FakeRegister::default()));
    }
}
