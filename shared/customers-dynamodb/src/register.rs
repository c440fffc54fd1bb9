use std::collections::{BTreeSet, HashMap};

use banking::AccountNumber;
use calendar::Moment;
use customers::{
    Account, Customer, CustomerId, CustomerKind, Directory, Register, RegisterError, Registered, Registration,
};
use dynamodb::{Condition, Item, Key, Transacted, Write, text, text_of};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::DynamoDbRegister;
use crate::held_accounts::HeldAccount;
use crate::items::{
    account_item, account_key, account_of, broken, customer_item, customer_key, customer_of, failed, link_item,
};
use crate::round::{MAX_ACCOUNTS, Part, Round};

/// The number of concurrent transactions.
const AT_ONCE: usize = 8;
/// The maximum number of retries for a group that others change.
const MAX_TRIES: u32 = 8;

impl Register for DynamoDbRegister {
    async fn holders(&self, accounts: &[AccountNumber]) -> Result<Directory, RegisterError> {
        // A request must not name a key twice.
        let accounts: BTreeSet<&AccountNumber> = accounts.iter().collect();
        let keys: Vec<Key> = accounts.into_iter().map(account_key).collect();
        let items = self.table.get_all(&keys).await.map_err(failed)?;
        items.iter().map(holder_of).collect()
    }

    async fn register(&self, registrations: &[Registration], as_of: Moment) -> Result<Registered, RegisterError> {
        let mut registered = Registered::default();
        let mut left = registrations.to_vec();
        while !left.is_empty() {
            let round = Round::of(left);
            let groups = stream::iter(round.groups).map(|group| Box::pin(self.group(group, as_of)));
            let held: Vec<Vec<HeldAccount>> = groups.buffered(AT_ONCE).try_collect().await?;
            let changes = stream::iter(held.into_iter().flatten()).map(|it| Box::pin(self.change_holder(it, as_of)));
            let refused: Vec<Option<AccountNumber>> = changes.buffered(AT_ONCE).try_collect().await?;
            registered.held_by_others.extend(refused.into_iter().flatten());
            left = round.later;
        }
        Ok(registered)
    }
}

impl DynamoDbRegister {
    /// Registers a group in one transaction and returns the accounts held by others, with their customers. It first
    /// assumes that everything is new; if not, it reads the stored items and writes the rest.
    async fn group(&self, group: Vec<Part>, as_of: Moment) -> Result<Vec<HeldAccount>, RegisterError> {
        let mut stored = HashMap::new();
        for _ in 0..MAX_TRIES {
            let (writes, held) = plan(&group, &stored, as_of)?;
            if self.table.transact(writes).await.map_err(failed)? == Transacted::Done {
                return Ok(held);
            }
            let items = self.table.get_all(&keys(&group)).await.map_err(failed)?;
            let items = items.into_iter().map(|item| Ok((Key::of(&item).map_err(failed)?, item)));
            stored = items.collect::<Result<_, RegisterError>>()?;
        }
        Err(RegisterError::Unavailable("other instances keep changing the same customers".into()))
    }
}

fn holder_of(item: &Item) -> Result<(AccountNumber, CustomerId), RegisterError> {
    let number = text_of(item, "sk").map_err(failed)?.parse().map_err(broken)?;
    Ok((number, text_of(item, "customer").map_err(failed)?.parse().map_err(broken)?))
}

fn keys(group: &[Part]) -> Vec<Key> {
    let profiles = group.iter().filter(|it| it.with_profile).map(|it| customer_key(it.registration.customer.id));
    let accounts = group.iter().flat_map(|it| &it.registration.accounts);
    profiles.chain(accounts.map(|it| account_key(&it.number))).collect()
}

/// The writes that remain after comparing with the stored items, and the accounts held by others. The profile of a
/// person who has no other account is not among the writes: they may be one of those holders.
fn plan(
    group: &[Part],
    stored: &HashMap<Key, Item>,
    as_of: Moment,
) -> Result<(Vec<Write>, Vec<HeldAccount>), RegisterError> {
    let (mut writes, mut held) = (Vec::new(), Vec::new());
    for Part { registration, with_profile } in group {
        let mut others = Vec::new();
        for account in &registration.accounts {
            match stored.get(&account_key(&account.number)) {
                None => writes.extend(new_account(account)?),
                Some(item) if account_of(item)?.customer == account.customer => {}
                Some(_) => others.push(account.clone()),
            }
        }
        let customer: &Customer = &registration.customer;
        // A part of the maximum size may have others after it.
        let has_others_only = others.len() == registration.accounts.len() && (1..MAX_ACCOUNTS).contains(&others.len());
        if *with_profile && !(has_others_only && customer.kind == CustomerKind::Person) {
            writes.extend(profile(customer, stored, as_of)?);
        }
        held.extend(others.into_iter().map(|account| HeldAccount { customer: customer.clone(), account }));
    }
    Ok((writes, held))
}

/// The write of a profile, if it is new or replaces the stored one.
pub(crate) fn profile(
    customer: &Customer,
    stored: &HashMap<Key, Item>,
    as_of: Moment,
) -> Result<Option<Write>, RegisterError> {
    let mut customer = customer.clone();
    let condition = match stored.get(&customer_key(customer.id)) {
        None => Condition::Absent,
        Some(item) => {
            let known_at = text_of(item, "as_of").map_err(failed)?;
            let stored = customer_of(item)?;
            if !customer.replaces(&stored, known_at.parse().map_err(broken)?, as_of) {
                return Ok(None);
            }
            customer = customer.succeeding(&stored);
            Condition::Is("as_of", text(known_at))
        }
    };
    Ok(Some(Write::Put(customer_item(&customer, as_of)?, condition)))
}

/// The account and its link to the holder, in one transaction.
fn new_account(account: &Account) -> Result<[Write; 2], RegisterError> {
    Ok([Write::Put(account_item(account)?, Condition::Absent), Write::Put(link_item(account), Condition::Any)])
}
