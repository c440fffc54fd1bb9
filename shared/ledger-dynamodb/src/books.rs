use std::collections::BTreeSet;
use std::time::Duration;

use backoff::Backoff;
use banking::AccountNumber;
use calendar::Month;
use dynamodb::{Client, Item, Key, Table, Write, bytes, text};
use futures_util::{StreamExt, TryStreamExt, stream};
use ledger::{Books, BooksError, Change, Saved, StoredBooks, Versioned};

use crate::Vault;
use crate::item::{VERSION, hash, month_key, no_vault, place, totals_key, unavailable};

/// Above this size a packed month is in the vault: an item has at most 400 KB, a transaction 4 MB.
const MAX_BYTES_IN_TABLE: usize = 256 * 1024;
/// The longest pause between two tries of a posting: some tens of writes to one item take no longer.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// How many large months are moved at once.
const AT_ONCE: usize = 4;

/// The books in a table, their large months in a [`Vault`].
#[derive(Clone, Debug)]
pub struct DynamoDbBooks<V> {
    pub(crate) table: Table,
    pub(crate) vault: V,
}

impl<V: Vault> DynamoDbBooks<V> {
    /// The books in the table of this name.
    pub fn new(client: Client, table: impl Into<String>, vault: V) -> Self {
        Self { table: Table::new(client, table), vault }
    }
}

impl<V: Vault + Sync> Books for DynamoDbBooks<V> {
    async fn read(&self, account: &AccountNumber, months: &[Month]) -> Result<StoredBooks, BooksError> {
        let months: BTreeSet<Month> = months.iter().copied().collect();
        let of_months = months.into_iter().map(|month| month_key(account, month));
        let keys: Vec<Key> = std::iter::once(totals_key(account)).chain(of_months).collect();
        let mut stored_books = StoredBooks::default();
        for item in self.table.get_all(&keys).await.map_err(unavailable)? {
            place(&mut stored_books, item, &self.vault).await?;
        }
        Ok(stored_books)
    }

    async fn write(&self, account: &AccountNumber, change: &Change) -> Result<Saved, BooksError> {
        // First the vault: an item never points at what is not there. What a lost race leaves there is harmless.
        let months: Vec<(Key, Versioned)> =
            change.months.iter().map(|(it, kept)| (month_key(account, *it), kept.clone())).collect();
        let items = stream::iter(months).map(|(key, kept)| self.month_put(key, kept)).buffered(AT_ONCE);
        let mut writes: Vec<Write> = items.try_collect().await?;
        let (totals, version) = (item(&totals_key(account), &change.totals), change.totals.version);
        if writes.is_empty() {
            return self.table.save(totals, VERSION, version).await.map_err(unavailable);
        }
        writes.push(Write::next(totals, VERSION, version));
        Ok(self.table.transact(writes).await.map_err(unavailable)?.saved(version))
    }

    async fn pause(&self, conflicts: u32) {
        Backoff::pause(conflicts, LONGEST_PAUSE).await;
    }
}

impl<V: Vault> DynamoDbBooks<V> {
    async fn month_put(&self, key: Key, kept: Versioned) -> Result<Write, BooksError> {
        if kept.bytes.len() <= MAX_BYTES_IN_TABLE {
            return Ok(Write::next(item(&key, &kept), VERSION, kept.version));
        }
        let hash = hash(&kept.bytes);
        self.vault.put(&hash, &kept.bytes).await.map_err(no_vault)?;
        Ok(Write::next(key.with([("s", text(hash))]), VERSION, kept.version))
    }
}

fn item(key: &Key, kept: &Versioned) -> Item {
    key.with([("b", bytes(kept.bytes.as_slice()))])
}
