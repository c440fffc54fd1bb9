//! What the queries read from the books and the register, and how much.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::task::{Context, Waker};

use banking::AccountNumber;
use calendar::{Bucket, Date, Month};
use customers::testing::FakeRegister;
use customers::{Account, Customer, CustomerId, CustomerKind, Register as _, Registration};
use futures_util::StreamExt as _;
use imports::testing::FakeImports;
use ledger::testing::FakeBooks;
use ledger::{
    Books, BooksError, Change, Entry, EntryBudget, Mark, Period, PostingId, Saved, Side, StoredBooks, View, post,
};
use money::{Currency, Money, Reference};
use treasury::{Balances, InterestRates, Limits, Queries, QueryError, page_of_company_entries};

/// Books that record how many months each read requests.
#[derive(Default)]
struct Watched {
    books: FakeBooks,
    rates: FakeImports,
    reads: Mutex<Vec<usize>>,
}

impl Books for Watched {
    async fn read(&self, account: &AccountNumber, months: &[Month]) -> Result<StoredBooks, BooksError> {
        self.reads.lock().unwrap().push(months.len());
        self.books.read(account, months).await
    }

    async fn write(&self, account: &AccountNumber, change: &Change) -> Result<Saved, BooksError> {
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

fn queries(books: &Watched, most: u64) -> Queries<'_, Watched, FakeImports> {
    let limits = Limits { buckets: 1_000, days_ahead: 366, registered: 4, company_accounts: 3 };
    Queries { books, rates: &books.rates, budget: EntryBudget::of(most), limits }
}

fn history(books: &Watched, accounts: &[AccountNumber], days: (Option<Date>, Option<Date>), by: Bucket) -> Vec<Period> {
    let queries = queries(books, u64::MAX);
    block_on(queries.history(accounts, days, by, View::Clean, None)).unwrap().0.periods
}

fn balances(books: &Watched, accounts: &[AccountNumber], on: Option<Date>, most: u64) -> Result<Balances, QueryError> {
    block_on(queries(books, most).balances(accounts, on, View::Clean, None))
}

#[test]
fn a_history_by_months_reads_the_totals_of_each_account_and_the_months_cut_in_two() {
    let (books, accounts) = company();
    let cost = |from: &str, to: &str, by: Bucket| {
        let read = history(&books, &accounts, (Some(date(from)), Some(date(to))), by);
        assert_eq!(read.len(), by.cut(date(from), date(to)).count());
        books.taken()
    };
    for by in [Bucket::Month, Bucket::Quarter, Bucket::Year] {
        assert_eq!(cost("2023-10-01", "2025-03-31", by), [0; 4], "reads only the totals of each account");
        assert_eq!(cost("2023-10-02", "2025-03-31", by), [1; 4]);
        assert_eq!(cost("2023-10-02", "2025-03-30", by), [2; 4], "totals and two months in one read");
    }
    balances(&books, &accounts, None, 0).unwrap();
    assert_eq!(books.taken(), [0; 4]);
    balances(&books, &accounts, Some(date("2024-02-10")), u64::MAX).unwrap();
    assert_eq!(books.taken(), [1; 4]);
}

#[test]
fn a_company_s_history_is_the_sum_of_its_accounts() {
    let (books, accounts) = company();
    let years = history(&books, &accounts, (None, None), Bucket::Year);
    assert_eq!((years[0].from, years[2].to), (date("2023-10-01"), date("2025-03-31")), "the months with entries");
    let figures = years.iter().map(|it| {
        let movement = it.currencies[&Currency::EUR];
        (movement.opening_minor, movement.figures.count, movement.closing_minor())
    });
    assert_eq!(figures.collect::<Vec<_>>(), [(0, 276, 276), (276, 1_098, 1_374), (1_374, 267, 1_641)]);
    assert_eq!(history(&books, &accounts[3..], (None, None), Bucket::Year), []);
}

#[test]
fn balances_are_in_the_order_of_the_accounts() {
    let (books, accounts) = company();
    let balances = balances(&books, &accounts, Some(date("2023-10-10")), u64::MAX).unwrap();
    let balances: Vec<_> = balances.accounts.into_iter().map(|it| (it.account, it.balances)).collect();
    let ten = vec![Money::new(10, Currency::EUR)];
    let expected: Vec<_> = accounts.into_iter().zip([ten.clone(), ten.clone(), ten, Vec::new()]).collect();
    assert_eq!(balances, expected);
}

fn registered(name: &str, kind: CustomerKind, accounts: &[AccountNumber]) -> Registration {
    let id = CustomerId::of_company(name);
    let (name, born_on, email, owner, address) = (Some(name.to_owned()), None, None, None, None);
    let customer = Customer { id, kind, name, born_on, email, owner, address, first_email: None };
    let account = |number: &AccountNumber| Account { number: number.clone(), customer: id, r#type: None };
    Registration { customer, accounts: accounts.iter().map(account).collect() }
}

#[test]
fn a_portfolio_is_of_all_companies_and_reads_no_larger_register() {
    let (books, accounts) = company();
    let register = FakeRegister::default();
    let add = |name: &str, kind, accounts: &[AccountNumber]| {
        let as_of = "2026-11-21T10:00:00Z".parse().unwrap();
        block_on(register.register(&[registered(name, kind, accounts)], as_of)).unwrap();
    };
    let portfolio = |on: Option<Date>, most| {
        let queries = queries(&books, most);
        block_on(queries.portfolio(&register, on, View::Clean, Reference::Eur, 5))
    };
    add("acme", CustomerKind::Company, &accounts[..1]);
    add("bolt", CustomerKind::Company, &accounts[1..2]);
    add("ada", CustomerKind::Person, &accounts[2..3]);
    let all = portfolio(None, 0).unwrap();
    assert_eq!((all.companies, all.converted.total), (2, Money::new(2 * i128::from(DAYS), Currency::EUR)));
    let february = Some(date("2024-02-10"));
    assert!(portfolio(february, 2 * 29).is_ok());
    assert!(matches!(portfolio(february, 57), Err(QueryError::Books(BooksError::TooManyEntries { most: 57 }))));
    let more: Vec<AccountNumber> = ["X1", "X2"].iter().map(|it| it.parse().unwrap()).collect();
    add("cask", CustomerKind::Company, &more);
    let refused = |name| move |it| matches!(it, QueryError::TooManyCustomers { what, .. } if what == name);
    assert!(portfolio(None, 0).is_err_and(refused("accounts")), "five accounts");
    ["dune", "edge"].iter().for_each(|name| add(name, CustomerKind::Person, &[]));
    assert!(portfolio(None, 0).is_err_and(refused("customers")), "five customers");
}

#[test]
fn interest_is_on_the_closing_balances_of_each_account_and_day() {
    let (books, accounts) = company();
    let all = InterestRates { debt: "1".parse().unwrap(), credit: "1".parse().unwrap() };
    let days = (date("2023-10-01"), date("2025-03-30"));
    let of = |accounts| block_on(queries(&books, u64::MAX).interest(accounts, days, View::Clean, all)).unwrap();
    // An account has 1 + 2 + … + 547 cents over all days, for a 365th each.
    assert_eq!(of(&accounts[..1])[0].on_credit, Money::new(411, Currency::EUR));
    assert_eq!(of(&accounts)[0].on_credit, Money::new(1_232, Currency::EUR));
    assert_eq!(of(&accounts[3..]), [], "an account without books");
}

#[test]
fn a_forecast_reads_the_days_that_it_needs_and_a_year_more() {
    let (books, accounts) = company();
    let read = |account: &AccountNumber, on: Option<&str>, to: &str| {
        let (accounts, queries) = ([account.clone()], queries(&books, u64::MAX));
        let forecasts = block_on(queries.forecast(&accounts, on.map(date), date(to), View::Clean, None)).unwrap();
        (forecasts.on.map(|it| it.to_string()), books.taken().into_iter().max().unwrap())
    };
    let on = |on: &str| Some(on.to_owned());
    assert_eq!(read(&accounts[0], None, "2025-04-30"), (on("2025-03-30"), 18), "from the last day with an entry");
    assert_eq!(read(&accounts[0], Some("2025-03-20"), "2025-04-30"), (on("2025-03-20"), 18));
    // For 10 days and a month ahead 242 days, and 365 more: from 2024-08-01.
    assert_eq!(read(&accounts[0], Some("2026-03-31"), "2026-04-10"), (on("2026-03-31"), 8));
    assert_eq!(read(&accounts[3], None, "2025-04-30"), (None, 0), "an account without books");
}

#[test]
fn a_forecast_is_of_a_day_ahead_and_a_history_of_few_buckets() {
    let (books, accounts) = company();
    for (to, is_ahead) in [("2025-03-30", false), ("2025-03-31", true), ("2026-03-31", true), ("2026-04-01", false)] {
        let queries = queries(&books, u64::MAX);
        let forecast = block_on(queries.forecast(&accounts, None, date(to), View::Clean, None));
        let refused = |it: QueryError| match it {
            QueryError::NotAhead { first, last } => (first.to_string(), last.to_string()),
            other => panic!("{other:?}"),
        };
        let days = ("2025-03-31".to_owned(), "2026-03-31".to_owned());
        assert_eq!(forecast.map(|_| ()).map_err(refused), if is_ahead { Ok(()) } else { Err(days) }, "{to}");
    }
    for (to, fits) in [("2022-09-26", true), ("2022-09-27", false)] {
        let (queries, days) = (queries(&books, u64::MAX), (Some(date("2020-01-01")), Some(date(to))));
        let history = block_on(queries.history(&accounts, days, Bucket::Day, View::Clean, None));
        assert_eq!(matches!(history, Err(QueryError::TooManyBuckets)), !fits, "{to}");
    }
}

#[test]
fn countries_count_every_entry_once() {
    let (books, accounts) = company();
    let days = (date("2024-01-01"), date("2024-01-04"));
    let countries = block_on(queries(&books, u64::MAX).countries(&accounts, days, View::Clean, None)).unwrap();
    let counts: Vec<_> = countries.countries.into_iter().map(|it| (it.country.unwrap(), it.transactions)).collect();
    assert_eq!(counts, [("FR".into(), 6), ("IT".into(), 6)]);
}

#[test]
fn each_month_is_read_once_and_none_beyond_the_budget() {
    let (books, accounts) = company();
    let read = |most: u64| {
        let days = (date("2024-01-01"), date("2024-02-29"));
        let read = block_on(queries(&books, most).countries(&accounts, days, View::Clean, None));
        (read.map(|it| it.countries.iter().map(|it| it.transactions).sum::<u64>()), books.taken())
    };
    let (count, reads) = read(180);
    assert_eq!((count.unwrap(), reads), (180, vec![0, 0, 0, 0, 2, 2, 2]), "all totals, then each month once");
    let (refused, reads) = read(179);
    assert!(matches!(refused, Err(QueryError::Books(BooksError::TooManyEntries { most: 179 }))), "{refused:?}");
    assert!(reads.iter().all(|months| *months == 0), "{reads:?}: no month was read");
}

#[test]
fn figures_at_a_date_and_pages_decode_no_more_entries_than_the_budget() {
    let (books, accounts) = company();
    let on = |date: Option<Date>, most| balances(&books, &accounts, date, most);
    assert!(on(None, 0).is_ok() && on(Some(date("2024-02-29")), 0).is_ok(), "the totals are enough");
    assert!(on(Some(date("2024-02-10")), 3 * 29).is_ok());
    let refused = on(Some(date("2024-02-10")), 3 * 29 - 1);
    assert!(matches!(refused, Err(QueryError::Books(BooksError::TooManyEntries { most: 86 }))), "{refused:?}");
    let page = |limit, most| {
        let (days, budget) = ((date("2024-02-10"), date("2024-03-31")), EntryBudget::of(most));
        block_on(page_of_company_entries(&books, &accounts, days, View::Clean, None, limit, &budget))
    };
    assert!(page(19, 29).is_ok(), "a page pays for its months");
    assert!(matches!(page(20, 29), Err(BooksError::TooManyEntries { most: 29 })));
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
        let mut look = |it: Entry| *shown.entry(it.id.unwrap()).or_default() += 1;
        let (days, budget) = ((Date::MIN, Date::MAX), EntryBudget::unlimited());
        let mut reader = Box::pin(async {
            let groups = ledger::entries(&books, &accounts, days, View::Clean, &budget).await.unwrap();
            groups.map(|it| it.unwrap().into_iter().for_each(&mut look)).collect::<()>().await;
        });
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
