use std::collections::HashMap;

use aws_sdk_dynamodb::types::{KeysAndAttributes, PutRequest, WriteRequest};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{Backoff, DynamoDbError, Item, Key, Table};

/// The most keys of one BatchGetItem.
const MOST_KEYS: usize = 100;
/// The most items of one BatchWriteItem.
const MOST_PUTS: usize = 25;
/// How many calls are under way at once.
const AT_ONCE: usize = 8;

impl Table {
    /// The items of these keys, as far as they are there, in no order. Consistent each, not all together. The keys
    /// must differ.
    pub async fn get_all(&self, keys: &[Key]) -> Result<Vec<Item>, DynamoDbError> {
        let batches: Vec<Vec<Key>> = keys.chunks(MOST_KEYS).map(<[Key]>::to_vec).collect();
        let calls = stream::iter(batches).map(|some| Box::pin(self.get_batch(some)));
        let found: Vec<Vec<Item>> = calls.buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn get_batch(&self, keys: Vec<Key>) -> Result<Vec<Item>, DynamoDbError> {
        let mut found = Vec::with_capacity(keys.len());
        let mut left: Vec<Item> = keys.iter().map(Key::item).collect();
        let mut backoff = Backoff::default();
        loop {
            let asked = left.len();
            let request = KeysAndAttributes::builder().set_keys(Some(left)).consistent_read(true);
            let request = request.build().map_err(|error| DynamoDbError::unavailable("BatchGetItem")(error.into()))?;
            let answer = self.client.batch_get_item().request_items(&self.name, request).send().await;
            let answer = answer.map_err(|error| DynamoDbError::unavailable("BatchGetItem")(error.into()))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            let unprocessed = answer.unprocessed_keys.unwrap_or_default();
            left = unprocessed.into_values().flat_map(|it| it.keys).collect();
            if left.is_empty() {
                return Ok(found);
            }
            // An answer holds 16 MB: if it brought something, that was the reason, and there is nothing to wait for.
            if left.len() == asked && !backoff.wait().await {
                return Err(busy("BatchGetItem", left.len()));
            }
        }
    }

    /// Puts items whatever is there. Only for items that are the same whenever they are written. The keys must differ.
    pub async fn put_all(&self, items: Vec<Item>) -> Result<(), DynamoDbError> {
        let batches: Vec<Vec<Item>> = items.chunks(MOST_PUTS).map(<[Item]>::to_vec).collect();
        let calls = stream::iter(batches).map(|some| Ok(Box::pin(self.put_batch(some))));
        calls.try_buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn put_batch(&self, items: Vec<Item>) -> Result<(), DynamoDbError> {
        let failed = |error| DynamoDbError::unavailable("BatchWriteItem")(error);
        let mut left = Vec::with_capacity(items.len());
        for item in items {
            let put = PutRequest::builder().set_item(Some(item)).build();
            let put = put.map_err(|error| failed(error.into()))?;
            left.push(WriteRequest::builder().put_request(put).build());
        }
        let mut backoff = Backoff::default();
        loop {
            let request = HashMap::from([(self.name.clone(), left)]);
            let answer = self.client.batch_write_item().set_request_items(Some(request)).send().await;
            let answer = answer.map_err(|error| failed(error.into()))?;
            let unprocessed = answer.unprocessed_items.unwrap_or_default();
            left = unprocessed.into_values().flatten().collect();
            if left.is_empty() {
                return Ok(());
            }
            if !backoff.wait().await {
                return Err(busy("BatchWriteItem", left.len()));
            }
        }
    }
}

fn busy(operation: &'static str, left: usize) -> DynamoDbError {
    DynamoDbError::Busy { operation, reason: format!("{left} items were left over") }
}
