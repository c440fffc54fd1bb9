//! Requests of advances, and the journal over all of them.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

mod case;

use advances::ports::{Advances as _, Append, Breaks as _};
use advances::testing::{FakeAdvances, FakeBreaks};
use advances::{
    Advance, AdvanceId, BooksError, Break, Claims, JournalAccount, NewAdvance, Requested, Terms, TrialBalance,
    journal_of_days, request,
};
use calendar::{Date, Moment};
use case::{Case, credit, day, debit};
use money::{Currency, Money};

fn new(key: &str, minor: i128) -> NewAdvance {
    NewAdvance {
        id: AdvanceId::of_request("ada", key),
        customer: "ada".into(),
        account: "DE89370400440532013000".parse().unwrap(),
        amount: Money::new(minor, Currency::EUR),
        terms: Terms::weekly(Currency::EUR),
    }
}

#[tokio::test]
async fn a_repeated_request_finds_its_advance_as_it_was_requested() {
    let advances = FakeAdvances::default();
    let at = Moment::day(day(0));
    let Requested::New(first) = request(&advances, &new("1", 10_000), at).await.unwrap() else {
        unreachable!("it is new");
    };
    advances::change(&advances, first.id(), |it| Ok(it.cancel("ada", "a test", at).into_iter().collect()))
        .await
        .unwrap();
    let later = Moment::day(day(9));
    // Our terms may have changed meanwhile.
    let terms = Terms { instalments: 6, ..Terms::weekly(Currency::EUR) };
    let again = request(&advances, &NewAdvance { terms, ..new("1", 10_000) }, later).await.unwrap();
    assert_eq!(again, Requested::Earlier(first));
    assert_eq!(request(&advances, &new("1", 10_001), later).await.unwrap(), Requested::Other);
    assert!(matches!(request(&advances, &new("2", 10_001), later).await.unwrap(), Requested::New(_)));
    assert!(request(&advances, &new("3", 0), later).await.is_err(), "not under these terms");
}

#[tokio::test]
async fn the_journal_of_all_days_adds_up_to_zero_and_has_no_entry_without_money() {
    let (advances, breaks) = (FakeAdvances::default(), FakeBreaks::default());
    let mut case = Case::credited();
    for week in 1..=4 {
        case.collect(week * 7, &[2]);
    }
    let advance = Advance::fold(&case.facts).unwrap();
    let append = Append {
        advance: advance.id().clone(),
        expected: 0,
        facts: case.facts.clone(),
        claims: Claims::default(),
        index: advance.index_item(),
    };
    advances.append(&append).await.unwrap();
    breaks.open(&Break::orphan(&case.line(debit(1), None, 3), day(3))).await.unwrap();

    let all = journal_of_days(&advances, &breaks, (Date::MIN, Date::MAX), 1).await.unwrap();
    assert!(all.is_sorted_by_key(|it| it.on) && all.iter().all(|it| it.postings.len() == 2));
    let mut balance = TrialBalance::default();
    all.iter().for_each(|it| balance.add(it));
    assert_eq!(balance.total(Currency::EUR).minor(), 0);
    assert_eq!(balance.balance(JournalAccount::Suspense, Currency::EUR).minor(), -834);
    let first = journal_of_days(&advances, &breaks, (Date::MIN, day(2)), 1).await.unwrap();
    assert_eq!(first.len(), 1, "the credit");
    assert!(advance.progress(credit(1)).unwrap().is_success());
    let refused = journal_of_days(&advances, &breaks, (Date::MIN, Date::MAX), 0).await;
    assert!(matches!(refused, Err(BooksError::TooManyAdvances(0))));
}
