use banking::AccountNumber;
use dynamodb::{Key, Query};
use ledger::{Archive, BooksError, CodecError, StoredBooks};

use crate::item::{TOTALS, account_of, partition, place, unavailable};
use crate::{DynamoDbBooks, Vault};

impl<V: Vault + Sync> Archive for DynamoDbBooks<V> {
    async fn accounts(&self, after: Option<String>) -> Result<(Vec<AccountNumber>, Option<String>), BooksError> {
        let after = after.as_deref().map(key_of).transpose()?;
        let after = after.map(|key| key.item());
        let (keys, next) = self.table.scan_keys(TOTALS, after).await.map_err(unavailable)?;
        let accounts = keys.iter().map(|key| account_of(&key.pk)).collect::<Result<_, _>>()?;
        let next = next.map(|it| Key::of(&it)).transpose().map_err(unavailable)?;
        Ok((accounts, next.map(|key| format!("{} {}", key.pk, key.sk))))
    }

    async fn whole(&self, account: &AccountNumber) -> Result<StoredBooks, BooksError> {
        let query = Query::partition(partition(account));
        let mut stored_books = StoredBooks::default();
        for item in self.table.all(query).await.map_err(unavailable)? {
            place(&mut stored_books, item, &self.vault).await?;
        }
        Ok(stored_books)
    }
}

/// Reads a cursor: the two parts of a key, which have no spaces.
fn key_of(cursor: &str) -> Result<Key, CodecError> {
    let (pk, sk) = cursor.split_once(' ').ok_or(CodecError::Broken("a cursor"))?;
    Ok(Key::new(pk, sk))
}
