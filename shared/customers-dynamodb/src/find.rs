use banking::AccountNumber;
use customers::{Account, Customer, CustomerId, Customers, Page, RegisterError, SHARDS, shard_of};
use dynamodb::{Item, Key, Query, text_of};

use crate::DynamoDbRegister;
use crate::items::{
    account_key, account_of, accounts_partition, broken, customer_key, customer_of, customers_partition, failed,
};

impl Customers for DynamoDbRegister {
    async fn customer(&self, id: CustomerId) -> Result<Option<(Customer, Vec<Account>)>, RegisterError> {
        let key = customer_key(id);
        // The profile, followed by the links to the accounts: their keys begin with the customer's id.
        let items = self.table.all(Query::partition(key.pk).begins_with(&key.sk)).await.map_err(failed)?;
        let mut profile = None;
        let mut keys = Vec::new();
        for item in &items {
            match text_of(item, "sk").map_err(failed)?.split_once('#') {
                None => profile = Some(customer_of(item)?),
                Some((_, number)) => keys.push(account_key(&number.parse().map_err(broken)?)),
            }
        }
        let Some(profile) = profile else { return Ok(None) };
        let accounts = self.table.get_all(&keys).await.map_err(failed)?;
        let mut accounts = accounts.iter().map(account_of).collect::<Result<Vec<_>, _>>()?;
        // A link may exist to an account that another customer has registered first.
        accounts.retain(|account| account.customer == id);
        accounts.sort_by(|a, b| a.number.cmp(&b.number));
        Ok(Some((profile, accounts)))
    }

    async fn account(&self, number: &AccountNumber) -> Result<Option<Account>, RegisterError> {
        let item = self.table.get(&account_key(number)).await.map_err(failed)?;
        item.as_ref().map(account_of).transpose()
    }

    async fn customers(&self, after: Option<&str>, limit: usize) -> Result<Page<Customer>, RegisterError> {
        let start = match after {
            None => None,
            Some(after) => Some(customer_key(after.parse().map_err(|_| RegisterError::BadCursor)?)),
        };
        let is_profile = |item: &Item| item.contains_key("doc");
        let (items, more) = self.list(customers_partition, start, limit, is_profile).await?;
        let items = items.iter().map(customer_of).collect::<Result<Vec<_>, _>>()?;
        let next = items.last().filter(|_| more).map(|it| it.id.to_string());
        Ok(Page { items, next })
    }

    async fn accounts(&self, after: Option<&str>, limit: usize) -> Result<Page<Account>, RegisterError> {
        let start = match after {
            None => None,
            Some(after) => Some(account_key(&after.parse().map_err(|_| RegisterError::BadCursor)?)),
        };
        let (items, more) = self.list(accounts_partition, start, limit, |_| true).await?;
        let items = items.iter().map(account_of).collect::<Result<Vec<_>, _>>()?;
        let next = items.last().filter(|_| more).map(|it| it.number.as_str().to_owned());
        Ok(Page { items, next })
    }
}

impl DynamoDbRegister {
    /// At most `limit` of the items that `wanted` accepts, shard by shard, after `start`; and whether there are more.
    async fn list(
        &self,
        partition: fn(u8) -> String,
        start: Option<Key>,
        limit: usize,
        wanted: impl Fn(&Item) -> bool,
    ) -> Result<(Vec<Item>, bool), RegisterError> {
        let first = start.as_ref().map_or(0, |key| shard_of(&key.sk));
        let mut found = Vec::new();
        for shard in first..SHARDS {
            let mut query = Query::partition(partition(shard));
            if let Some(key) = start.as_ref().filter(|_| shard == first) {
                query = query.after(key.item());
            }
            let mut next = Some(query);
            while let Some(query) = next.take() {
                let missing = limit.saturating_add(1).saturating_sub(found.len());
                let (items, after) = self.table.page(&query, missing.max(25)).await.map_err(failed)?;
                found.extend(items.into_iter().filter(&wanted));
                if found.len() > limit {
                    found.truncate(limit);
                    return Ok((found, true));
                }
                next = after.map(|start| query.after(start));
            }
        }
        Ok((found, false))
    }
}
