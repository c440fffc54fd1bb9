//! A fake of the books, and the contract it shares with every adapter.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use banking::AccountNumber;
use calendar::Month;

use crate::books::Archive;
use crate::{Books, BooksError, Change, Kept, Shelf, Written};

/// Books in memory.
#[derive(Default)]
pub struct FakeBooks {
    shelves: Mutex<BTreeMap<AccountNumber, Shelf>>,
}

impl FakeBooks {
    fn shelves(&self) -> MutexGuard<'_, BTreeMap<AccountNumber, Shelf>> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that is kept, without versions and remembered postings: what must be equal after the same entries in
    /// any order.
    pub fn bytes(&self) -> BTreeMap<AccountNumber, BTreeMap<Month, Vec<u8>>> {
        let months = |shelf: &Shelf| shelf.packed_months().unwrap_or_default();
        self.shelves().iter().map(|(account, shelf)| (account.clone(), months(shelf))).collect()
    }

    /// Every account's shelf.
    pub fn all(&self) -> BTreeMap<AccountNumber, Shelf> {
        self.shelves().clone()
    }
}

impl Books for FakeBooks {
    async fn read(&self, account: &AccountNumber, months: &[Month]) -> Result<Shelf, BooksError> {
        let mut shelf = self.shelves().get(account).cloned().unwrap_or_default();
        shelf.months.retain(|month, _| months.contains(month));
        Ok(shelf)
    }

    async fn write(&self, account: &AccountNumber, change: &Change) -> Result<Written, BooksError> {
        let mut shelves = self.shelves();
        let shelf = shelves.entry(account.clone()).or_default();
        let expected = |stored: Option<&Kept>, new: &Kept| stored.map_or(0, |it| it.version) == new.version;
        let fits = expected(shelf.totals.as_ref(), &change.totals)
            && change.months.iter().all(|(month, new)| expected(shelf.months.get(month), new));
        if !fits {
            return Ok(Written::Conflict);
        }
        let next = |new: &Kept| Kept { version: new.version.saturating_add(1), bytes: new.bytes.clone() };
        shelf.totals = Some(next(&change.totals));
        shelf.months.extend(change.months.iter().map(|(month, new)| (*month, next(new))));
        Ok(Written::Stored)
    }
}

impl Archive for FakeBooks {
    async fn accounts(&self, _after: Option<String>) -> Result<(Vec<AccountNumber>, Option<String>), BooksError> {
        Ok((self.shelves().keys().cloned().collect(), None))
    }

    async fn whole(&self, account: &AccountNumber) -> Result<Shelf, BooksError> {
        Ok(self.shelves().get(account).cloned().unwrap_or_default())
    }
}

/// What every [`Books`] must do. `account` must have no books yet. `large` is a value above the size that is kept
/// in the table itself.
///
/// # Panics
///
/// Where the contract is broken.
#[allow(clippy::panic, clippy::unwrap_used, reason = "a contract test fails by panicking")]
pub async fn books_contract<B: Books + Archive>(books: &B, account: &AccountNumber) {
    let month = |text: &str| text.parse::<Month>().unwrap();
    let kept = |version: u64, bytes: &[u8]| Kept { version, bytes: bytes.to_vec() };
    let change = |totals: Kept, months: &[(&str, Kept)]| Change {
        totals,
        months: months.iter().map(|(name, kept)| (month(name), kept.clone())).collect(),
    };
    let (march, april) = (month("2024-03"), month("2024-04"));
    let large = vec![7_u8; 300 * 1024];

    assert_eq!(books.read(account, &[march]).await.unwrap(), Shelf::default(), "no books yet");

    let first = change(kept(0, b"t1"), &[("2024-03", kept(0, b"m1"))]);
    assert_eq!(books.write(account, &first).await.unwrap(), Written::Stored);
    assert_eq!(books.write(account, &first).await.unwrap(), Written::Conflict, "they exist now");
    let shelf = books.read(account, &[march, april]).await.unwrap();
    assert_eq!(shelf.totals, Some(kept(1, b"t1")));
    assert_eq!(shelf.months, [(march, kept(1, b"m1"))].into());

    let stale_month = change(kept(1, b"t2"), &[("2024-03", kept(0, b"m2"))]);
    assert_eq!(books.write(account, &stale_month).await.unwrap(), Written::Conflict, "all or nothing");
    assert_eq!(books.read(account, &[march]).await.unwrap().totals, Some(kept(1, b"t1")));

    let second = change(kept(1, b"t2"), &[("2024-04", kept(0, &large))]);
    assert_eq!(books.write(account, &second).await.unwrap(), Written::Stored);
    let shelf = books.read(account, &[april]).await.unwrap();
    assert_eq!(shelf.months, [(april, kept(1, &large))].into(), "a large month reads back, others are left out");

    let third = change(kept(2, b"t3"), &[("2024-04", kept(1, b"small again"))]);
    assert_eq!(books.write(account, &third).await.unwrap(), Written::Stored);
    let whole = books.whole(account).await.unwrap();
    assert_eq!(whole.totals, Some(kept(3, b"t3")));
    assert_eq!(whole.months, [(march, kept(1, b"m1")), (april, kept(2, b"small again"))].into());

    let mut after = None;
    let mut found = false;
    loop {
        let (accounts, next) = books.accounts(after).await.unwrap();
        found |= accounts.contains(account);
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert!(found, "the archive lists the account");
}
