//! The laws of the books: the same entries give the same bytes, in any order, in any batches, and repeated any number
//! of times.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::slice::from_ref;

use banking::AccountNumber;
use calendar::{Date, Moment};
use ledger::testing::{FakeBooks, books_contract};
use ledger::{
    Added, Entry, EntryBudget, Figures, Mark, PostError, PostingId, Side, View, audit_account, balances, figures_on,
    page_of_entries, post, summarise,
};
use money::{Currency, Money};
use proptest::prelude::*;

fn account() -> AccountNumber {
    "DE89370400440532013000".parse().unwrap()
}

fn row(at: &str, minor: i64, id: Option<&str>) -> Entry {
    Entry {
        at: at.parse().unwrap(),
        source: "account".into(),
        id: id.map(Box::from),
        ordinal: 0,
        amount_minor: minor,
        currency: Currency::EUR,
        side: Side::None,
        counterparty: None,
        text: None,
        mark: Mark::Clean,
    }
}

fn transfer(at: &str, minor: i64, id: &str, counterparty: &str) -> Entry {
    let side = if minor < 0 { Side::Payer } else { Side::Beneficiary };
    Entry { source: "swift".into(), side, counterparty: Some(counterparty.into()), ..row(at, minor, Some(id)) }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn posted(books: &FakeBooks, import: u8, entries: Vec<Entry>) -> (u64, u64) {
    let posted = block_on(post(books, &account(), entries, PostingId([import; 16]))).unwrap();
    (posted.added.entries, posted.duplicates)
}

fn totals(books: &FakeBooks) -> ledger::Totals {
    books.all().get(&account()).map(|stored_books| stored_books.totals().unwrap()).unwrap_or_default()
}

fn the_four() -> Vec<Entry> {
    [("2026-07-15", 6050, "0"), ("2026-07-28", -1030, "1"), ("2026-08-02", -2046, "2"), ("2026-08-13", 1000, "3")]
        .map(|(at, minor, id)| row(at, minor, Some(id)))
        .to_vec()
}

fn proven(books: &FakeBooks) {
    for (account, stored_books) in books.all() {
        assert_eq!(audit_account(&account, &stored_books).1, Vec::new());
    }
}

#[test]
fn four_rows_make_the_summary_of_the_product_page() {
    let books = FakeBooks::default();
    assert_eq!(posted(&books, 1, the_four()), (4, 0));
    let summary = summarise(&totals(&books));
    let [eur] = summary.as_slice() else { panic!("one currency") };
    let text = |money: Option<Money>| money.map(|it| it.to_string());
    assert_eq!(eur.balance.to_string(), "39.74 EUR");
    assert_eq!(text(eur.average_credit).as_deref(), Some("35.25 EUR"));
    assert_eq!(text(eur.average_debit).as_deref(), Some("-15.38 EUR"));
    let months: Vec<_> = eur
        .months
        .iter()
        .map(|it| {
            (it.month.to_string(), it.transactions, text(it.average_credit).unwrap(), text(it.average_debit).unwrap())
        })
        .collect();
    assert_eq!(
        months,
        [
            ("2026-07".into(), 2, "60.50 EUR".into(), "-10.30 EUR".into()),
            ("2026-08".into(), 2, "10.00 EUR".into(), "-20.46 EUR".into()),
        ]
    );
    proven(&books);
}

/// Posts `one` and `other`, in either order and together, and returns the only possible resulting entries.
fn whichever_comes_first(one: &[Entry], other: &[Entry]) -> Vec<Entry> {
    let both = [one, other].concat();
    let orders = [vec![one, other], vec![other, one], vec![&both], vec![one, other, one, other]];
    let found = orders.map(|order| {
        let books = FakeBooks::default();
        for (import, entries) in (1..).zip(order) {
            posted(&books, import, entries.to_vec());
        }
        proven(&books);
        block_on(page_of_entries(
            &books,
            &account(),
            (Date::MIN, Date::MAX),
            View::All,
            None,
            9,
            &EntryBudget::unlimited(),
        ))
        .unwrap()
        .0
    });
    let [first, others @ ..] = found;
    others.iter().for_each(|it| assert_eq!(*it, first));
    first
}

#[test]
fn a_row_that_comes_with_and_without_its_text_keeps_the_text() {
    let coffee = row("2026-07-15", -300, Some("7"));
    let with = |text: &str| Entry { text: Some(text.into()), ..coffee.clone() };
    assert_eq!(whichever_comes_first(from_ref(&coffee), &[with("coffee")]), [with("coffee")]);
    assert_eq!(whichever_comes_first(&[with("")], &[with("coffee")]), [with("coffee")]);
    assert_eq!(whichever_comes_first(&[with("tea")], &[with("coffee")]), [with("coffee")], "the lesser of two");
}

#[test]
fn a_row_that_comes_with_and_without_its_counterparty_is_one_row() {
    let salary = row("2026-07-15", -300, Some("7"));
    let to = |account: &str| Entry { counterparty: Some(account.into()), ..salary.clone() };
    assert_eq!(whichever_comes_first(from_ref(&salary), &[to("FR14")]), [to("FR14")]);
    let both = [to("FR14"), to("FR15")];
    assert_eq!(whichever_comes_first(from_ref(&salary), &both), both, "two counterparties are two rows");
    for other in [
        Entry { amount_minor: -301, ..salary.clone() },
        Entry { at: "2026-07-16".parse().unwrap(), ..salary.clone() },
        Entry { source: "bank".into(), ..salary.clone() },
        Entry { id: Some("8".into()), ..salary.clone() },
        Entry { id: None, ..salary.clone() },
        Entry { currency: Currency::USD, ..salary.clone() },
        Entry { ordinal: 1, ..salary.clone() },
        Entry { side: Side::Payer, ..salary.clone() },
    ] {
        assert_eq!(whichever_comes_first(&[other], &[to("FR14")]).len(), 2, "another row");
    }
    let transfer = Entry { side: Side::Payer, ..to("FR14") };
    assert_eq!(whichever_comes_first(from_ref(&salary), &[transfer]).len(), 2, "a transfer is no row of an own file");
    let nameless = Entry { id: None, ..salary.clone() };
    let named = Entry { id: None, ..to("FR14") };
    assert_eq!(whichever_comes_first(&[nameless], &[named]).len(), 2, "without an id nobody knows");
}

#[test]
fn zero_counts_as_a_transaction_but_in_neither_average() {
    let books = FakeBooks::default();
    posted(&books, 1, vec![row("2026-07-15", 0, Some("0"))]);
    let summary = summarise(&totals(&books));
    assert_eq!(summary[0].months[0].transactions, 1);
    assert_eq!((summary[0].average_credit, summary[0].average_debit), (None, None));
}

#[test]
fn a_month_without_clean_entries_is_not_in_the_summary() {
    let books = FakeBooks::default();
    let invalid = transfer("2026-08-03T10:00:00Z", 5000, "3", "XX1420041010050500013M02606");
    posted(&books, 1, vec![row("2026-07-15", 100, Some("0")), invalid]);
    let summary = summarise(&totals(&books));
    let months: Vec<String> = summary[0].months.iter().map(|it| it.month.to_string()).collect();
    assert_eq!(months, ["2026-07"]);
    assert_eq!(summary[0].balance, Money::new(100, Currency::EUR));
    assert_eq!(summary[0].dirty, Figures::of(5000), "but how many and how much are left out");
}

#[test]
fn two_equal_coffees_of_one_file_stay_two_and_the_same_export_adds_none() {
    let books = FakeBooks::default();
    let coffee = row("2026-07-15", -300, None);
    let two = vec![coffee.clone(), Entry { ordinal: 1, ..coffee.clone() }];
    assert_eq!(posted(&books, 1, two.clone()), (2, 0));
    assert_eq!(posted(&books, 2, two), (0, 2));
    assert_eq!(posted(&books, 3, vec![coffee]), (0, 1));
    assert_eq!(totals(&books).balances(View::Clean), [Money::new(-600, Currency::EUR)]);
}

#[test]
fn a_posting_repeated_after_a_crash_reports_what_it_reported_first() {
    let books = FakeBooks::default();
    let mut overlap = the_four();
    overlap.push(row("2026-09-01", 100, Some("4")));
    assert_eq!(posted(&books, 1, the_four()), (4, 0));
    assert_eq!(posted(&books, 2, overlap.clone()), (1, 4));
    assert_eq!(posted(&books, 2, overlap), (1, 4), "the same posting again");
    assert_eq!(posted(&books, 1, the_four()), (4, 0), "an earlier one again");
}

#[test]
fn what_postings_have_added_is_what_the_totals_hold() {
    let books = FakeBooks::default();
    let other = "FR1420041010050500013M02606";
    let single = transfer("2026-07-01T10:00:00Z", -1000, "1", other);
    let batch = [-200, -300].map(|minor| transfer("2026-07-02T10:00:00Z", minor, "2", other));
    let invalid = transfer("2026-08-03T10:00:00Z", 5000, "3", "XX1420041010050500013M02606");
    let [first, second] = batch;
    let added = |import: u8, entries: Vec<Entry>| {
        let posted = block_on(post(&books, &account(), entries, PostingId([import; 16]))).unwrap();
        let gross = posted.added.gross.get(&Currency::EUR).copied().unwrap_or_default();
        (posted.added.entries, posted.added.dirty, gross.added_minor, gross.dirty_minor, posted.duplicates)
    };
    assert_eq!(added(1, vec![single.clone(), single.clone(), first.clone()]), (2, 0, 1200, 0, 1));
    assert_eq!(added(2, vec![second.clone(), invalid.clone()]), (2, 3, 5300, 5500, 0), "the first row is dirty now");
    assert_eq!(added(2, vec![second, invalid]), (2, 3, 5300, 5500, 0), "the same posting again");
    assert_eq!(added(3, vec![single, first]), (0, 0, 0, 0, 2));
    let figures = |view| totals(&books).figures(None, view)[&Currency::EUR];
    let (all, clean) = (figures(View::All), figures(View::Clean));
    assert_eq!((all.count, all.gross_minor()), (4, 1200 + 5300));
    assert_eq!((all.count - clean.count, all.gross_minor() - clean.gross_minor()), (3, 5500));
}

#[test]
fn dirty_transfers_stay_visible_marked_and_out_of_the_balance() {
    let books = FakeBooks::default();
    let other = "FR1420041010050500013M02606";
    let single = transfer("2026-07-01T10:00:00Z", -1000, "1", other);
    let batch = [-200, -300].map(|minor| transfer("2026-07-02T10:00:00Z", minor, "2", other));
    let invalid = transfer("2026-07-03T10:00:00Z", 5000, "3", "XX1420041010050500013M02606");
    posted(&books, 1, vec![single.clone(), single, batch[0].clone(), invalid]);
    assert_eq!(totals(&books).balances(View::Clean), [Money::new(-1200, Currency::EUR)], "not a batch yet");
    posted(&books, 2, vec![batch[1].clone()]);
    assert_eq!(totals(&books).balances(View::Clean), [Money::new(-1000, Currency::EUR)]);
    assert_eq!(totals(&books).balances(View::All), [Money::new(3500, Currency::EUR)]);
    let figures = books.all()[&account()].figures().unwrap()[&Currency::EUR];
    assert_eq!((figures.clean.net_minor(), figures.dirty.net_minor()), (-1000, 4500));
    let marks: Vec<Mark> = block_on(page_of_entries(
        &books,
        &account(),
        (Date::MIN, Date::MAX),
        View::All,
        None,
        9,
        &EntryBudget::unlimited(),
    ))
    .unwrap()
    .0
    .iter()
    .map(|entry| entry.mark)
    .collect();
    assert_eq!(marks, [Mark::Clean, Mark::BatchPayment, Mark::BatchPayment, Mark::InvalidIban]);
    proven(&books);
}

#[test]
fn more_months_than_one_transaction_takes_go_in_several() {
    let books = FakeBooks::default();
    let entries: Vec<Entry> = (0..250)
        .map(|month: i32| {
            let date = Date::try_new(2000 + month / 12, u32::try_from(month % 12).unwrap() + 1, 7).unwrap();
            row(&date.to_string(), 100, Some("x"))
        })
        .collect();
    assert_eq!(posted(&books, 1, entries.clone()), (250, 0));
    assert_eq!(posted(&books, 1, entries), (250, 0));
    let stored_books = &books.all()[&account()];
    assert_eq!(stored_books.totals.as_ref().unwrap().version.0, 3);
    assert_eq!(totals(&books).balances(View::Clean), [Money::new(25_000, Currency::EUR)]);
    proven(&books);
}

#[test]
fn an_account_with_too_many_months_and_currencies_is_refused_before_anything_is_written() {
    let currencies: Vec<Currency> = (0..999).filter_map(|it| Currency::from_numeric(it).ok()).take(10).collect();
    // Three hundred years in ten currencies need several writes.
    let entries = |years: std::ops::Range<i32>| {
        let months = years.flat_map(|year| (1..=12).map(move |month| Date::try_new(year, month, 7).unwrap()));
        let entry = |date: Date, currency: Currency| Entry {
            currency,
            ..row(&date.to_string(), 999_999_999_999_999_999, Some("x"))
        };
        months.flat_map(|date| currencies.iter().map(move |currency| entry(date, *currency))).collect::<Vec<Entry>>()
    };
    let books = FakeBooks::default();
    let post = |entries, import| block_on(post(&books, &account(), entries, PostingId([import; 16])));
    let refused = post(entries(1900..2200), 1);
    assert!(matches!(refused, Err(PostError::TooManyMonths(_))), "{refused:?}");
    assert!(books.all().is_empty(), "nothing is written");

    // The existing books stay usable: for the same entries again, and for a new one if there is room.
    assert_eq!(post(entries(1970..2000), 2).unwrap().added.entries, 3_600);
    let before = books.all();
    let refused = post(entries(1900..2200), 3);
    let Err(PostError::TooManyMonths(added)) = refused else { panic!("{refused:?}") };
    assert_eq!((added, books.all()), (Added::default(), before), "it has added nothing");
    let refused = post(entries(1900..2200), 2);
    let Err(PostError::TooManyMonths(added)) = refused else { panic!("{refused:?}") };
    assert_eq!(added.entries, 3_600, "what it has added before");
    assert_eq!(post(entries(1970..2000), 4).unwrap().duplicates, 3_600);
    assert_eq!(post(vec![row("2026-07-15", 1, Some("y"))], 5).unwrap().added.entries, 1);
    proven(&books);
}

#[test]
fn the_books_keep_their_contract() {
    block_on(books_contract(&FakeBooks::default(), &account()));
}

#[test]
fn an_audit_finds_what_does_not_add_up() {
    let books = FakeBooks::default();
    posted(&books, 1, the_four());
    let honest = books.all()[&account()].clone();
    let mut without_a_month = honest.clone();
    without_a_month.months.pop_last();
    assert_eq!(audit_account(&account(), &without_a_month).1.len(), 1);
    let other = FakeBooks::default();
    posted(&other, 1, vec![row("2026-07-15", 1, Some("0")), row("2026-08-15", 1, Some("0"))]);
    let mut another_month = honest;
    another_month.months.extend(other.all()[&account()].months.clone());
    assert_eq!(audit_account(&account(), &another_month).1.len(), 1);
}

#[test]
fn the_latest_month_is_kept_with_the_totals_until_it_is_large_or_another_begins() {
    let books = FakeBooks::default();
    let own = || books.all()[&account()].months.keys().map(ToString::to_string).collect::<Vec<_>>();
    posted(&books, 1, vec![row("2026-07-15", 1, Some("a"))]);
    assert_eq!(own(), [""; 0], "one small thing to write");
    posted(&books, 2, vec![row("2026-07-16", 1, Some("b"))]);
    assert_eq!(own(), [""; 0]);
    posted(&books, 3, vec![row("2026-09-01", 1, Some("c"))]);
    assert_eq!(own(), ["2026-07"], "the month that ended has an item of its own");
    posted(&books, 4, vec![row("2026-08-01", 1, Some("d")), row("2026-07-01", 1, Some("e"))]);
    assert_eq!(own(), ["2026-07", "2026-08"], "what comes late goes where its month is");
    let busy = (0..3_000_i64).map(|it| row("2026-09-02", it * 7_919_993 % 1_000_003, Some(&format!("{it:x}"))));
    posted(&books, 5, busy.collect());
    assert_eq!(own(), ["2026-07", "2026-08", "2026-09"], "a large month has one too");
    posted(&books, 6, vec![row("2026-10-02", 1, Some("f"))]);
    assert_eq!(own(), ["2026-07", "2026-08", "2026-09"]);
    posted(&books, 6, vec![row("2026-10-02", 1, Some("f"))]);
    assert_eq!(totals(&books).months.values().map(|it| it[&Currency::EUR].clean.count).sum::<u64>(), 3_006);
    proven(&books);
}

fn some_entries() -> impl Strategy<Value = Vec<Entry>> {
    let other = prop::sample::select(vec!["FR14", "GB29", "XX00", "1234"]);
    let one = (0_i64..90, -3_i64..4, 0_u8..4, 0_u8..3, other, prop::bool::ANY, prop::option::of("[ab]")).prop_map(
        |(day, amount, id, ordinal, other, is_transfer, text)| {
            let at = Moment::instant((19_800 + day) * 86_400_000_000).unwrap();
            let (id, ordinal) = if id == 3 { (None, u32::from(ordinal)) } else { (Some(id.to_string().into()), 0) };
            let side = match (is_transfer, amount < 0) {
                (false, _) => Side::None,
                (true, true) => Side::Payer,
                (true, false) => Side::Beneficiary,
            };
            // Rows of an account's own file may have a counterparty, too.
            let counterparty = (is_transfer || other == "FR14").then(|| Box::from(other));
            let text = text.map(Box::from);
            Entry { at, id, ordinal, amount_minor: amount, side, counterparty, text, ..row("2024-01-01", 0, None) }
        },
    );
    prop::collection::vec(one, 0..60)
}

/// The expected books, computed by a simple reference implementation: a set of identities, then the rules one by one.
fn expected_balances(entries: &[Entry]) -> (i128, i128) {
    type Key = (Moment, Option<Box<str>>, u32, i64, Side, Option<Box<str>>, Option<Box<str>>);
    let mut distinct: BTreeMap<Key, Entry> = BTreeMap::new();
    for entry in entries {
        let text = if entry.id.is_some() { None } else { entry.text.clone() };
        let key = (
            entry.at,
            entry.id.clone(),
            entry.ordinal,
            entry.amount_minor,
            entry.side,
            entry.counterparty.clone(),
            text,
        );
        distinct.insert(key, entry.clone());
    }
    let all = distinct.values().cloned().collect::<Vec<_>>();
    distinct.retain(|_, it| {
        let fuller = |other: &Entry| {
            other.counterparty.is_some()
                && (it.at, &it.id, it.ordinal, it.amount_minor, it.side)
                    == (other.at, &other.id, other.ordinal, other.amount_minor, other.side)
        };
        let lacks = it.side == Side::None && it.id.is_some() && it.counterparty.is_none();
        !(lacks && all.iter().any(fuller))
    });
    let (mut clean, mut all) = (0, 0);
    for entry in distinct.values() {
        let rows_of_it = distinct
            .values()
            .filter(|it| {
                it.id.is_some()
                    && (it.at, &it.id, it.side, &it.counterparty)
                        == (entry.at, &entry.id, entry.side, &entry.counterparty)
            })
            .count();
        let country = entry.counterparty.as_deref().is_none_or(|it| it.starts_with("FR") || it.starts_with("GB"));
        let dirty = entry.side != Side::None && (rows_of_it > 1 || !country);
        all += i128::from(entry.amount_minor);
        clean += if dirty { 0 } else { i128::from(entry.amount_minor) };
    }
    (clean, all)
}

proptest! {
    #[test]
    fn order_splits_and_repetitions_change_no_byte(
        entries in some_entries(),
        cuts in prop::collection::vec(0_usize..60, 0..5),
        seed in any::<prop::sample::Index>(),
    ) {
        let whole = FakeBooks::default();
        posted(&whole, 1, entries.clone());

        let mut shuffled = entries.clone();
        if !shuffled.is_empty() {
            let by = seed.index(shuffled.len());
            shuffled.rotate_left(by);
            shuffled.reverse();
        }
        let pieces = FakeBooks::default();
        let mut import = 0;
        for cut in cuts {
            import += 1;
            let cut = cut.min(shuffled.len());
            posted(&pieces, import, shuffled[cut..].to_vec());
            posted(&pieces, import, shuffled[..cut].to_vec());
        }
        posted(&pieces, import + 1, shuffled);
        prop_assert_eq!(whole.bytes(), pieces.bytes());
        prop_assert_eq!(totals(&whole), totals(&pieces));

        let (clean, all) = expected_balances(&entries);
        let sum = |view| totals(&whole).balances(view).iter().map(|it| it.minor()).sum::<i128>();
        prop_assert_eq!(sum(View::Clean), clean);
        prop_assert_eq!(sum(View::All), all);
        proven(&whole);
    }

    #[test]
    fn the_balance_at_a_date_is_the_sum_of_the_entries_up_to_it(entries in some_entries(), day in 19_795_i32..19_900) {
        let books = FakeBooks::default();
        posted(&books, 1, entries);
        let date = Date::from_days(day).unwrap();
        for view in [View::Clean, View::All] {
            let figures = block_on(figures_on(&books, &account(), Some(date), &EntryBudget::unlimited())).unwrap();
            let balance: i128 = balances(&figures, view).iter().map(|it| it.minor()).sum();
            let all = block_on(page_of_entries(&books, &account(), (Date::MIN, date), view, None, 1000, &EntryBudget::unlimited())).unwrap().0;
            prop_assert_eq!(balance, all.iter().map(|it| i128::from(it.amount_minor)).sum::<i128>());
        }
    }

    #[test]
    fn pages_give_every_entry_once(entries in some_entries(), limit in 1_usize..20) {
        let books = FakeBooks::default();
        posted(&books, 1, entries);
        let page = |cursor, limit| {
            block_on(page_of_entries(&books, &account(), (Date::MIN, Date::MAX), View::All, cursor, limit, &EntryBudget::unlimited())).unwrap()
        };
        let all = page(None, 1000).0;
        let mut paged = Vec::new();
        let mut cursor = None;
        loop {
            let (some, next) = page(cursor, limit);
            prop_assert!(some.len() <= limit);
            paged.extend(some);
            cursor = next;
            if cursor.is_none() { break; }
        }
        prop_assert_eq!(paged, all);
    }
}
