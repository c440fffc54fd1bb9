//! Accounts that another customer holds, one by one.

use std::collections::HashMap;
use std::time::Duration;

use banking::AccountNumber;
use calendar::Moment;
use customers::{
    Account, ChangedHolder, Corrections, Customer, CustomerId, EmailAddress, HolderChange, RegisterError,
    StoredProfile, holder_change,
};
use dynamodb::{Condition, Item, Key, Transacted, Write, sortable, text, text_of};

use crate::DynamoDbRegister;
use crate::items::{
    account_item, account_key, account_of, broken, customer_item, customer_key, customer_of, failed, link_item,
};
use crate::register::profile;

/// The maximum number of retries for an account that others change.
const MAX_TRIES: u32 = 8;

/// A registered account that another customer holds than the file says.
pub(crate) struct HeldAccount {
    /// Who the file says.
    pub(crate) customer: Customer,
    /// The account, as theirs.
    pub(crate) account: Account,
}

impl DynamoDbRegister {
    /// Decides about one account. Returns its number if it remains with the other customer, against the file.
    pub(crate) async fn change_holder(
        &self,
        HeldAccount { customer: new, account }: HeldAccount,
        as_of: Moment,
    ) -> Result<Option<AccountNumber>, RegisterError> {
        for _ in 0..MAX_TRIES {
            let keys = [account_key(&account.number), customer_key(new.id)];
            let items = self.table.get_all(&keys).await.map_err(failed)?;
            let stored = items.into_iter().map(|item| Ok((Key::of(&item).map_err(failed)?, item)));
            let mut stored = stored.collect::<Result<HashMap<Key, Item>, RegisterError>>()?;
            let Some(item) = stored.remove(&account_key(&account.number)) else {
                return Err(broken("a registered account is gone"));
            };
            let current = account_of(&item)?;
            let holder = self.profile_of(current.customer).await?;
            let decided = holder_change(&new, as_of, &account.number, current.customer, holder.as_ref());
            let mut writes = Vec::new();
            match &decided {
                HolderChange::Unchanged => return Ok(None),
                HolderChange::HeldByAnother => writes.extend(profile(&new, &stored, as_of)?),
                HolderChange::Replaces => {
                    writes.extend(profile(&new, &stored, as_of)?);
                    writes.extend(held_by(&account, current.customer)?);
                    // The same bytes: the holder must not get a mail address meanwhile.
                    writes.extend(holder.map(|(it, known_at)| unchanged(&it, known_at)).transpose()?);
                }
                HolderChange::Corrects(corrected) => {
                    let known_at = holder.map_or(as_of, |(_, known_at)| known_at);
                    let condition = Condition::Is("as_of", text(sortable(known_at)));
                    writes.push(Write::Put(customer_item(corrected, as_of)?, condition));
                    writes.extend(held_by(&current, current.customer)?);
                }
            }
            if self.table.transact(writes).await.map_err(failed)? == Transacted::Done {
                return Ok((decided == HolderChange::HeldByAnother).then_some(account.number));
            }
        }
        Err(busy())
    }

    async fn profile_of(&self, customer: CustomerId) -> Result<Option<StoredProfile>, RegisterError> {
        // Batches are read consistently.
        let items = self.table.get_all(&[customer_key(customer)]).await.map_err(failed)?;
        let Some(item) = items.first() else { return Ok(None) };
        let known_at = text_of(item, "as_of").map_err(failed)?.parse().map_err(broken)?;
        Ok(Some((customer_of(item)?, known_at)))
    }
}

impl Corrections for DynamoDbRegister {
    async fn set_email(&self, customer: CustomerId, email: &EmailAddress, now: Moment) -> Result<bool, RegisterError> {
        for _ in 0..MAX_TRIES {
            let Some((profile, known_at)) = self.profile_of(customer).await? else { return Ok(false) };
            // Each change has its own time, because the conditions compare it.
            let as_of = now.max(known_at.plus(Duration::from_micros(1)));
            let condition = Condition::Is("as_of", text(sortable(known_at)));
            let item = customer_item(&profile.with_email(email.clone()), as_of)?;
            if self.table.transact(vec![Write::Put(item, condition)]).await.map_err(failed)? == Transacted::Done {
                return Ok(true);
            }
        }
        Err(busy())
    }

    async fn set_holder(&self, number: &AccountNumber, customer: CustomerId) -> Result<ChangedHolder, RegisterError> {
        // Customers are never deleted.
        if self.profile_of(customer).await?.is_none() {
            return Ok(ChangedHolder::NoCustomer);
        }
        for _ in 0..MAX_TRIES {
            let items = self.table.get_all(&[account_key(number)]).await.map_err(failed)?;
            let Some(item) = items.first() else { return Ok(ChangedHolder::NoAccount) };
            let current = account_of(item)?;
            let before = current.customer;
            let writes = held_by(&Account { customer, ..current }, before)?.into();
            if self.table.transact(writes).await.map_err(failed)? == Transacted::Done {
                return Ok(ChangedHolder::Done);
            }
        }
        Err(busy())
    }
}

/// The account with its link to the holder, if `before` is still its holder.
fn held_by(account: &Account, before: CustomerId) -> Result<[Write; 2], RegisterError> {
    let condition = Condition::Is("customer", text(before.to_string()));
    Ok([Write::Put(account_item(account)?, condition), Write::Put(link_item(account), Condition::Any)])
}

fn unchanged(profile: &Customer, known_at: Moment) -> Result<Write, RegisterError> {
    let condition = Condition::Is("as_of", text(sortable(known_at)));
    Ok(Write::Put(customer_item(profile, known_at)?, condition))
}

fn busy() -> RegisterError {
    RegisterError::Unavailable("other instances keep changing the same account".into())
}
