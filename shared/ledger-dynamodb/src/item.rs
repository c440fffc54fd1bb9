use banking::AccountNumber;
use calendar::Month;
use dynamodb::{DynamoDbError, Item, Key, bytes_of, text_of, version_of};
use ledger::{BooksError, CodecError, StoredBooks, Versioned};
use sha2::{Digest, Sha256};

use crate::{Vault, VaultError};

pub(crate) const TOTALS: &str = "TOTALS";
/// The attribute of an item's version.
pub(crate) const VERSION: &str = "v";
const ACCOUNT: &str = "ACCT#";
const MONTH: &str = "MONTH#";

pub(crate) fn partition(account: &AccountNumber) -> String {
    format!("{ACCOUNT}{}", account.as_str())
}

pub(crate) fn account_of(pk: &str) -> Result<AccountNumber, CodecError> {
    let number = pk.strip_prefix(ACCOUNT).and_then(|it| it.parse().ok());
    number.ok_or(CodecError::Broken("a partition's key"))
}

pub(crate) fn totals_key(account: &AccountNumber) -> Key {
    Key::new(partition(account), TOTALS)
}

pub(crate) fn month_key(account: &AccountNumber, month: Month) -> Key {
    Key::new(partition(account), format!("{MONTH}{month}"))
}

/// The SHA-256 of a packed month, in hexadecimal.
pub(crate) fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Adds an item to the stored books.
pub(crate) async fn place<V: Vault>(
    stored_books: &mut StoredBooks,
    mut item: Item,
    vault: &V,
) -> Result<(), BooksError> {
    let version = version_of(&item, VERSION).map_err(unavailable)?;
    let bytes = match bytes_of(&mut item, "b").map_err(unavailable)? {
        Some(bytes) => bytes,
        None => fetch(text_of(&item, "s").map_err(unavailable)?, vault).await?,
    };
    let kept = Versioned { version, bytes };
    let sk = text_of(&item, "sk").map_err(unavailable)?;
    if sk == TOTALS {
        stored_books.totals = Some(kept);
        return Ok(());
    }
    let month = sk.strip_prefix(MONTH).and_then(|it| it.parse().ok());
    let month = month.ok_or(CodecError::Broken("an item's key"))?;
    stored_books.months.insert(month, kept);
    Ok(())
}

async fn fetch<V: Vault>(expected: &str, vault: &V) -> Result<Vec<u8>, BooksError> {
    let bytes = vault.get(expected).await.map_err(no_vault)?;
    let bytes = bytes.ok_or(CodecError::Broken("a large month is not in the vault"))?;
    if hash(&bytes) == expected {
        Ok(bytes)
    } else {
        Err(CodecError::Broken("a large month is not what its hash says").into())
    }
}

pub(crate) fn unavailable(error: DynamoDbError) -> BooksError {
    match error {
        DynamoDbError::Broken(_) => CodecError::Broken("an item lacks an attribute").into(),
        other => BooksError::Unavailable(other.into()),
    }
}

pub(crate) fn no_vault(error: VaultError) -> BooksError {
    BooksError::Unavailable(error.into())
}
