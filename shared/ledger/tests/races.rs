//! Concurrent postings and readers: nothing is lost, nothing is counted twice, and nobody gives up.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use banking::AccountNumber;
use calendar::{Bucket, Month};
use ledger::testing::FakeBooks;
use ledger::{
    Books, BooksError, Change, CodecError, Entry, EntryBudget, HistoryRequest, Mark, PostError, Posted, PostingId,
    Saved, Side, StoredBooks, Version, Versioned, View, audit_account, balances, figures_on, history, post,
};
use money::Currency;

fn account() -> AccountNumber {
    "DE89370400440532013000".parse().unwrap()
}

fn row(at: &str, minor: i64, id: &str) -> Entry {
    Entry {
        at: at.parse().unwrap(),
        source: "account".into(),
        id: Some(id.into()),
        ordinal: 0,
        amount_minor: minor,
        currency: Currency::EUR,
        side: Side::None,
        counterparty: None,
        text: None,
        mark: Mark::Clean,
    }
}

/// Enough entries of a day that their month does not fit into the totals.
fn many(at: &str, source: &str) -> Vec<Entry> {
    let entry = |it: u32| {
        let id = u128::from(it).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        Entry { source: source.into(), ..row(at, i64::from(it), &format!("{id:032x}")) }
    };
    (1..700).map(entry).collect()
}

fn posting(number: usize) -> PostingId {
    PostingId([u8::try_from(number).unwrap(); 16])
}

type Running<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

fn poll<T>(future: &mut Running<'_, T>) -> Option<T> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn finish<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

/// Runs all tasks concurrently; `seed` decides which one takes each step.
fn together<T>(mut seed: u64, futures: Vec<Running<'_, T>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    let mut running: Vec<_> = futures.into_iter().enumerate().collect();
    while !running.is_empty() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(seed >> 33).unwrap() % running.len();
        if let Some(value) = poll(&mut running[at].1) {
            let (number, _) = running.swap_remove(at);
            done[number] = Some(value);
        }
    }
    done.into_iter().map(Option::unwrap).collect()
}

/// The initial books, and the entries and ids of the concurrent postings.
struct Case {
    name: &'static str,
    before: Vec<Entry>,
    postings: Vec<(PostingId, Vec<Entry>)>,
}

impl Case {
    fn books(&self) -> FakeBooks {
        let books = FakeBooks::default();
        finish(post(&books, &account(), self.before.clone(), posting(99))).unwrap();
        books
    }

    fn post<'a>(&'a self, books: &'a FakeBooks, number: usize) -> Running<'a, Result<Posted, PostError>> {
        Box::pin(async move {
            let (id, entries) = &self.postings[number];
            post(books, &account(), entries.clone(), *id).await
        })
    }

    /// The postings, run sequentially.
    fn quiet(&self) -> Quiet {
        let books = self.books();
        let before = books.all().get(&account()).map_or(0, |stored_books| audit_account(&account(), stored_books).0);
        let posted = (0..self.postings.len()).map(|number| finish(self.post(&books, number)).unwrap()).collect();
        Quiet { books, before, posted }
    }

    /// The books equal those of sequential postings, and the figures and reports add up.
    fn check(&self, quiet: &Quiet, books: &FakeBooks, posted: &[Posted], how: &str) {
        assert!(books.bytes() == quiet.books.bytes(), "{}, {how}: other books", self.name);
        let (entries, findings) = audit_account(&account(), &books.all()[&account()]);
        assert_eq!(findings, [], "{}, {how}", self.name);

        let same_posting = self.postings.iter().all(|(id, _)| *id == self.postings[0].0);
        if same_posting {
            assert_eq!(posted, quiet.posted, "{}, {how}: another report", self.name);
        } else {
            let added: u64 = posted.iter().map(|it| it.added.entries).sum();
            assert_eq!(added, entries - quiet.before, "{}, {how}: reports that do not add up", self.name);
        }
    }
}

struct Quiet {
    books: FakeBooks,
    /// How many entries there were before the postings.
    before: u64,
    posted: Vec<Posted>,
}

fn cases() -> Vec<Case> {
    let july = |day: u32, id: &str| row(&format!("2026-07-{day:02}"), 100, id);
    let august = |day: u32, id: &str| row(&format!("2026-08-{day:02}"), 100, id);
    let three = || vec![row("2026-06-03", 1, "j"), july(4, "k"), august(5, "l")];
    vec![
        Case {
            name: "the first postings of an account",
            before: vec![],
            postings: vec![(posting(1), vec![july(1, "a")]), (posting(2), vec![july(2, "b")])],
        },
        Case {
            name: "the open month grows out of the totals",
            before: vec![july(1, "a")],
            postings: vec![(posting(1), vec![july(2, "b")]), (posting(2), many("2026-07-03", "bank"))],
        },
        Case {
            name: "a later month begins",
            before: vec![july(1, "a")],
            postings: vec![(posting(1), vec![july(2, "b")]), (posting(2), vec![august(1, "c")])],
        },
        Case {
            name: "several months, some entries in both",
            before: vec![july(1, "a"), row("2026-06-01", 7, "e")],
            postings: vec![
                (posting(1), three()),
                (posting(2), [three(), vec![row("2026-05-05", 1, "m"), august(6, "n")]].concat()),
            ],
        },
        Case {
            name: "one posting delivered twice",
            before: vec![july(1, "a")],
            postings: vec![(posting(1), three()), (posting(1), three())],
        },
        Case {
            name: "one posting of a large month delivered twice",
            before: many("2026-07-03", "bank"),
            postings: vec![(posting(1), vec![july(2, "b")]), (posting(1), vec![july(2, "b")])],
        },
    ]
}

#[test]
fn a_posting_between_any_two_steps_of_another_loses_nothing() {
    for case in cases() {
        let quiet = case.quiet();
        // The order in which a read takes its items depends on how many reads there were before.
        for reads in 0..6 {
            for step in 0.. {
                let books = case.books();
                (0..reads).for_each(|_| drop(finish(books.read(&account(), &[]))));
                let mut first = case.post(&books, 0);
                let mut early = None;
                for _ in 0..step {
                    early = early.or_else(|| poll(&mut first));
                }
                let is_over = early.is_some();
                let mut second = case.post(&books, 1);
                // If the first has started a transaction, the second cannot write before its end.
                let between = (0..300).find_map(|_| poll(&mut second));
                let first = early.unwrap_or_else(|| finish(first)).unwrap();
                let second = between.unwrap_or_else(|| finish(second)).unwrap();
                case.check(&quiet, &books, &[first, second], &format!("after {reads} reads, at step {step}"));
                if is_over {
                    break;
                }
            }
        }
    }
}

#[test]
fn postings_that_take_turns_at_random_lose_nothing() {
    for case in cases() {
        let quiet = case.quiet();
        for seed in 0..60 {
            let books = case.books();
            let all = (0..case.postings.len()).map(|number| case.post(&books, number)).collect();
            let posted: Vec<Posted> = together(seed, all).into_iter().map(Result::unwrap).collect();
            case.check(&quiet, &books, &posted, &format!("seed {seed}"));
        }
    }
}

#[test]
fn forty_postings_to_one_account_all_get_in() {
    for seed in 0..25 {
        let books = FakeBooks::default();
        let entry = |number: usize| {
            // Some move the open month, some are late.
            let month = if number % 7 == 3 { 8 + number / 14 } else { 7 };
            row(&format!("2026-{month:02}-15"), 100, &number.to_string())
        };
        let all = (0..40).map(|number| {
            let books = &books;
            let writer: Running<'_, _> =
                Box::pin(async move { post(books, &account(), vec![entry(number)], posting(number)).await });
            writer
        });
        for posted in together(seed, all.collect()) {
            let posted = posted.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert_eq!((posted.added.entries, posted.duplicates), (1, 0), "seed {seed}");
        }
        assert_eq!(audit_account(&account(), &books.all()[&account()]), (40, vec![]), "seed {seed}");
    }
}

#[test]
fn a_reader_sees_the_books_before_a_posting_or_after_it() {
    let date = |text: &str| text.parse().unwrap();
    for step in 0..12 {
        for reads in 0..6 {
            let books = FakeBooks::default();
            finish(post(&books, &account(), vec![row("2026-03-05", 100, "a")], posting(1))).unwrap();
            (0..reads).for_each(|_| drop(finish(books.read(&account(), &[]))));
            let late = vec![row("2026-03-20", 10, "b"), row("2026-04-05", 1, "c"), row("2026-04-20", 1_000, "d")];
            let reader = async {
                let (from, to) = (date("2026-03-10"), date("2026-04-10"));
                let request = HistoryRequest { from, to, by: Bucket::Day, view: View::Clean, converted_into: None };
                let read = history(&books, &account(), request, &EntryBudget::unlimited()).await.unwrap();
                let moved = read
                    .periods
                    .iter()
                    .flat_map(|it| it.currencies.values().map(move |sum| (it.from.to_string(), sum)));
                let moved = moved.filter(|(_, sum)| sum.figures.count > 0);
                moved.map(|(day, sum)| (day, sum.figures.in_minor)).collect::<Vec<_>>()
            };
            let mut reader: Running<'_, _> = Box::pin(reader);
            let mut early = None;
            for _ in 0..step {
                early = early.or_else(|| poll(&mut reader));
            }
            finish(post(&books, &account(), late.clone(), posting(2))).unwrap();
            let moved = early.unwrap_or_else(|| finish(reader));
            let after = vec![("2026-03-20".to_owned(), 10), ("2026-04-05".to_owned(), 1)];
            assert!(moved.is_empty() || moved == after, "at step {step}, after {reads} reads: {moved:?}");

            let books = FakeBooks::default();
            finish(post(&books, &account(), vec![row("2026-03-05", 100, "a")], posting(1))).unwrap();
            (0..reads).for_each(|_| drop(finish(books.read(&account(), &[]))));
            let mut reader: Running<'_, _> = Box::pin(async {
                let sums =
                    figures_on(&books, &account(), Some(date("2026-04-10")), &EntryBudget::unlimited()).await.unwrap();
                balances(&sums, View::Clean).iter().map(|it| it.minor()).sum::<i128>()
            });
            let mut early = None;
            for _ in 0..step {
                early = early.or_else(|| poll(&mut reader));
            }
            finish(post(&books, &account(), late, posting(2))).unwrap();
            let balance = early.unwrap_or_else(|| finish(reader));
            assert!([100, 111].contains(&balance), "at step {step}, after {reads} reads: {balance}");
        }
    }
}

/// Books that never settle: the totals have no figures for an existing month.
struct Restless {
    /// Whether every read finds something newer.
    moves: bool,
    reads: AtomicU64,
    month: Versioned,
}

impl Restless {
    fn new(moves: bool) -> Self {
        let books = FakeBooks::default();
        finish(post(&books, &account(), many("2026-07-03", "bank"), posting(1))).unwrap();
        let month = books.all()[&account()].months.values().next().unwrap().clone();
        Self { moves, reads: AtomicU64::new(0), month }
    }
}

impl Books for Restless {
    async fn read(&self, _account: &AccountNumber, months: &[Month]) -> Result<StoredBooks, BooksError> {
        let reads = self.reads.fetch_add(1, Ordering::Relaxed);
        let version = Version(if self.moves { reads + 1 } else { 1 });
        let kept = Versioned { version, bytes: self.month.bytes.clone() };
        Ok(StoredBooks { totals: None, months: months.iter().map(|month| (*month, kept.clone())).collect() })
    }

    async fn write(&self, _account: &AccountNumber, _change: &Change) -> Result<Saved, BooksError> {
        panic!("items of different moments must not be written")
    }

    async fn pause(&self, _conflicts: u32) {}
}

#[test]
fn books_that_never_settle_are_no_answer() {
    let books = Restless::new(true);
    let balance = finish(figures_on(&books, &account(), "2026-07-10".parse().ok(), &EntryBudget::unlimited()));
    assert!(matches!(balance, Err(BooksError::Unsettled)), "{balance:?}");
    assert_eq!(books.reads.load(Ordering::Relaxed), 16);
    let posted = finish(post(&books, &account(), vec![row("2026-07-15", 1, "x")], posting(2)));
    assert!(matches!(posted, Err(PostError::Busy)), "{posted:?}");
    assert_eq!(books.reads.load(Ordering::Relaxed), 16 + 64);
}

#[test]
fn books_that_disagree_and_do_not_change_are_broken() {
    let books = Restless::new(false);
    let is_broken = |error: &BooksError| matches!(error, BooksError::Broken(CodecError::Broken(_)));
    let balance = finish(figures_on(&books, &account(), "2026-07-10".parse().ok(), &EntryBudget::unlimited()));
    assert!(balance.as_ref().is_err_and(is_broken), "{balance:?}");
    let posted = finish(post(&books, &account(), vec![row("2026-07-15", 1, "x")], posting(2)));
    assert!(matches!(&posted, Err(PostError::Books(error)) if is_broken(error)), "{posted:?}");
    assert_eq!(books.reads.load(Ordering::Relaxed), 4, "two reads prove it");
}

/// Books in which every write conflicts with another one.
struct Crowded(FakeBooks, AtomicU64);

impl Books for Crowded {
    async fn read(&self, account: &AccountNumber, months: &[Month]) -> Result<StoredBooks, BooksError> {
        self.0.read(account, months).await
    }

    async fn write(&self, _account: &AccountNumber, _change: &Change) -> Result<Saved, BooksError> {
        Ok(Saved::Conflict)
    }

    async fn pause(&self, conflicts: u32) {
        self.1.fetch_add(u64::from(conflicts), Ordering::Relaxed);
    }
}

#[test]
fn a_posting_pauses_longer_and_longer_and_at_last_comes_again() {
    let books = Crowded(FakeBooks::default(), AtomicU64::new(0));
    let posted = finish(post(&books, &account(), vec![row("2026-07-15", 1, "x")], posting(2)));
    assert!(matches!(posted, Err(PostError::Busy)), "{posted:?}");
    assert_eq!(books.1.load(Ordering::Relaxed), (1..=64).sum::<u64>());
}

/// Books that store the first write but report a conflict, as the SDK's retry does after a lost answer.
struct Forgetful(FakeBooks, AtomicU64);

impl Books for Forgetful {
    async fn read(&self, account: &AccountNumber, months: &[Month]) -> Result<StoredBooks, BooksError> {
        self.0.read(account, months).await
    }

    async fn write(&self, account: &AccountNumber, change: &Change) -> Result<Saved, BooksError> {
        let written = self.0.write(account, change).await?;
        let is_first = self.1.fetch_add(1, Ordering::Relaxed) == 0;
        Ok(if is_first { Saved::Conflict } else { written })
    }

    async fn pause(&self, conflicts: u32) {
        self.0.pause(conflicts).await;
    }
}

#[test]
fn a_write_that_was_stored_and_answered_with_a_conflict_is_counted_once() {
    let books = Forgetful(FakeBooks::default(), AtomicU64::new(0));
    let posted = finish(post(&books, &account(), vec![row("2026-07-15", 1, "x")], posting(1))).unwrap();
    assert_eq!((posted.added.entries, posted.duplicates), (1, 0));
    assert_eq!(books.1.load(Ordering::Relaxed), 1, "nothing is left to write");
}
