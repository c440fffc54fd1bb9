//! Runs over fakes, from the event that Lambda delivers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use advances::ports::{PortError, ReportSource, RunQueue, RunRequest, Runs as _};
use advances::testing::{FakeAdvances, FakeBreaks, FakeGate, FakePaymentQueue, FakeReports, FakeRuns};
use advances::{Advance, AdvanceId, ProcessorRules, Report, RunGuard, RunPhase, RunResult, Terms, create};
use calendar::{Clock, Date, Moment};
use money::{Currency, Money};
use run_debits::{RunDebits, RunDebitsError};

struct At(Moment);

impl Clock for At {
    fn now(&self) -> Moment {
        self.0
    }
}

#[derive(Clone, Default)]
struct FakeRunQueue(Arc<Mutex<Vec<RunRequest>>>);

impl RunQueue for FakeRunQueue {
    async fn send(&self, request: RunRequest) -> Result<(), PortError> {
        self.0.lock().unwrap().push(request);
        Ok(())
    }
}

/// What a run reads and writes.
#[derive(Clone, Default)]
struct Stores {
    advances: FakeAdvances,
    breaks: FakeBreaks,
    runs: FakeRuns,
    gate: FakeGate,
    payments: FakePaymentQueue,
    requests: FakeRunQueue,
}

type Function =
    RunDebits<FakeAdvances, FakeBreaks, FakeRuns, FakeGate, FakeReports, FakePaymentQueue, FakeRunQueue, At>;

impl Stores {
    fn function(&self) -> Function {
        let Self { advances, breaks, runs, gate, payments, requests } = self.clone();
        RunDebits {
            advances,
            breaks,
            runs,
            gate,
            reports: FakeReports::default(),
            payments,
            run_requests: requests,
            clock: At(now()),
            rules: ProcessorRules::new(Duration::from_hours(24)),
            first_report: day(),
            guard: RunGuard { min_count: 2 },
        }
    }

    async fn request(&self, key: &str) {
        let amount = Money::new(10_000, Currency::EUR);
        let account = "DE89370400440532013000".parse().unwrap();
        let id = AdvanceId::of_request("ada", key);
        let facts = Advance::request(id, "ada", account, amount, Terms::weekly(Currency::EUR), now()).unwrap();
        create(&self.advances, facts).await.unwrap();
    }
}

fn day() -> Date {
    "2026-11-21".parse().unwrap()
}

fn now() -> Moment {
    "2026-11-21T06:00:05Z".parse().unwrap()
}

/// The request of the schedule, as it arrives.
fn scheduled() -> RunRequest {
    let event: serde_json::Value = serde_json::from_str(include_str!("../../../events/aws/run-debits.json")).unwrap();
    serde_json::from_str(event["Records"][0]["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_schedule_runs_its_own_date_and_a_second_delivery_changes_nothing() {
    let stores = Stores::default();
    stores.request("key-1").await;
    assert_eq!(stores.function().handle(scheduled(), || true).await.unwrap(), RunResult::Done);
    assert_eq!(stores.payments.take().len(), 1);
    let (facts, run) = (stores.advances.all(), stores.runs.load(day()).await.unwrap());
    assert_eq!(run.as_ref().unwrap().phase, RunPhase::Done);
    assert_eq!(stores.function().handle(scheduled(), || true).await.unwrap(), RunResult::Done);
    assert_eq!((stores.advances.all(), stores.runs.load(day()).await.unwrap()), (facts, run));
    assert!(stores.payments.take().is_empty() && stores.requests.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn without_time_another_invocation_continues() {
    let stores = Stores::default();
    stores.request("key-1").await;
    let mut invocations = 0;
    while stores.function().handle(scheduled(), || false).await.unwrap() == RunResult::Unfinished {
        invocations += 1;
        assert_eq!(stores.requests.0.lock().unwrap().pop(), Some(RunRequest::new(day())));
    }
    assert!(invocations >= 1);
    assert_eq!(stores.payments.take().len(), 1);
}

#[tokio::test]
async fn a_large_run_waits_and_sends_nothing() {
    let stores = Stores::default();
    stores.request("key-1").await;
    stores.request("key-2").await;
    let result = stores.function().handle(scheduled(), || true).await.unwrap();
    assert_eq!(result, RunResult::Waiting(day()));
    assert!(stores.payments.take().is_empty());
}

#[tokio::test]
async fn a_future_date_and_another_version_are_refused() {
    let stores = Stores::default();
    let tomorrow = RunRequest::new(day().plus_days(1).unwrap());
    let refused = stores.function().handle(tomorrow, || true).await.unwrap_err();
    assert!(matches!(refused, RunDebitsError::Future(_)));
    let refused = stores.function().handle(RunRequest { v: 2, ..scheduled() }, || true).await.unwrap_err();
    assert!(matches!(refused, RunDebitsError::UnknownVersion(2)));
    assert_eq!(stores.runs.latest().await.unwrap(), None);
}

/// A processor that is down. It counts the requests.
#[derive(Default)]
struct Down(AtomicUsize);

impl ReportSource for Down {
    async fn report(&self, _: Date) -> Result<Option<Report>, PortError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(PortError::Unavailable("the processor", "no answer".into()))
    }
}

#[tokio::test]
async fn reports_that_cannot_be_read_are_requested_once_and_stop_no_payment() {
    let stores = Stores::default();
    stores.request("key-1").await;
    let RunDebits { advances, breaks, runs, gate, payments, run_requests, clock, rules, guard, .. } = stores.function();
    let first_report = day().plus_days(-30).unwrap();
    let reports = Down::default();
    let function =
        RunDebits { advances, breaks, runs, gate, reports, payments, run_requests, clock, rules, first_report, guard };
    assert_eq!(function.handle(scheduled(), || true).await.unwrap(), RunResult::Done);
    assert_eq!(stores.payments.take().len(), 1);
    assert_eq!(function.reports.0.into_inner(), 1, "of thirty missing days");
}
