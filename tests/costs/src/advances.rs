//! What DynamoDB charges for the life of an advance: a table in memory that counts write units. Every item is below
//! 1 KB, each write is in a transaction, and an index is written when its attributes change.

#![cfg(test)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use advances::ports::{AdvanceList, Advances, Append, Appended, IndexItem, Page, PortError};
use advances::testing::{FakeAdvances, FakeBreaks, FakeGate, FakePaymentQueue, FakeProcessor, FakeReports, FakeRuns};
use advances::{
    Advance, AdvanceId, Claim, Collect, DailyRun, Fact, NewAdvance, Outcome, ProcessorRules, Reference, Report,
    ReportLine, RunGuard, Status, Terms,
};
use calendar::{Clock, Date, Moment};
use money::{Currency, Money};
use serde_json::{Value, json};

const ADVANCES: u32 = 10;
const DAYS: i32 = 120;
/// In a transaction each write is charged twice.
const IN_TRANSACTION: u64 = 2;

#[derive(Default)]
struct Counter {
    advances: FakeAdvances,
    indexes: Mutex<BTreeMap<AdvanceId, IndexItem>>,
    transactions: AtomicU64,
    units: AtomicU64,
}

impl Counter {
    fn charge(&self, append: &Append) {
        let claims = append.claims.take.len().saturating_add(append.claims.release.len());
        let items = append.facts.len().saturating_add(claims).saturating_add(1);
        let mut indexes = self.indexes.lock().unwrap();
        let before = indexes.insert(append.advance.clone(), append.index.clone());
        let next = Some(&append.index);
        let changed = |attribute: fn(&IndexItem) -> String| before.as_ref().map(attribute) != next.map(attribute);
        // Its old place is deleted, its new one put.
        let moved = if before.is_some() { 2 } else { 1 };
        let by_listing = if changed(|it| it.status.to_string()) { moved } else { 0 };
        let by_customer = u64::from(before.is_none());
        let has_moved = changed(|it| format!("{:?}", it.next_work));
        let places = before.iter().chain(next).filter(|it| has_moved && it.next_work.is_some()).count();
        let work = u64::try_from(places).unwrap();
        let units = u64::try_from(items).unwrap() * IN_TRANSACTION + by_listing + by_customer + work;
        self.transactions.fetch_add(1, Ordering::Relaxed);
        self.units.fetch_add(units, Ordering::Relaxed);
    }
}

impl Advances for Counter {
    async fn load(&self, id: &AdvanceId) -> Result<Vec<Fact>, PortError> {
        self.advances.load(id).await
    }

    async fn append(&self, append: &Append) -> Result<Appended, PortError> {
        self.charge(append);
        self.advances.append(append).await
    }

    async fn holder(&self, claim: &Claim) -> Result<Option<Reference>, PortError> {
        self.advances.holder(claim).await
    }
}

impl AdvanceList for Counter {
    async fn work(&self, date: Date, cursor: Option<&str>, limit: usize) -> Result<Page<AdvanceId>, PortError> {
        self.advances.work(date, cursor, limit).await
    }

    async fn list(
        &self,
        customer: Option<&str>,
        status: Option<Status>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<AdvanceId>, PortError> {
        self.advances.list(customer, status, cursor, limit).await
    }
}

struct At(Moment);

impl Clock for At {
    fn now(&self) -> Moment {
        self.0
    }
}

/// Plays until all is paid back. Of each advance one instalment of `failing_every` fails; 0: none does.
async fn life(failing_every: usize) -> Value {
    let store = Counter::default();
    let first: Date = "2026-03-02".parse().unwrap();
    for number in 0..ADVANCES {
        let new = NewAdvance {
            id: AdvanceId::of_request("ada", &number.to_string()),
            customer: "ada".into(),
            account: format!("LOAN{number:04}").parse().unwrap(),
            amount: Money::new(120_000, Currency::EUR),
            terms: Terms::weekly(Currency::EUR),
        };
        advances::request(&store, &new, Moment::day(first)).await.unwrap();
    }
    let rules = ProcessorRules::new(Duration::from_hours(24));
    let (breaks, runs, gate, queue) =
        (FakeBreaks::default(), FakeRuns::default(), FakeGate::default(), FakePaymentQueue::default());
    let (reports, processor) = (FakeReports::default(), FakeProcessor::new(rules));
    let run = DailyRun {
        advances: &store,
        list: &store,
        reports: &reports,
        queue: &queue,
        breaks: &breaks,
        runs: &runs,
        gate: &gate,
        rules,
        first_report: first,
        guard: RunGuard { min_count: u64::MAX },
    };
    let mut reported = 0;
    for number in 0..DAYS {
        let date = first.plus_days(number).unwrap();
        run.run(date, || true).await.unwrap();
        let clock = At(Moment::day(date).plus(Duration::from_hours(6)));
        let worker = Collect { advances: &store, processor: &processor, gate: &gate, clock: &clock };
        for request in queue.take() {
            worker.collect(&request.payment).await.unwrap();
        }
        let orders = processor.orders();
        let lines = orders.iter().zip(1_usize..).skip(reported).map(|(order, number)| ReportLine {
            transaction: format!("T{number}").parse().unwrap(),
            outcome: match number.checked_rem(failing_every) {
                Some(0) => Outcome::Fail { reason: "no funds".into() },
                _ => Outcome::Success,
            },
            reference: Some(order.reference.to_string().into()),
            direction: order.direction,
            account: order.account.clone(),
            amount: order.amount,
            accepted_on: date,
        });
        reports.publish(Report { day: date, complete: true, final_as_of: date, lines: lines.collect() });
        reported = orders.len();
    }
    let ended = store.advances.all();
    for facts in ended.values() {
        assert_eq!(Advance::fold(facts).unwrap().status(), Status::Settled);
    }
    json!({
        "advances": ended.len(),
        "facts": ended.values().map(Vec::len).sum::<usize>(),
        "payments": processor.orders().len(),
        "transactions": store.transactions.into_inner(),
        "write_units": store.units.into_inner(),
    })
}

/// Who changes the costs on purpose writes what is printed into `advances.json`.
#[tokio::test]
async fn the_lives_of_advances_cost_what_is_committed() {
    let counted = json!({ "nothing_fails": life(0).await, "one_payment_of_11_fails": life(11).await });
    let committed: Value = serde_json::from_str(include_str!("../advances.json")).unwrap();
    assert_eq!(counted, committed, "{counted:#}");
}
