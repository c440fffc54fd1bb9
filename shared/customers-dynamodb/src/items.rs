use banking::AccountNumber;
use calendar::Moment;
use customers::{Account, Customer, CustomerId, RegisterError, shard_of};
use dynamodb::{Document, DynamoDbError, Item, Key, sortable, text};

const PROFILE: Document<Customer> = Document::version(1);
const ACCOUNT: Document<Account> = Document::version(1);

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
    let profile = PROFILE.of(customer).map_err(failed)?;
    Ok(customer_key(customer.id).with([profile, ("as_of", text(sortable(as_of)))]))
}

pub(crate) fn account_item(account: &Account) -> Result<Item, RegisterError> {
    let document = ACCOUNT.of(account).map_err(failed)?;
    Ok(account_key(&account.number).with([document, ("customer", text(account.customer.to_string()))]))
}

pub(crate) fn customer_of(item: &Item) -> Result<Customer, RegisterError> {
    PROFILE.read(item).map_err(failed)
}

pub(crate) fn account_of(item: &Item) -> Result<Account, RegisterError> {
    ACCOUNT.read(item).map_err(failed)
}

pub(crate) fn failed(error: DynamoDbError) -> RegisterError {
    if error.is_broken() { broken(error) } else { RegisterError::Unavailable(error.into()) }
}

pub(crate) fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RegisterError {
    RegisterError::Broken(error.into())
}
