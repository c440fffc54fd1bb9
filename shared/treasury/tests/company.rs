//! What the figures of a company read from the books, and how much.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::task::{Context, Waker};

use banking::AccountNumber;
use calendar::{Bucket, Date, Month};
use ledger::testing::FakeBooks;
use ledger::{
    Books, BooksError, Change, Entry, EntryBudget, HistoryRequest, Mark, Movement, Period, PostingId, Side,
    StoredBooks, View, Written, post,
};
use money::{Currency, Money};
use treasury::{
    Balances, Countries, days_for_forecast, days_of_accounts, days_with_entries, each_entry, figures_of_companies,
    figures_on, page_of_company_entries,
};

/// Books that record how many months each read requests.
#[derive(Default)]
struct Watched {
    books: FakeBooks,
    reads: Mutex<Vec<usize>>,
}

impl Books for Watched {
    async fn read(&self, account: &AccountNumber, months: &[Month]) -> Result<StoredBooks, BooksError> {
        self.reads.lock().unwrap().push(months.len());
        self.books.read(account, months).await
    }

    async fn write(&self, account: &AccountNumber, change: &Change) -> Result<Written, BooksError> {
        self.books.write(account, change).await
    }

    async fn pause(&self, conflicts: u32) {
        self.books.pause(conflicts).await;
    }
}

impl Watched {
    fn taken(&self) -> Vec<usize> {
        std::mem::take(&mut *self.reads.lock().unwrap())
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// The number of days with an entry of each account, from 2023-10-01.
const DAYS: i32 = 547;

/// Three accounts with an additional cent each day, and one without books.
fn company() -> (Watched, Vec<AccountNumber>) {
    let accounts: Vec<AccountNumber> = ["CH3", "AT1", "BE2", "DE4"].iter().map(|it| it.parse().unwrap()).collect();
    let books = Watched::default();
    for account in &accounts[..3] {
        let entry = |days: i32| Entry {
            at: date("2023-10-01").plus_days(days).unwrap().to_string().parse().unwrap(),
            source: "sepa".into(),
            id: Some(format!("{}-{days}", account.as_str()).into()),
            ordinal: 0,
            amount_minor: 1,
            currency: Currency::EUR,
            side: Side::Beneficiary,
            counterparty: Some(if days % 2 == 0 { "FR14".into() } else { "IT60".into() }),
            text: None,
            mark: Mark::Clean,
        };
        block_on(post(&books, account, (0..DAYS).map(entry).collect(), PostingId([1; 16]))).unwrap();
    }
    books.taken();
    (books, accounts)
}

fn history(books: &Watched, accounts: &[AccountNumber], days: (Date, Date), by: Bucket) -> Vec<Period> {
    let request = HistoryRequest { from: days.0, to: days.1, by, view: View::Clean, converted_into: None };
    block_on(treasury::history(books, accounts, request, &EntryBudget::unlimited())).unwrap().periods
}

#[test]
fn a_history_by_months_reads_the_totals_of_each_account_and_the_months_cut_in_two() {
    let (books, accounts) = company();
    let cost = |from: &str, to: &str, by: Bucket| {
        let read = history(&books, &accounts, (date(from), date(to)), by);
        assert_eq!(read.len(), by.cut(date(from), date(to)).count());
        books.taken()
    };
    for by in [Bucket::Month, Bucket::Quarter, Bucket::Year] {
        assert_eq!(cost("2023-10-01", "2025-03-31", by), [0; 4], "reads only the totals of each account");
        assert_eq!(cost("2023-10-02", "2025-03-31", by), [1; 4]);
        assert_eq!(cost("2023-10-02", "2025-03-30", by), [2; 4], "totals and two months in one read");
    }
    block_on(figures_on(&books, &accounts, None, &EntryBudget::unlimited())).unwrap();
    assert_eq!(books.taken(), [0; 4]);
    block_on(figures_on(&books, &accounts, Some(date("2024-02-10")), &EntryBudget::unlimited())).unwrap();
    assert_eq!(books.taken(), [1; 4]);
}

#[test]
fn a_company_s_history_is_the_sum_of_its_accounts() {
    let (books, accounts) = company();
    let days = block_on(days_with_entries(&books, &accounts)).unwrap().unwrap();
    assert_eq!(days, (date("2023-10-01"), date("2025-03-31")));
    let history = history(&books, &accounts, days, Bucket::Year);
    let figures = history.iter().map(|it| {
        let movement = it.currencies[&Currency::EUR];
        (movement.opening_minor, movement.figures.count, movement.closing_minor())
    });
    assert_eq!(figures.collect::<Vec<_>>(), [(0, 276, 276), (276, 1_098, 1_374), (1_374, 267, 1_641)]);
    assert_eq!(block_on(days_with_entries(&books, &accounts[3..])).unwrap(), None);
}

#[test]
fn balances_are_in_the_order_of_the_accounts() {
    let (books, accounts) = company();
    let figures = block_on(figures_on(&books, &accounts, Some(date("2023-10-10")), &EntryBudget::unlimited())).unwrap();
    let balances = Balances::of(figures, View::Clean, None).unwrap().accounts;
    let balances: Vec<_> = balances.into_iter().map(|it| (it.account, it.balances)).collect();
    let ten = vec![Money::new(10, Currency::EUR)];
    let expected: Vec<_> = accounts.into_iter().zip([ten.clone(), ten.clone(), ten, Vec::new()]).collect();
    assert_eq!(balances, expected);
}

#[test]
fn figures_of_companies_are_those_of_each_in_their_order() {
    let (books, accounts) = company();
    let companies = [accounts[1..].to_vec(), Vec::new(), accounts[..1].to_vec()];
    let on = Some(date("2024-02-10"));
    let expected: Vec<_> =
        companies.iter().map(|it| block_on(figures_on(&books, it, on, &EntryBudget::unlimited())).unwrap()).collect();
    assert_eq!(expected.iter().map(Vec::len).collect::<Vec<_>>(), [3, 0, 1]);
    assert_eq!(block_on(figures_of_companies(&books, &companies, on, &EntryBudget::unlimited())).unwrap(), expected);
}

#[test]
fn days_of_accounts_are_those_of_each_in_their_order() {
    let (books, accounts) = company();
    let (days, budget) = ((date("2024-01-01"), date("2024-01-03")), EntryBudget::unlimited());
    let of_accounts = block_on(days_of_accounts(&books, &accounts[2..], days, View::Clean, &budget)).unwrap();
    let closings = |days: &[Period]| {
        let closing = |it: &Period| it.currencies.get(&Currency::EUR).map_or(0, Movement::closing_minor);
        days.iter().map(|it| (it.from.to_string(), it.to == it.from, closing(it))).collect::<Vec<_>>()
    };
    let expected = |closings: [i128; 3]| {
        let days = ["2024-01-01", "2024-01-02", "2024-01-03"].map(str::to_owned);
        days.into_iter().zip(closings).map(|(day, closing)| (day, true, closing)).collect::<Vec<_>>()
    };
    assert_eq!(of_accounts.len(), 2);
    assert_eq!(closings(&of_accounts[0]), expected([93, 94, 95]));
    assert_eq!(closings(&of_accounts[1]), expected([0; 3]), "an account without books");
}

#[test]
fn a_forecast_reads_the_days_that_it_needs_and_a_year_more() {
    let (books, accounts) = company();
    let read = |accounts: &[AccountNumber], on: Option<&str>, to: &str| {
        let (on, budget) = (on.map(date), EntryBudget::unlimited());
        let days = block_on(days_for_forecast(&books, accounts, on, date(to), View::Clean, &budget)).unwrap();
        assert!(days.iter().all(|it| it.from == it.to));
        days.first().zip(days.last()).map(|(first, last)| (first.from.to_string(), last.to.to_string()))
    };
    let days = |first: &str, last: &str| Some((first.to_owned(), last.to_owned()));
    assert_eq!(read(&accounts, None, "2025-04-30"), days("2023-10-01", "2025-03-31"), "to the end of the last month");
    assert_eq!(read(&accounts, Some("2025-03-20"), "2025-04-30"), days("2023-10-01", "2025-03-20"));
    // For 10 days and a month ahead 242 days, and 365 more.
    assert_eq!(read(&accounts, Some("2026-03-31"), "2026-04-10"), days("2024-08-01", "2026-03-31"));
    assert_eq!(read(&accounts[3..], None, "2025-04-30"), None, "an account without books");
}

#[test]
fn every_entry_is_shown_once() {
    let (books, accounts) = company();
    let mut countries = Countries::default();
    let days = (date("2024-01-01"), date("2024-01-04"));
    block_on(each_entry(&books, &accounts, days, View::Clean, &EntryBudget::unlimited(), |it| countries.take(it)))
        .unwrap();
    let counts: Vec<_> = countries.finish().into_iter().map(|it| (it.country.unwrap(), it.transactions)).collect();
    assert_eq!(counts, [("FR".into(), 6), ("IT".into(), 6)]);
    let mut count = 0;
    block_on(each_entry(&books, &accounts, (Date::MIN, Date::MAX), View::Clean, &EntryBudget::unlimited(), |_| {
        count += 1;
    }))
    .unwrap();
    assert_eq!(count, 3 * DAYS);
}

#[test]
fn each_month_is_read_once_and_none_beyond_the_budget() {
    let (books, accounts) = company();
    let read = |most: u64| {
        let mut count = 0_u64;
        let (days, budget) = ((date("2024-01-01"), date("2024-02-29")), EntryBudget::of(most));
        let read = block_on(each_entry(&books, &accounts, days, View::Clean, &budget, |_| count += 1));
        (read.map(|()| count), books.taken())
    };
    let (count, reads) = read(180);
    assert_eq!((count.unwrap(), reads), (180, vec![0, 0, 0, 0, 2, 2, 2]), "all totals, then each month once");
    let (refused, reads) = read(179);
    assert!(matches!(refused, Err(BooksError::TooManyEntries { most: 179 })), "{refused:?}");
    assert!(reads.iter().all(|months| *months == 0), "{reads:?}: no month was read");
}

#[test]
fn figures_at_a_date_and_pages_decode_no_more_entries_than_the_budget() {
    let (books, accounts) = company();
    let on = |date: Option<Date>, most| block_on(figures_on(&books, &accounts, date, &EntryBudget::of(most)));
    let too_many = |most| move |it: &BooksError| matches!(it, BooksError::TooManyEntries { most: of } if *of == most);
    assert!(on(None, 0).is_ok() && on(Some(date("2024-02-29")), 0).is_ok(), "the totals are enough");
    assert!(on(Some(date("2024-02-10")), 3 * 29).is_ok());
    assert!(on(Some(date("2024-02-10")), 3 * 29 - 1).is_err_and(|it| too_many(86)(&it)));
    let page = |limit, most| {
        let (days, budget) = ((date("2024-02-10"), date("2024-03-31")), EntryBudget::of(most));
        block_on(page_of_company_entries(&books, &accounts, days, View::Clean, None, limit, &budget))
    };
    assert!(page(19, 29).is_ok(), "a page pays for its months");
    assert!(page(20, 29).is_err_and(|it| too_many(29)(&it)));
    assert!(page(20, 60).is_ok());
}

#[test]
fn an_entry_is_shown_once_while_somebody_posts_an_earlier_one() {
    let account: AccountNumber = "AT1".parse().unwrap();
    let entry = |at: &str, id: u32| Entry {
        at: at.parse().unwrap(),
        source: "sepa".into(),
        id: Some(format!("{id:05}").into()),
        ordinal: 0,
        amount_minor: 1,
        currency: Currency::EUR,
        side: Side::Beneficiary,
        counterparty: Some("FR14".into()),
        text: None,
        mark: Mark::Clean,
    };
    let many: Vec<Entry> = (0..5_500).map(|id| entry("2024-03-15", id)).collect();
    for step in 0..16 {
        let books = FakeBooks::default();
        block_on(post(&books, &account, many.clone(), PostingId([1; 16]))).unwrap();
        let mut shown = BTreeMap::<Box<str>, u32>::new();
        let accounts = [account.clone()];
        let look = |it: &Entry| *shown.entry(it.id.clone().unwrap()).or_default() += 1;
        let budget = EntryBudget::unlimited();
        let mut reader = Box::pin(each_entry(&books, &accounts, (Date::MIN, Date::MAX), View::Clean, &budget, look));
        let mut poll = || reader.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        let is_over = (0..step).any(|_| poll());
        block_on(post(&books, &account, vec![entry("2024-03-01", 9_999)], PostingId([2; 16]))).unwrap();
        if !is_over {
            while !poll() {}
        }
        drop(reader);
        shown.remove("09999");
        assert_eq!(shown.len(), many.len(), "step {step}");
        assert_eq!(shown.values().max(), Some(&1), "step {step}: shown twice");
    }
}

#[test]
fn entries_in_parts_are_the_entries() {
    let (books, accounts) = company();
    let days = (date("2024-01-30"), date("2024-02-02"));
    let page = |cursor, limit| {
        block_on(page_of_company_entries(
            &books,
            &accounts,
            days,
            View::Clean,
            cursor,
            limit,
            &EntryBudget::unlimited(),
        ))
        .unwrap()
    };
    let (whole, next) = page(None, 500);
    let order: Vec<_> = whole.iter().map(|(account, it)| format!("{} {}", account.as_str(), it.at)).collect();
    assert_eq!((order[0].as_str(), order[3].as_str()), ("AT1 2024-01-30", "AT1 2024-02-02"));
    assert_eq!((order[4].as_str(), order[11].as_str(), order.len()), ("BE2 2024-01-30", "CH3 2024-02-02", 12));
    assert_eq!(next, None);
    for limit in 1..14 {
        let (mut all, mut cursor) = (Vec::new(), None);
        for _ in 0..=whole.len() {
            let (some, next) = page(cursor, limit);
            assert!(some.len() <= limit);
            all.extend(some);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(all, whole, "by {limit}");
    }
}
