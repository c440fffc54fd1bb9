use aws_sdk_dynamodb::types::KeysAndAttributes;
use backoff::Backoff;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::table::AT_ONCE;
use crate::{DynamoDbError, Item, Key, Table};

/// The maximum number of keys in one BatchGetItem.
const MAX_KEYS: usize = 100;

impl Table {
    /// The existing items with these keys, unordered. Each read is consistent, but not all together. The keys must
    /// differ.
    pub async fn get_all(&self, keys: &[Key]) -> Result<Vec<Item>, DynamoDbError> {
        let batches: Vec<Vec<Key>> = keys.chunks(MAX_KEYS).map(<[Key]>::to_vec).collect();
        let calls = stream::iter(batches).map(|some| Box::pin(self.get_batch(some)));
        let found: Vec<Vec<Item>> = calls.buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn get_batch(&self, keys: Vec<Key>) -> Result<Vec<Item>, DynamoDbError> {
        let mut found = Vec::with_capacity(keys.len());
        let mut left: Vec<Item> = keys.iter().map(Key::item).collect();
        let mut backoff = Backoff::default();
        loop {
            let requested = left.len();
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
            // A response is limited to 16 MB: if it contains items, this limit was the reason, and no wait is
            // necessary.
            if left.len() == requested && !backoff.wait().await {
                return Err(busy("BatchGetItem", left.len()));
            }
        }
    }
}

fn busy(operation: &'static str, left: usize) -> DynamoDbError {
    DynamoDbError::Busy { operation, reason: format!("{left} items were unprocessed") }
}
