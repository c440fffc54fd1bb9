//! Histories add up for every bucket size and read no more than necessary.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Mutex;

use banking::AccountNumber;
use calendar::{Bucket, Date, Month};
use ledger::testing::FakeBooks;
use ledger::{
    Books, BooksError, Change, Entry, EntryBudget, History, HistoryRequest, Mark, Period, PostingId, Saved, Side,
    StoredBooks, View, balances, figures_on, overview, post,
};
use money::Currency;
use proptest::prelude::*;

/// Books that record which months are read.
struct Watched {
    books: FakeBooks,
    reads: Mutex<RefCell<Vec<usize>>>,
}

impl Books for Watched {
    async fn read(&self, account: &AccountNumber, months: &[Month]) -> Result<StoredBooks, BooksError> {
        self.reads.lock().unwrap().borrow_mut().push(months.len());
        self.books.read(account, months).await
    }

    async fn write(&self, account: &AccountNumber, change: &Change) -> Result<Saved, BooksError> {
        self.books.write(account, change).await
    }

    async fn pause(&self, conflicts: u32) {
        self.books.pause(conflicts).await;
    }
}

fn history(books: &Watched, (from, to): (Date, Date), by: Bucket, view: View) -> Vec<Period> {
    let request = HistoryRequest { from, to, by, view, converted_into: None };
    block_on(ledger::history(books, &account(), request, &EntryBudget::unlimited())).unwrap().periods
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
        let periods = history(&books, (from, to), by, view);
        prop_assert_eq!(periods.len(), by.cut(from, to).count());
        let balance = |date: Date, currency: Currency| {
            let all = block_on(figures_on(&books, &account(), Some(date), &EntryBudget::unlimited())).unwrap();
            let all = balances(&all, view);
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
        history(&books, (from.parse().unwrap(), to.parse().unwrap()), by, View::Clean);
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
fn dirty_entries_are_counted_in_both_views_without_more_reads() {
    // Two dirty entries before 2024-01-15, three from that day to 2024-03-14, one later.
    let dirty = [19_690, 19_736, 19_737, 19_760, 19_796, 19_797].map(|day| (day, 100, true, true));
    let books = books(&[dirty.to_vec(), vec![(19_737, 7, true, false)]].concat());
    let days = ("2024-01-15".parse().unwrap(), "2024-03-14".parse().unwrap());
    for (by, reads) in [(Bucket::Day, &[0, 3][..]), (Bucket::Month, &[2])] {
        for view in [View::Clean, View::All] {
            books.reads.lock().unwrap().borrow_mut().clear();
            let request = HistoryRequest { from: days.0, to: days.1, by, view, converted_into: None };
            let history = block_on(ledger::history(&books, &account(), request, &EntryBudget::unlimited())).unwrap();
            let [before, within] = [history.before, history.within].map(|it| it[&Currency::EUR]);
            assert_eq!((before.dirty.count, before.dirty.in_minor, before.clean.count), (2, 200, 0), "{by:?} {view:?}");
            assert_eq!((within.dirty.count, within.dirty.in_minor, within.clean.count), (3, 300, 1), "{by:?} {view:?}");
            assert_eq!(*books.reads.lock().unwrap().borrow(), reads);
        }
    }
}

#[test]
fn a_history_may_be_of_one_day() {
    let books = books(&[(19_700, 500, true, false), (19_701, 7, true, false)]);
    let day: Date = "2023-12-09".parse().unwrap();
    let days = history(&books, (day, day), Bucket::Day, View::Clean);
    assert_eq!(days.len(), 1);
    let movement = days[0].currencies[&Currency::EUR];
    assert_eq!((movement.opening_minor, movement.figures.count, movement.closing_minor()), (0, 1, 500));
}

#[test]
fn all_days_are_the_whole_months_with_entries() {
    let all = |books: &Watched| block_on(overview(books, &account())).unwrap().days;
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
        history(&books, range, Bucket::Year, View::Clean)
    };
    let after = of("2024-01-01", "2024-12-31");
    let movement = after[0].currencies[&Currency::EUR];
    assert_eq!((movement.opening_minor, movement.figures.count, movement.closing_minor()), (500, 0, 500));
    let before = of("2020-01-01", "2020-12-31")[0].currencies[&Currency::EUR];
    assert_eq!((before.opening_minor, before.figures.count, before.closing_minor()), (0, 0, 0));
    assert_eq!(of("2024-02-01", "2024-01-01"), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn flows_by_day_are_the_foreign_flows_of_the_view_and_periods_stay_as_they_are(
        entries in some_books(),
        (from, length) in (19_600_i32..20_200, 0_i32..600),
        by in prop::sample::select(vec![Bucket::Day, Bucket::Week, Bucket::Month, Bucket::Quarter, Bucket::Year]),
        view in prop::sample::select(vec![View::Clean, View::All]),
    ) {
        let books = books(&entries);
        let (from, to) = (date(from), date(from + length));
        let request = HistoryRequest { from, to, by, view, converted_into: Some(Currency::EUR) };
        let read = block_on(ledger::history(&books, &account(), request, &EntryBudget::unlimited())).unwrap();
        prop_assert_eq!(read.periods, history(&books, (from, to), by, view));
        let mut expected = BTreeMap::<Date, i128>::new();
        for (day, minor, euros, dirty) in &entries {
            let counts = !euros && *minor != 0 && !(*dirty && view == View::Clean);
            if counts && (from.days()..=to.days()).contains(day) {
                *expected.entry(date(*day)).or_default() += i128::from(*minor);
            }
        }
        let net = read.flows_by_day.iter().map(|(day, it)| (*day, it[&Currency::USD].net_minor()));
        prop_assert_eq!(net.collect::<BTreeMap<_, _>>(), expected);
        prop_assert!(read.flows_by_day.values().all(|it| it.len() == 1));
    }
}

proptest! {
    #[test]
    fn the_sum_of_two_accounts_is_the_history_of_all_their_entries(
        (one, other) in (some_books(), some_books()),
        (from, length) in (19_600_i32..20_200, 0_i32..600),
        by in prop::sample::select(vec![Bucket::Day, Bucket::Month]),
        view in prop::sample::select(vec![View::Clean, View::All]),
        converted_into in prop::option::of(Just(Currency::EUR)),
    ) {
        let request = HistoryRequest { from: date(from), to: date(from + length), by, view, converted_into };
        let of = |entries: &[_]| {
            block_on(ledger::history(&books(entries), &account(), request, &EntryBudget::unlimited())).unwrap()
        };
        prop_assert_eq!(History::default().and(of(&one)).and(of(&other)), of(&[one, other].concat()));
    }
}

#[test]
fn a_history_to_convert_reads_the_months_with_foreign_flows_once() {
    // Euros every day; dollars on one day of two months, and dirty ones in a third.
    let mut entries: Vec<_> = DAYS.map(|day| (day, 100, true, false)).collect();
    entries.extend([(19_760, 1, false, false), (19_770, 2, false, false), (19_900, 3, false, false)]);
    entries.push((20_000, 4, false, true));
    let books = books(&entries);
    let cost = |from: &str, to: &str, by: Bucket, view: View| {
        books.reads.lock().unwrap().borrow_mut().clear();
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        let request = HistoryRequest { from, to, by, view, converted_into: Some(Currency::EUR) };
        block_on(ledger::history(&books, &account(), request, &EntryBudget::unlimited())).unwrap();
        books.reads.lock().unwrap().borrow().clone()
    };
    for by in [Bucket::Month, Bucket::Quarter, Bucket::Year] {
        assert_eq!(cost("2023-10-01", "2025-03-31", by, View::Clean), [0, 2], "the totals, then two months");
        assert_eq!(cost("2023-10-01", "2025-03-31", by, View::All), [0, 3]);
        assert_eq!(cost("2023-10-02", "2025-03-31", by, View::Clean), [0, 3], "and the one that is cut in two");
        assert_eq!(cost("2023-10-01", "2023-12-31", by, View::Clean), [0], "euros need no conversion");
    }
}

#[test]
fn a_history_reads_no_month_beyond_its_budget() {
    let every_day: Vec<_> = DAYS.map(|day| (day, 100, true, false)).collect();
    let books = books(&every_day);
    let (from, to) = ("2024-01-01".parse().unwrap(), "2024-03-31".parse().unwrap());
    let request = HistoryRequest { from, to, by: Bucket::Day, view: View::Clean, converted_into: None };
    let read = |request, budget: &EntryBudget| block_on(ledger::history(&books, &account(), request, budget));
    assert_eq!(read(request, &EntryBudget::of(91)).unwrap().periods.len(), 91);
    books.reads.lock().unwrap().borrow_mut().clear();
    let refused = read(request, &EntryBudget::of(90));
    assert!(matches!(refused, Err(BooksError::TooManyEntries { most: 90 })), "{refused:?}");
    assert_eq!(*books.reads.lock().unwrap().borrow(), [0], "the totals alone");
    let shared = EntryBudget::of(181);
    assert!(read(request, &shared).is_ok() && read(request, &shared).is_err(), "two reads share one budget");
    let by_month = HistoryRequest { by: Bucket::Month, ..request };
    assert!(read(by_month, &EntryBudget::of(0)).is_ok(), "whole months are in the totals");
}
