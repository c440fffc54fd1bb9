//! A fake of the books, and the contract it shares with every adapter.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use banking::AccountNumber;
use calendar::Month;

use crate::books::Archive;
use crate::{Books, BooksError, Change, MAX_MONTHS, Saved, StoredBooks, Version, Versioned};

/// Yields to other tasks once.
pub async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Books in memory that read and write as the documentation of DynamoDB specifies.
///
/// A read takes its items one by one, in an order that differs from call to call, and yields in between. A write yields
/// between its start and its effect; meanwhile a second write to the account conflicts if one of the two is a
/// transaction.
#[derive(Default)]
pub struct FakeBooks {
    stored_by_account: Mutex<BTreeMap<AccountNumber, StoredBooks>>,
    writing: Mutex<BTreeMap<AccountNumber, Vec<Kind>>>,
    reads: AtomicU64,
}

/// The kind of a write to DynamoDB.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Single,
    Transaction,
}

/// A write that has started without effect yet; it also ends when its caller is dropped.
struct Writing<'a> {
    books: &'a FakeBooks,
    account: &'a AccountNumber,
    kind: Kind,
}

impl<'a> Writing<'a> {
    /// `None`: it conflicts with an earlier write.
    fn start(books: &'a FakeBooks, account: &'a AccountNumber, change: &Change) -> Option<Self> {
        let kind = if change.months.is_empty() { Kind::Single } else { Kind::Transaction };
        let mut all = books.writing();
        let others = all.entry(account.clone()).or_default();
        if others.iter().any(|other| [*other, kind].contains(&Kind::Transaction)) {
            return None;
        }
        others.push(kind);
        Some(Self { books, account, kind })
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let mut all = self.books.writing();
        let Some(started) = all.get_mut(self.account) else { return };
        if let Some(at) = started.iter().position(|kind| *kind == self.kind) {
            started.swap_remove(at);
        }
        if started.is_empty() {
            all.remove(self.account);
        }
    }
}

impl FakeBooks {
    fn stored_by_account(&self) -> MutexGuard<'_, BTreeMap<AccountNumber, StoredBooks>> {
        self.stored_by_account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> MutexGuard<'_, BTreeMap<AccountNumber, Vec<Kind>>> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The items to read, the totals as `None`, in the order of this call.
    fn order(&self, months: &[Month]) -> Vec<Option<Month>> {
        let mut seed = self.reads.fetch_add(1, Ordering::Relaxed);
        let months: BTreeSet<Month> = months.iter().copied().collect();
        let mut left: Vec<_> = std::iter::once(None).chain(months.into_iter().map(Some)).collect();
        let mut order = Vec::with_capacity(left.len());
        while !left.is_empty() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(seed.wrapping_shr(33)).unwrap_or(0).checked_rem(left.len()).unwrap_or(0);
            order.push(left.swap_remove(at));
        }
        order
    }

    /// All stored data without versions and remembered postings: this must be equal after the same entries in any
    /// order.
    pub fn bytes(&self) -> BTreeMap<AccountNumber, BTreeMap<Month, Vec<u8>>> {
        let months = |stored_books: &StoredBooks| stored_books.packed_months().unwrap_or_default();
        self.stored_by_account().iter().map(|(account, stored_books)| (account.clone(), months(stored_books))).collect()
    }

    /// The stored books of every account.
    pub fn all(&self) -> BTreeMap<AccountNumber, StoredBooks> {
        self.stored_by_account().clone()
    }
}

impl Books for FakeBooks {
    async fn read(&self, account: &AccountNumber, months: &[Month]) -> Result<StoredBooks, BooksError> {
        let mut read = StoredBooks::default();
        for (at, place) in self.order(months).into_iter().enumerate() {
            if at > 0 {
                yield_now().await;
            }
            let stored_by_account = self.stored_by_account();
            let Some(stored_books) = stored_by_account.get(account) else { continue };
            match place {
                None => read.totals.clone_from(&stored_books.totals),
                Some(month) => read.months.extend(stored_books.months.get(&month).map(|kept| (month, kept.clone()))),
            }
        }
        Ok(read)
    }

    async fn write(&self, account: &AccountNumber, change: &Change) -> Result<Saved, BooksError> {
        if change.months.len() > MAX_MONTHS {
            return Err(BooksError::Unavailable("more months than one write takes".into()));
        }
        let Some(_writing) = Writing::start(self, account, change) else {
            return Ok(Saved::Conflict);
        };
        yield_now().await;
        let mut stored_by_account = self.stored_by_account();
        let stored = stored_by_account.get(account);
        let version = |kept: Option<&Versioned>| kept.map_or(Version::default(), |it| it.version);
        let month = |month| stored.and_then(|stored_books| stored_books.months.get(month));
        let fits = version(stored.and_then(|stored_books| stored_books.totals.as_ref())) == change.totals.version
            && change.months.iter().all(|(name, new)| version(month(name)) == new.version);
        if !fits {
            return Ok(Saved::Conflict);
        }
        let next = |new: &Versioned| Versioned { version: new.version.next(), bytes: new.bytes.clone() };
        let stored_books = stored_by_account.entry(account.clone()).or_default();
        stored_books.totals = Some(next(&change.totals));
        stored_books.months.extend(change.months.iter().map(|(month, new)| (*month, next(new))));
        Ok(Saved::Stored(change.totals.version.next()))
    }

    async fn pause(&self, conflicts: u32) {
        for _ in 0..conflicts.min(MAX_YIELDS) {
            yield_now().await;
        }
    }
}

/// The longest pause, in steps of the other tasks.
const MAX_YIELDS: u32 = 32;

impl Archive for FakeBooks {
    async fn accounts(&self, _after: Option<String>) -> Result<(Vec<AccountNumber>, Option<String>), BooksError> {
        Ok((self.stored_by_account().keys().cloned().collect(), None))
    }

    async fn whole(&self, account: &AccountNumber) -> Result<StoredBooks, BooksError> {
        Ok(self.stored_by_account().get(account).cloned().unwrap_or_default())
    }
}

/// What every [`Books`] must do. `account` must have no books yet. `large` is a value too large for the table itself.
///
/// # Panics
///
/// If the contract is violated.
#[allow(clippy::panic, clippy::unwrap_used, reason = "a contract test fails by panicking")]
pub async fn books_contract<B: Books + Archive>(books: &B, account: &AccountNumber) {
    let month = |text: &str| text.parse::<Month>().unwrap();
    let kept = |version: u64, bytes: &[u8]| Versioned { version: Version(version), bytes: bytes.to_vec() };
    let change = |totals: Versioned, months: &[(&str, Versioned)]| Change {
        totals,
        months: months.iter().map(|(name, kept)| (month(name), kept.clone())).collect(),
    };
    let (march, april) = (month("2024-03"), month("2024-04"));
    let large = vec![7_u8; 300 * 1024];

    assert_eq!(books.read(account, &[march]).await.unwrap(), StoredBooks::default(), "no books yet");

    let first = change(kept(0, b"t1"), &[("2024-03", kept(0, b"m1"))]);
    assert_eq!(books.write(account, &first).await.unwrap(), Saved::Stored(Version(1)));
    assert_eq!(books.write(account, &first).await.unwrap(), Saved::Conflict, "they exist now");
    let stored_books = books.read(account, &[march, april]).await.unwrap();
    assert_eq!(stored_books.totals, Some(kept(1, b"t1")));
    assert_eq!(stored_books.months, [(march, kept(1, b"m1"))].into());

    let stale_month = change(kept(1, b"t2"), &[("2024-03", kept(0, b"m2"))]);
    assert_eq!(books.write(account, &stale_month).await.unwrap(), Saved::Conflict, "all or nothing");
    assert_eq!(books.read(account, &[march]).await.unwrap().totals, Some(kept(1, b"t1")));

    let second = change(kept(1, b"t2"), &[("2024-04", kept(0, &large))]);
    assert_eq!(books.write(account, &second).await.unwrap(), Saved::Stored(Version(2)));
    let stored_books = books.read(account, &[april]).await.unwrap();
    assert_eq!(stored_books.months, [(april, kept(1, &large))].into(), "a large month reads back, others are left out");

    let third = change(kept(2, b"t3"), &[("2024-04", kept(1, b"small again"))]);
    assert_eq!(books.write(account, &third).await.unwrap(), Saved::Stored(Version(3)));
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
