//! A fake of the books, and the contract it shares with every adapter.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use banking::AccountNumber;
use calendar::Month;

use crate::books::Archive;
use crate::{Books, BooksError, Change, Kept, MOST_MONTHS, Shelf, Written};

/// Lets others run once.
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

/// Books in memory that read and write as DynamoDB documents itself.
///
/// A read takes its items one by one, in an order that differs from call to call, and lets others run in between. A
/// write lets others run between its start and its effect; meanwhile a second write to the account meets a conflict
/// if one of the two is a transaction.
#[derive(Default)]
pub struct FakeBooks {
    shelves: Mutex<BTreeMap<AccountNumber, Shelf>>,
    writing: Mutex<BTreeMap<AccountNumber, Vec<Kind>>>,
    reads: AtomicU64,
}

/// How a write goes to DynamoDB.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Single,
    Transaction,
}

/// A write that has started and has had no effect yet; also ends when its caller is dropped.
struct Writing<'a> {
    books: &'a FakeBooks,
    account: &'a AccountNumber,
    kind: Kind,
}

impl<'a> Writing<'a> {
    /// `None`: it conflicts with one that has started before.
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
    fn shelves(&self) -> MutexGuard<'_, BTreeMap<AccountNumber, Shelf>> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut read = Shelf::default();
        for (at, place) in self.order(months).into_iter().enumerate() {
            if at > 0 {
                yield_now().await;
            }
            let shelves = self.shelves();
            let Some(shelf) = shelves.get(account) else { continue };
            match place {
                None => read.totals.clone_from(&shelf.totals),
                Some(month) => read.months.extend(shelf.months.get(&month).map(|kept| (month, kept.clone()))),
            }
        }
        Ok(read)
    }

    async fn write(&self, account: &AccountNumber, change: &Change) -> Result<Written, BooksError> {
        if change.months.len() > MOST_MONTHS {
            return Err(BooksError::Unavailable("more months than one write takes".into()));
        }
        let Some(_writing) = Writing::start(self, account, change) else {
            return Ok(Written::Conflict);
        };
        yield_now().await;
        let mut shelves = self.shelves();
        let stored = shelves.get(account);
        let version = |kept: Option<&Kept>| kept.map_or(0, |it| it.version);
        let month = |month| stored.and_then(|shelf| shelf.months.get(month));
        let fits = version(stored.and_then(|shelf| shelf.totals.as_ref())) == change.totals.version
            && change.months.iter().all(|(name, new)| version(month(name)) == new.version);
        if !fits {
            return Ok(Written::Conflict);
        }
        let next = |new: &Kept| Kept { version: new.version.saturating_add(1), bytes: new.bytes.clone() };
        let shelf = shelves.entry(account.clone()).or_default();
        shelf.totals = Some(next(&change.totals));
        shelf.months.extend(change.months.iter().map(|(month, new)| (*month, next(new))));
        Ok(Written::Stored)
    }

    async fn pause(&self, conflicts: u32) {
        for _ in 0..conflicts.min(MOST_YIELDS) {
            yield_now().await;
        }
    }
}

/// The longest pause, in turns of the others.
const MOST_YIELDS: u32 = 32;

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
