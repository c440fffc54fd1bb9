use banking::AccountNumber;
use calendar::Moment;
use customers::{Account, Customer, CustomerId, RegisterError, shard_of};
use dynamodb::{DynamoDbError, Item, Key, sortable, text, text_of};

pub(crate) fn customers_partition(shard: u8) -> String {
    format!("C#{shard:02}")
}

pub(crate) fn accounts_partition(shard: u8) -> String {
    format!("A#{shard:02}")
}

pub(crate) fn customer_key(id: CustomerId) -> Key {
    let id = id.to_string();
    Key::new(customers_partition(shard_of(&id)), id)
}

pub(crate) fn account_key(number: &AccountNumber) -> Key {
    Key::new(accounts_partition(shard_of(number.as_str())), number.as_str())
}

pub(crate) fn link_item(account: &Account) -> Item {
    let customer = customer_key(account.customer);
    Key::new(customer.pk, format!("{}#{}", customer.sk, account.number.as_str())).item()
}

pub(crate) fn customer_item(customer: &Customer, as_of: Moment) -> Result<Item, RegisterError> {
    let doc = serde_json::to_string(customer).map_err(broken)?;
    Ok(customer_key(customer.id).with([("doc", text(doc)), ("as_of", text(sortable(as_of)))]))
}

pub(crate) fn account_item(account: &Account) -> Result<Item, RegisterError> {
    let doc = serde_json::to_string(account).map_err(broken)?;
    Ok(account_key(&account.number).with([("doc", text(doc)), ("customer", text(account.customer.to_string()))]))
}

pub(crate) fn customer_of(item: &Item) -> Result<Customer, RegisterError> {
    serde_json::from_str(text_of(item, "doc").map_err(failed)?).map_err(broken)
}

pub(crate) fn account_of(item: &Item) -> Result<Account, RegisterError> {
    serde_json::from_str(text_of(item, "doc").map_err(failed)?).map_err(broken)
}

pub(crate) fn failed(error: DynamoDbError) -> RegisterError {
    if error.is_broken() { broken(error) } else { RegisterError::Unavailable(error.into()) }
}

pub(crate) fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RegisterError {
    RegisterError::Broken(error.into())
}
