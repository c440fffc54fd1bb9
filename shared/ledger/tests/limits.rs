//! The limits of one write, one item and one posting, and which postings are remembered.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::sync::Mutex;

use banking::AccountNumber;
use calendar::{Bucket, Date, Month};
use futures_util::TryStreamExt as _;
use ledger::testing::FakeBooks;
use ledger::{
    Books, BooksError, Change, Entry, EntryBudget, HistoryRequest, LastEntry, Mark, PostError, Posted, PostingId,
    Saved, Side, StoredBooks, View, audit_account, entries, history, post,
};
use money::Currency;

fn account() -> AccountNumber {
    "DE89370400440532013000".parse().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn row(at: &str, id: &str) -> Entry {
    Entry {
        at: at.parse().unwrap(),
        source: "account".into(),
        id: Some(id.into()),
        ordinal: 0,
        amount_minor: 100,
        currency: Currency::EUR,
        side: Side::None,
        counterparty: None,
        text: None,
        mark: Mark::Clean,
    }
}

/// An incompressible text of `bytes` bytes: random letters and digits.
fn noise(seed: u64, bytes: usize) -> Box<str> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b' ' + u8::try_from((state >> 40) % 94).unwrap())
    };
    (0..bytes).map(|_| letter()).collect::<String>().into()
}

/// Entries of one day that pack into about `bytes`.
fn large(at: &str, bytes: usize) -> Vec<Entry> {
    let entry = |number: u64| Entry { text: Some(noise(number, 500)), ..row(at, &number.to_string()) };
    (0..u64::try_from(bytes / 415).unwrap()).map(entry).collect()
}

/// Books that record how many months and bytes are read and written at once.
#[derive(Default)]
struct Watched {
    books: FakeBooks,
    reads: Mutex<Vec<usize>>,
    writes: Mutex<Vec<Vec<usize>>>,
}

impl Books for Watched {
    async fn read(&self, account: &AccountNumber, months: &[Month]) -> Result<StoredBooks, BooksError> {
        self.reads.lock().unwrap().push(months.len());
        self.books.read(account, months).await
    }

    async fn write(&self, account: &AccountNumber, change: &Change) -> Result<Saved, BooksError> {
        self.writes.lock().unwrap().push(change.months.values().map(|kept| kept.bytes.len()).collect());
        self.books.write(account, change).await
    }

    async fn pause(&self, conflicts: u32) {
        self.books.pause(conflicts).await;
    }
}

impl Watched {
    fn post(&self, import: u8, entries: Vec<Entry>) -> Result<Posted, PostError> {
        self.reads.lock().unwrap().clear();
        self.writes.lock().unwrap().clear();
        block_on(post(self, &account(), entries, PostingId([import; 16])))
    }

    fn reads(&self) -> Vec<usize> {
        self.reads.lock().unwrap().clone()
    }

    fn writes(&self) -> Vec<Vec<usize>> {
        self.writes.lock().unwrap().clone()
    }

    fn stored_books(&self) -> StoredBooks {
        self.books.all()[&account()].clone()
    }

    fn count(&self) -> u64 {
        let (count, findings) = audit_account(&account(), &self.stored_books());
        assert_eq!(findings, []);
        count
    }
}

#[test]
fn a_posting_reads_once_and_writes_once() {
    let books = Watched::default();
    books.post(1, vec![row("2026-07-15", "a"), row("2026-08-15", "b")]).unwrap();
    assert_eq!((books.reads(), books.writes().len()), (vec![2], 1));
    books.post(2, vec![row("2026-07-15", "a")]).unwrap();
    assert_eq!((books.reads(), books.writes().len()), (vec![1], 0), "nothing changes, nothing is written");
    books.post(3, vec![]).unwrap();
    assert_eq!((books.reads(), books.writes().len()), (vec![], 0));
}

#[test]
fn months_that_are_too_large_for_one_write_go_in_several() {
    let books = Watched::default();
    let months = ["2026-05-15", "2026-06-15", "2026-07-15", "2026-08-15"];
    let entries: Vec<Entry> = months.iter().flat_map(|at| large(at, 1_200_000)).collect();
    let count = u64::try_from(entries.len()).unwrap();
    let posted = books.post(1, entries.clone()).unwrap();
    assert_eq!((posted.added.entries, posted.duplicates), (count, 0));
    assert_eq!(books.count(), count);
    let writes = books.writes();
    assert_eq!(writes.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
    writes.iter().for_each(|it| assert!(it.iter().sum::<usize>() <= 3_000_000, "{it:?}"));
    assert_eq!(books.post(1, entries).unwrap(), posted, "the same posting again");

    let books = Watched::default();
    books.post(1, large("2026-07-15", 3_300_000)).unwrap();
    assert!(books.writes()[0][0] > 3_000_000 && books.writes().len() == 1, "one month cannot be divided");
}

#[test]
fn a_write_has_room_for_the_month_that_moves_out_of_the_totals() {
    let books = Watched::default();
    books.post(1, vec![row("1999-12-15", "x")]).unwrap();
    let date = |month: i32| Date::try_new(2000 + month / 12, u32::try_from(month % 12).unwrap() + 1, 7).unwrap();
    let mut entries: Vec<Entry> = (0..97).map(|month| row(&date(month).to_string(), "x")).collect();
    // The last month of the first write is too large for the totals, too.
    entries.extend(large(&date(97).to_string(), 10_000));
    entries.push(row(&date(98).to_string(), "x"));
    books.post(2, entries).unwrap();
    assert_eq!(books.writes().iter().map(Vec::len).collect::<Vec<_>>(), [99, 0]);
    books.count();
}

#[test]
fn the_latest_month_stays_in_the_totals_up_to_eight_kilobytes() {
    let entry = |number: u64, text_bytes: usize| Entry {
        text: Some(noise(number, text_bytes)),
        ..row("2026-07-15", &format!("{number:04}"))
    };
    let mut sizes = Vec::new();
    for last in 1..300 {
        let entries = (0..31).map(|number| entry(number, 300)).chain([entry(31, last)]);
        let books = Watched::default();
        books.post(1, entries.collect()).unwrap();
        let size = books.stored_books().packed_months().unwrap().values().next().unwrap().len();
        assert_eq!(books.stored_books().months.is_empty(), size <= 8_192, "{size} bytes");
        sizes.push(size);
    }
    assert!(sizes.contains(&8_192) && sizes.contains(&8_193), "the limit itself is tried: {sizes:?}");
}

#[test]
fn the_postings_of_the_last_32_imports_are_remembered() {
    let books = Watched::default();
    let entry = |number: u8| vec![row("2026-07-15", &number.to_string())];
    for number in 1..=33 {
        books.post(number, entry(number)).unwrap();
    }
    let again = |number: u8| books.post(number, entry(number)).unwrap().added.entries;
    assert_eq!(again(1), 0, "the first one is forgotten");
    assert!((2..=33).all(|number| again(number) == 1), "the others are not");
    assert_eq!(books.count(), 33);
}

#[test]
fn a_posting_that_adds_again_is_remembered_as_the_latest() {
    let books = Watched::default();
    let entry = |number: u8| row("2026-07-15", &number.to_string());
    (1..=32).for_each(|number| drop(books.post(number, vec![entry(number)]).unwrap()));
    assert_eq!(books.post(1, vec![entry(1), entry(33)]).unwrap().added.entries, 2);
    books.post(34, vec![entry(34)]).unwrap();
    assert_eq!(books.post(1, vec![entry(1), entry(33)]).unwrap().added.entries, 2);
    assert_eq!(books.post(2, vec![entry(2)]).unwrap().added.entries, 0, "the oldest one is forgotten");
}

#[test]
fn a_hundred_years_in_fourteen_currencies_fit_unless_their_entries_may_be_dirty() {
    let currencies: Vec<Currency> = (0..999).filter_map(|it| Currency::from_numeric(it).ok()).take(14).collect();
    let months = (1970..2070).flat_map(|year| (1..=12).map(move |month| Date::try_new(year, month, 7).unwrap()));
    let entry = |date: Date, currency: Currency, side: Side| Entry {
        amount_minor: 999_999_999_999_999_999,
        currency,
        side,
        counterparty: (side != Side::None).then(|| "FR14".into()),
        ..row(&date.to_string(), "x")
    };
    let entries = |side: Side| {
        let of = |date: Date| currencies.iter().map(move |currency| entry(date, *currency, side));
        months.clone().flat_map(of).collect::<Vec<_>>()
    };
    let books = Watched::default();
    let refused = books.post(1, entries(Side::Beneficiary));
    assert!(matches!(refused, Err(PostError::TooManyMonths(_))), "{refused:?}");
    assert_eq!(books.post(2, entries(Side::None)).unwrap().added.entries, 16_800);
    assert!(books.stored_books().totals.unwrap().bytes.len() > 200_000);
}

/// The entries of the account, one item for each group that is read together.
fn groups(books: &FakeBooks, days: (&str, &str), view: View) -> Vec<Vec<Entry>> {
    let (days, accounts) = ((days.0.parse().unwrap(), days.1.parse().unwrap()), [account()]);
    block_on(async {
        let groups = entries(books, &accounts, days, view, &EntryBudget::unlimited()).await.unwrap();
        groups.try_collect().await.unwrap()
    })
}

#[test]
fn months_are_read_in_groups_of_twelve_or_twenty_thousand_entries() {
    let groups = |entries: Vec<Entry>| {
        let books = FakeBooks::default();
        block_on(post(&books, &account(), entries, PostingId([1; 16]))).unwrap();
        let mut groups = groups(&books, ("2000-02-10", "2009-12-31"), View::All);
        groups.sort();
        let months = |group: &Vec<Entry>| group.iter().map(|it| it.at.date().month()).collect::<BTreeSet<_>>().len();
        groups.iter().map(|it| (months(it), it.len())).collect::<Vec<_>>()
    };
    let date = |month: i32| Date::try_new(2000 + month / 12, u32::try_from(month % 12).unwrap() + 1, 15).unwrap();
    let months: Vec<Entry> = (0..150).map(|month| row(&date(month).to_string(), "x")).collect();
    let expected: Vec<(usize, usize)> = vec![(12, 12); 9].into_iter().chain([(11, 11)]).collect();
    assert_eq!(groups(months), expected, "without January 2000 and what is after 2009");

    let of_month = |at: &'static str, count: i32| (0..count).map(move |it| row(at, &it.to_string()));
    let three = |last: i32| {
        let all = of_month("2001-01-15", 10_000).chain(of_month("2001-02-15", last)).chain(of_month("2001-03-15", 1));
        all.collect::<Vec<_>>()
    };
    assert_eq!(groups(three(9_999)), [(3, 20_000)]);
    assert_eq!(groups(three(10_000)), [(2, 20_000), (1, 1)]);
}

#[test]
fn entries_of_a_period_are_those_that_the_view_shows() {
    let books = FakeBooks::default();
    let dirty = Entry { side: Side::Payer, counterparty: Some("XX1".into()), ..row("2026-07-16", "d") };
    let entries = vec![row("2026-07-14", "a"), row("2026-07-15", "b"), dirty, row("2026-07-17", "c")];
    block_on(post(&books, &account(), entries, PostingId([1; 16]))).unwrap();
    let ids = |from: &str, to: &str, view: View| {
        let entries = groups(&books, (from, to), view).concat();
        entries.iter().map(|it| it.id.clone().unwrap().into_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids("2026-07-15", "2026-07-16", View::Clean), ["b"]);
    assert_eq!(ids("2026-07-15", "2026-07-16", View::All), ["b", "d"]);
    assert_eq!(ids("2026-07-01", "2026-07-31", View::Clean), ["a", "b", "c"]);
}

#[test]
fn the_last_entry_is_the_last_clean_one_by_day_while_its_month_is_in_the_totals() {
    let last = |entries: Vec<Entry>| {
        let books = FakeBooks::default();
        block_on(post(&books, &account(), entries, PostingId([1; 16]))).unwrap();
        block_on(books.read(&account(), &[])).unwrap().last_entry().unwrap()
    };
    let day = |text: &str| Some(LastEntry::Day(text.parse().unwrap()));
    let dirty = |at: &str| Entry { side: Side::Payer, counterparty: Some("XX1".into()), ..row(at, "d") };
    assert_eq!(last(Vec::new()), None);
    assert_eq!(last(vec![dirty("2024-07-16")]), None);
    assert_eq!(last(vec![row("2024-07-14", "a"), row("2024-06-30", "b"), dirty("2024-07-16")]), day("2024-07-14"));
    let july = Some(LastEntry::Month("2024-07".parse().unwrap()));
    assert_eq!(last(vec![row("2024-07-14", "a"), dirty("2024-08-01")]), july, "July is not in the totals");
    let many = (0..20_000).map(|number| row("2024-07-14", &format!("{:x}", number * 7_919)));
    assert_eq!(last(many.collect()), july);
}

/// Books to which somebody posts a month before every read, with the pauses of their readers.
struct Growing(FakeBooks, Mutex<i32>, Mutex<Vec<u32>>);

impl Books for Growing {
    async fn read(&self, account: &AccountNumber, months: &[Month]) -> Result<StoredBooks, BooksError> {
        let month = {
            let mut months = self.1.lock().unwrap();
            *months += 1;
            *months
        };
        let date = Date::try_new(2000 + month / 12, u32::try_from(month % 12).unwrap() + 1, 7).unwrap();
        post(&self.0, account, vec![row(&date.to_string(), "x")], PostingId([1; 16])).await.unwrap();
        self.0.read(account, months).await
    }

    async fn write(&self, account: &AccountNumber, change: &Change) -> Result<Saved, BooksError> {
        self.0.write(account, change).await
    }

    async fn pause(&self, conflicts: u32) {
        self.2.lock().unwrap().push(conflicts);
    }
}

#[test]
fn a_history_by_day_of_books_that_grow_without_end_is_no_answer() {
    let books = Growing(FakeBooks::default(), Mutex::new(0), Mutex::default());
    let (from, to) = ("2000-01-01".parse().unwrap(), "2009-12-31".parse().unwrap());
    let request = HistoryRequest { from, to, by: Bucket::Day, view: View::Clean, converted_into: None };
    let days = block_on(history(&books, &account(), request, &EntryBudget::unlimited()));
    assert!(matches!(days, Err(BooksError::Unsettled)), "{days:?}");
    assert_eq!(*books.1.lock().unwrap(), 17, "the totals, and sixteen more reads");
    let pauses: Vec<u32> = (1..=16).collect();
    assert_eq!(*books.2.lock().unwrap(), pauses, "none between the totals and the first read of the months");
}
