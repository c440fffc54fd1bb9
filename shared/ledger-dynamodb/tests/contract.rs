//! The contract of the books, kept on the local stack.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use banking::AccountNumber;
use dynamodb::{Client, testing};
use futures_util::future::join_all;
use ledger::testing::books_contract;
use ledger::{Archive, Books, BooksError, CodecError, Entry, Mark, PostingId, Side, audit_account, post};
use ledger_dynamodb::{DynamoDbBooks, Vault, VaultError};

/// A vault in memory.
#[derive(Default)]
struct FakeVault(Mutex<HashMap<String, Vec<u8>>>);

impl Vault for &FakeVault {
    async fn put(&self, hash: &str, bytes: &[u8]) -> Result<(), VaultError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(hash.to_owned(), bytes.to_vec());
        Ok(())
    }

    async fn get(&self, hash: &str) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(hash).cloned())
    }
}

#[tokio::test]
async fn the_contract_is_kept() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    let name = testing::unique("ledger");
    testing::create_table(&client, &name, &[]).await;
    let vault = FakeVault::default();
    let books = DynamoDbBooks::new(client, name, &vault);

    let account: AccountNumber = "DE89370400440532013000".parse().unwrap();
    books_contract(&books, &account).await;

    large_months_are_checked(&books, &vault, &account).await;
}

async fn large_months_are_checked(books: &DynamoDbBooks<&FakeVault>, vault: &FakeVault, account: &AccountNumber) {
    let april = "2024-04".parse().unwrap();
    let stored_books = books.whole(account).await.unwrap();
    let mut large = stored_books.months[&april].clone();
    large.bytes = vec![9; 300 * 1024];
    let change = ledger::Change { totals: stored_books.totals.unwrap(), months: [(april, large.clone())].into() };
    books.write(account, &change).await.unwrap();
    assert_eq!(books.read(account, &[april, april]).await.unwrap().months[&april].bytes, large.bytes);

    let is_broken = |result| matches!(result, Err(BooksError::Broken(CodecError::Broken(_))));
    for bytes in vault.0.lock().unwrap().values_mut() {
        bytes.push(0);
    }
    assert!(is_broken(books.read(account, &[april]).await), "other bytes are found out");
    vault.0.lock().unwrap().clear();
    assert!(is_broken(books.whole(account).await), "lost bytes are found out");
}

/// An entry of its own for each writer: most in one month, some late, some in a month that begins.
fn entry(number: u32) -> Entry {
    let month = if number % 7 == 3 { 8_u32.saturating_add(number / 14) } else { 7 };
    Entry {
        at: format!("2026-{month:02}-15").parse().unwrap(),
        source: "account".into(),
        id: Some(number.to_string().into()),
        ordinal: 0,
        amount_minor: 100,
        currency: money::Currency::EUR,
        side: Side::None,
        counterparty: None,
        text: None,
        mark: Mark::Clean,
    }
}

#[tokio::test]
async fn forty_postings_to_one_account_all_get_in() {
    let Some(config) = testing::stack().await else { return };
    let client = Client::new(&config);
    let name = testing::unique("ledger");
    testing::create_table(&client, &name, &[]).await;
    let vault = FakeVault::default();
    let books = DynamoDbBooks::new(client, name, &vault);
    let account: AccountNumber = "DE89370400440532013000".parse().unwrap();

    let writers = (0..40_u32).map(|number| {
        let id = PostingId([u8::try_from(number).unwrap(); 16]);
        Box::pin(post(&books, &account, vec![entry(number)], id))
    });
    for posted in join_all(writers).await {
        let posted = posted.unwrap();
        assert_eq!((posted.added.entries, posted.duplicates), (1, 0));
    }
    assert_eq!(audit_account(&account, &books.whole(&account).await.unwrap()), (40, vec![]));
}
