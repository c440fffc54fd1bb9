use calendar::Moment;
use customers::{Account, CustomerId, Directory, Register, RegisterError, Registered, Registration, SHARDS};
use dynamodb::{Condition, Query, Transacted, Write, text, text_of};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::DynamoDbRegister;
use crate::items::{
    account_item, account_key, account_of, accounts_partition, broken, customer_item, customer_key, customer_of, failed,
    link_item,
};

/// How many transactions are under way at once.
const AT_ONCE: usize = 8;
/// How many items one transaction of new registrations writes, about.
const ITEMS_TOGETHER: usize = 90;
/// How often a profile that others change is looked at again.
const MOST_TRIES: u32 = 8;

impl Register for DynamoDbRegister {
    async fn directory(&self) -> Result<Directory, RegisterError> {
        let shards = stream::iter(0..SHARDS).map(|shard| Box::pin(self.shard(shard)));
        let shards: Vec<Vec<_>> = shards.buffer_unordered(usize::from(SHARDS)).try_collect().await?;
        Ok(shards.into_iter().flatten().collect())
    }

    async fn register(&self, registrations: &[Registration], as_of: Moment) -> Result<Registered, RegisterError> {
        let groups = stream::iter(groups(registrations)).map(|group| Box::pin(self.group(group, as_of)));
        let held: Vec<Vec<_>> = groups.buffered(AT_ONCE).try_collect().await?;
        Ok(Registered { held_by_others: held.into_iter().flatten().collect() })
    }
}

/// Registrations in groups that fit a transaction each, if all of it is new. No customer is in two groups at once.
fn groups(registrations: &[Registration]) -> Vec<Vec<Registration>> {
    let mut merged: Vec<Registration> = Vec::new();
    let mut places = std::collections::HashMap::<CustomerId, usize>::new();
    for registration in registrations {
        let known = places.get(&registration.customer.id).and_then(|at| merged.get_mut(*at));
        if let Some(earlier) = known {
            earlier.customer = registration.customer.clone();
            earlier.accounts.extend(registration.accounts.iter().cloned());
        } else {
            places.insert(registration.customer.id, merged.len());
            merged.push(registration.clone());
        }
    }
    let mut groups: Vec<Vec<Registration>> = Vec::new();
    let mut items = usize::MAX;
    for registration in merged {
        let more = registration.accounts.len().saturating_mul(2).saturating_add(1);
        if items.saturating_add(more) > ITEMS_TOGETHER {
            groups.push(Vec::new());
            items = 0;
        }
        items = items.saturating_add(more);
        if let Some(group) = groups.last_mut() {
            group.push(registration);
        }
    }
    groups
}

impl DynamoDbRegister {
    async fn shard(&self, shard: u8) -> Result<Vec<(banking::AccountNumber, CustomerId)>, RegisterError> {
        let query = Query::partition(accounts_partition(shard)).only(&["sk", "customer"]);
        let items = self.table.all(query).await.map_err(failed)?;
        let holder = |item: &dynamodb::Item| {
            let number = text_of(item, "sk").map_err(failed)?.parse().map_err(broken)?;
            Ok((number, text_of(item, "customer").map_err(failed)?.parse().map_err(broken)?))
        };
        items.iter().map(holder).collect()
    }

    /// Registers a group in one transaction if all of it is new, else one registration after the other. Returns the
    /// accounts others hold.
    async fn group(
        &self,
        group: Vec<Registration>,
        as_of: Moment,
    ) -> Result<Vec<banking::AccountNumber>, RegisterError> {
        let mut writes = Vec::new();
        for registration in &group {
            writes.push(Write::Put(customer_item(&registration.customer, as_of)?, Condition::Absent));
            for account in &registration.accounts {
                writes.extend(new_account(account)?);
            }
        }
        if writes.len() <= dynamodb::MOST_WRITES
            && self.table.transact(writes).await.map_err(failed)? == Transacted::Done
        {
            return Ok(Vec::new());
        }
        let mut held = Vec::new();
        for registration in &group {
            self.profile(registration, as_of).await?;
            for account in &registration.accounts {
                if !self.account_is_theirs(account).await? {
                    held.push(account.number.clone());
                }
            }
        }
        Ok(held)
    }

    async fn profile(&self, registration: &Registration, as_of: Moment) -> Result<(), RegisterError> {
        let key = customer_key(registration.customer.id);
        for _ in 0..MOST_TRIES {
            let condition = match self.table.get(&key).await.map_err(failed)? {
                None => Condition::Absent,
                Some(stored) => {
                    let known_at = text_of(&stored, "as_of").map_err(failed)?;
                    let old = known_at.parse().map_err(broken)?;
                    if !registration.replaces(&customer_of(&stored)?, old, as_of) {
                        return Ok(());
                    }
                    Condition::Is("as_of", text(known_at))
                }
            };
            let write = Write::Put(customer_item(&registration.customer, as_of)?, condition);
            if self.table.transact(vec![write]).await.map_err(failed)? == Transacted::Done {
                return Ok(());
            }
        }
        Err(RegisterError::Unavailable("others keep changing a profile".into()))
    }

    /// Registers an account if it is new; whether its holder is the one it was to be registered for.
    async fn account_is_theirs(&self, account: &Account) -> Result<bool, RegisterError> {
        if self.table.transact(new_account(account)?).await.map_err(failed)? == Transacted::Done {
            return Ok(true);
        }
        let stored = self.table.get(&account_key(&account.number)).await.map_err(failed)?;
        let stored = stored.ok_or_else(|| broken("an account has gone"))?;
        Ok(account_of(&stored)?.customer == account.customer)
    }
}

/// The account and that it is its holder's, both or neither.
fn new_account(account: &Account) -> Result<Vec<Write>, RegisterError> {
    Ok(vec![
        Write::Put(account_item(account)?, Condition::Absent),
        Write::Put(link_item(account), Condition::Any),
    ])
}
