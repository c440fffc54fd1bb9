use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use backoff::Backoff;
use futures_util::{StreamExt, TryStreamExt, stream};
use storage::{Saved, Version};

use crate::error::is_passing;
use crate::transaction::next;
use crate::{Condition, DynamoDbError, Item, Key, Query, text};

/// The number of concurrent calls.
pub(crate) const AT_ONCE: usize = 8;

/// One table.
#[derive(Clone, Debug)]
pub struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
}

/// The result of a conditional put.
#[derive(Clone, PartialEq, Debug)]
pub enum Put {
    /// The item was written.
    Stored,
    /// The condition failed, and nothing was written; this is the stored item (empty: there is none).
    Failed(Item),
}

impl Table {
    /// The table of this name.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// An item. Consistent.
    pub async fn get(&self, key: &Key) -> Result<Option<Item>, DynamoDbError> {
        let request = self.client.get_item().table_name(&self.name).consistent_read(true);
        let answer = request.set_key(Some(key.item())).send().await;
        let answer = answer.map_err(|error| DynamoDbError::unavailable("GetItem")(error.into()))?;
        Ok(answer.item)
    }

    /// Puts an item if the condition holds. Half the price of a transaction.
    ///
    /// If the SDK retries the call, it may find its own item; the result is then [`Put::Failed`] with the new item, so
    /// callers must compare or read again after a failure.
    pub async fn put(&self, item: Item, condition: Condition) -> Result<Put, DynamoDbError> {
        let (expression, name, value) = condition.parts();
        let existing = expression.is_some().then_some(ReturnValuesOnConditionCheckFailure::AllOld);
        let request = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .set_condition_expression(expression)
            .set_expression_attribute_names(name.map(|name| [("#c".to_owned(), name.to_owned())].into()))
            .set_expression_attribute_values(value.map(|value| [(":c".to_owned(), value)].into()))
            .set_return_values_on_condition_check_failure(existing);
        send(&request).await
    }

    /// Puts an item with the next version in the attribute `name`, if the stored version is still `expected`. As
    /// [`Table::put`], it may report a conflict with itself.
    pub async fn save(&self, item: Item, name: &'static str, expected: Version) -> Result<Saved, DynamoDbError> {
        let (item, condition) = next(item, name, expected);
        let is_stored = self.put(item, condition).await? == Put::Stored;
        Ok(if is_stored { Saved::Stored(expected.next()) } else { Saved::Conflict })
    }

    /// Puts items concurrently, each if its condition holds, and returns the number of those that were written. After
    /// an error some may have been written.
    pub async fn put_all(&self, puts: Vec<(Item, Condition)>) -> Result<u64, DynamoDbError> {
        let puts = stream::iter(puts).map(|(item, condition)| Box::pin(self.put(item, condition)));
        let results = puts.buffer_unordered(AT_ONCE);
        results.try_fold(0_u64, async |sum, put| Ok(sum.saturating_add(u64::from(put == Put::Stored)))).await
    }

    /// All items of a query.
    pub async fn all(&self, query: Query) -> Result<Vec<Item>, DynamoDbError> {
        self.first(query, usize::MAX).await
    }

    /// The first items of a query, at most `limit`.
    pub async fn first(&self, mut query: Query, limit: usize) -> Result<Vec<Item>, DynamoDbError> {
        let mut items = Vec::new();
        while items.len() < limit {
            let left = limit.saturating_sub(items.len());
            let (some, next) = self.page(&query, left).await?;
            items.extend(some);
            if next.is_none() {
                break;
            }
            query.start = next;
        }
        Ok(items)
    }

    /// Up to `limit` of the first items of a query, as many as fit into one response, and the key to continue after.
    pub async fn page(&self, query: &Query, limit: usize) -> Result<(Vec<Item>, Option<Item>), DynamoDbError> {
        let range = query.range.as_ref().map(|range| (":r".to_owned(), text(range.value.clone())));
        let values = std::iter::once((":h".to_owned(), query.hash.1.clone())).chain(range);
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(query.index.map(str::to_owned))
            .consistent_read(query.index.is_none())
            .scan_index_forward(!query.backwards)
            .key_condition_expression(query.key_condition())
            .set_expression_attribute_names(Some(query.names().collect()))
            .set_expression_attribute_values(Some(values.collect()))
            .set_projection_expression(query.projection())
            .set_limit(i32::try_from(limit).ok())
            .set_exclusive_start_key(query.start.clone())
            .send()
            .await
            .map_err(|error| DynamoDbError::unavailable("Query")(error.into()))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    /// Deletes an item; returns whether it existed. If the SDK retries the call, the result may be `false`.
    pub async fn delete(&self, key: &Key) -> Result<bool, DynamoDbError> {
        let request = self.client.delete_item().table_name(&self.name).set_key(Some(key.item()));
        let answer = request.return_values(ReturnValue::AllOld).send().await;
        let answer = answer.map_err(|error| DynamoDbError::unavailable("DeleteItem")(error.into()))?;
        Ok(answer.attributes.is_some_and(|it| !it.is_empty()))
    }

    /// A page of all items with an `sk` that begins with `prefix`, unordered, and the key to continue after. It scans
    /// the table.
    pub async fn scan(&self, prefix: &str, after: Option<Item>) -> Result<(Vec<Item>, Option<Item>), DynamoDbError> {
        let answer = self
            .client
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .filter_expression("begins_with(sk, :sk)")
            .expression_attribute_values(":sk", text(prefix))
            .set_exclusive_start_key(after)
            .send()
            .await
            .map_err(|error| DynamoDbError::unavailable("Scan")(error.into()))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    /// A page of all keys of the table with this `sk`, unordered, and the key to continue after. For audits: it scans
    /// the table.
    pub async fn scan_keys(&self, sk: &str, after: Option<Item>) -> Result<(Vec<Key>, Option<Item>), DynamoDbError> {
        let answer = self
            .client
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .filter_expression("sk = :sk")
            .expression_attribute_values(":sk", text(sk))
            .projection_expression("pk, sk")
            .set_exclusive_start_key(after)
            .send()
            .await
            .map_err(|error| DynamoDbError::unavailable("Scan")(error.into()))?;
        let keys = answer.items.unwrap_or_default().iter().map(Key::of).collect::<Result<_, _>>()?;
        Ok((keys, answer.last_evaluated_key))
    }
}

/// Sends `request`, with retries for transaction conflicts and throttling.
async fn send(request: &PutItemFluentBuilder) -> Result<Put, DynamoDbError> {
    const OPERATION: &str = "PutItem";
    let mut backoff = Backoff::default();
    loop {
        let Err(error) = request.clone().send().await else {
            return Ok(Put::Stored);
        };
        if let Some(PutItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() {
            return Ok(Put::Failed(failed.item.clone().unwrap_or_default()));
        }
        let Some(reason) = error.code().filter(|code| is_passing(code)).map(str::to_owned) else {
            return Err(DynamoDbError::unavailable(OPERATION)(error.into()));
        };
        if !backoff.wait().await {
            return Err(DynamoDbError::Busy { operation: OPERATION, reason });
        }
    }
}
