//! Histories add up, whatever they are cut into, and read no more than they must.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::cell::RefCell;
use std::sync::Mutex;

use banking::AccountNumber;
use calendar::{Bucket, Date, Month};
use ledger::testing::FakeBooks;
use ledger::{
    Books, BooksError, Change, Entry, Mark, PostingId, Shelf, Side, View, Written, all_days, balance_on, history, post,
};
use money::Currency;
use proptest::prelude::*;

/// Books that write down which months are read.
struct Watched {
    books: FakeBooks,
    reads: Mutex<RefCell<Vec<usize>>>,
}

impl Books for Watched {
    async fn read(&self, account: &AccountNumber, months: &[Month]) -> Result<Shelf, BooksError> {
        self.reads.lock().unwrap().borrow_mut().push(months.len());
        self.books.read(account, months).await
    }

    async fn write(&self, account: &AccountNumber, change: &Change) -> Result<Written, BooksError> {
        self.books.write(account, change).await
    }

    async fn pause(&self, conflicts: u32) {
        self.books.pause(conflicts).await;
    }
}

fn account() -> AccountNumber {
    "DE89370400440532013000".parse().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn books(entries: &[(i32, i64, bool, bool)]) -> Watched {
    let entries = entries.iter().enumerate().map(|(number, (day, minor, euros, dirty))| Entry {
        at: Date::from_days(*day).unwrap().to_string().parse().unwrap(),
        source: "swift".into(),
        id: Some(number.to_string().into()),
        ordinal: 0,
        amount_minor: *minor,
        currency: if *euros { Currency::EUR } else { Currency::USD },
        side: if *minor < 0 { Side::Payer } else { Side::Beneficiary },
        counterparty: Some(if *dirty { "XX1".into() } else { "FR14".into() }),
        text: None,
        mark: Mark::Clean,
    });
    let books = FakeBooks::default();
    block_on(post(&books, &account(), entries.collect(), PostingId([1; 16]))).unwrap();
    Watched { books, reads: Mutex::default() }
}

/// 2023-10-01 to 2025-03-31.
const DAYS: std::ops::Range<i32> = 19_631..20_178;

fn some_books() -> impl Strategy<Value = Vec<(i32, i64, bool, bool)>> {
    prop::collection::vec((DAYS, -9_999_i64..9_999, any::<bool>(), prop::bool::weighted(0.2)), 0..60)
}

fn date(days: i32) -> Date {
    Date::from_days(days).unwrap()
}

proptest! {
    #[test]
    fn buckets_add_up_to_closing_minus_opening(
        entries in some_books(),
        (from, length) in (19_600_i32..20_200, 0_i32..600),
        by in prop::sample::select(vec![Bucket::Day, Bucket::Week, Bucket::Month, Bucket::Quarter, Bucket::Year]),
        view in prop::sample::select(vec![View::Clean, View::All]),
    ) {
        let books = books(&entries);
        let (from, to) = (date(from), date(from + length));
        let periods = block_on(history(&books, &account(), (from, to), by, view)).unwrap();
        prop_assert_eq!(periods.len(), by.cut(from, to).count());
        let balance = |date: Date, currency: Currency| {
            let all = block_on(balance_on(&books, &account(), date, view)).unwrap();
            all.iter().find(|it| it.currency() == currency).map_or(0, |it| it.minor())
        };
        for currency in [Currency::EUR, Currency::USD] {
            let mut before = balance(from.plus_days(-1).unwrap(), currency);
            for period in &periods {
                let movement = period.currencies.get(&currency).copied().unwrap_or_default();
                prop_assert_eq!(movement.opening_minor, before, "{} {:?}", period.from, by);
                before = movement.closing_minor();
                prop_assert_eq!(before, balance(period.to, currency), "{} {:?}", period.to, by);
                let within = entries.iter().filter(|(day, minor, euros, dirty)| {
                    (period.from.days()..=period.to.days()).contains(day)
                        && (currency == Currency::EUR) == *euros
                        && *minor > 0
                        && !(*dirty && view == View::Clean)
                });
                let received: i128 = within.map(|(_, minor, ..)| i128::from(*minor)).sum();
                prop_assert_eq!(movement.figures.in_minor, received);
            }
        }
    }
}

#[test]
fn a_history_reads_the_totals_and_the_months_cut_in_two() {
    let every_day: Vec<_> = DAYS.map(|day| (day, 100, true, false)).collect();
    let books = books(&every_day);
    let cost = |from: &str, to: &str, by: Bucket| {
        books.reads.lock().unwrap().borrow_mut().clear();
        block_on(history(&books, &account(), (from.parse().unwrap(), to.parse().unwrap()), by, View::Clean)).unwrap();
        books.reads.lock().unwrap().borrow().clone()
    };
    for by in [Bucket::Month, Bucket::Quarter, Bucket::Year] {
        assert_eq!(cost("2023-10-01", "2025-03-31", by), [0], "the totals alone");
        assert_eq!(cost("2023-10-02", "2025-03-31", by), [1]);
        assert_eq!(cost("2023-10-02", "2025-03-30", by), [2], "totals and two months in one read");
        assert_eq!(cost("2024-02-10", "2024-02-20", by), [1]);
    }
    assert_eq!(cost("2024-01-15", "2024-04-15", Bucket::Week), [0, 4]);
}

#[test]
fn a_history_may_be_of_one_day() {
    let books = books(&[(19_700, 500, true, false), (19_701, 7, true, false)]);
    let day: Date = "2023-12-09".parse().unwrap();
    let days = block_on(history(&books, &account(), (day, day), Bucket::Day, View::Clean)).unwrap();
    assert_eq!(days.len(), 1);
    let movement = days[0].currencies[&Currency::EUR];
    assert_eq!((movement.opening_minor, movement.figures.count, movement.closing_minor()), (0, 1, 500));
}

#[test]
fn all_days_are_the_whole_months_with_entries() {
    let all = |books: &Watched| all_days(&block_on(books.read(&account(), &[])).unwrap().totals().unwrap());
    assert_eq!(all(&books(&[])), None);
    let days = |from: &str, to: &str| Some((from.parse().unwrap(), to.parse().unwrap()));
    assert_eq!(all(&books(&[(19_700, 500, true, false)])), days("2023-12-01", "2023-12-31"));
    let two = [(19_700, 500, true, false), (19_800, 1, false, false)];
    assert_eq!(all(&books(&two)), days("2023-12-01", "2024-03-31"));
}

#[test]
fn a_range_without_entries_has_zeros_and_the_right_opening() {
    let books = books(&[(19_700, 500, true, false)]);
    let of = |from: &str, to: &str| {
        let range = (from.parse().unwrap(), to.parse().unwrap());
        block_on(history(&books, &account(), range, Bucket::Year, View::Clean)).unwrap()
    };
    let after = of("2024-01-01", "2024-12-31");
    let movement = after[0].currencies[&Currency::EUR];
    assert_eq!((movement.opening_minor, movement.figures.count, movement.closing_minor()), (500, 0, 500));
    let before = of("2020-01-01", "2020-12-31")[0].currencies[&Currency::EUR];
    assert_eq!((before.opening_minor, before.figures.count, before.closing_minor()), (0, 0, 0));
    assert_eq!(of("2024-02-01", "2024-01-01"), []);
}
