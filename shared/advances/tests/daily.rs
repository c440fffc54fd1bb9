//! The daily run over the fakes of its ports.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

mod case;

use advances::ports::{Advances as _, PaymentRequest, PortError, RunQueue, RunRequest, Runs as _};
use advances::testing::{FakeAdvances, FakeBreaks, FakeGate, FakePaymentQueue, FakeReports, FakeRuns};
use advances::{
    Advance, AdvanceId, BreakKind, Collect, Collected, DailyRun, Direction, Outcome, Payment, Report, ReportLine,
    RunGuard, RunResult, Terms, create,
};
use calendar::{Clock, Date, Moment};
use case::{credit, day, rules};
use money::{Currency, Money};

struct NoonOf(Date);

impl Clock for NoonOf {
    fn now(&self) -> Moment {
        Moment::day(self.0).plus(std::time::Duration::from_hours(12))
    }
}

/// The queue of runs of tests that run by themselves.
struct Ignored;

impl RunQueue for Ignored {
    async fn send(&self, _: RunRequest) -> Result<(), PortError> {
        Ok(())
    }
}

#[derive(Default)]
struct Stack {
    advances: FakeAdvances,
    reports: FakeReports,
    queue: FakePaymentQueue,
    breaks: FakeBreaks,
    runs: FakeRuns,
    gate: FakeGate,
}

impl Stack {
    async fn run(&self, on: i32, min_count: u64) -> RunResult {
        let run = DailyRun {
            advances: &self.advances,
            list: &self.advances,
            reports: &self.reports,
            queue: &self.queue,
            breaks: &self.breaks,
            runs: &self.runs,
            gate: &self.gate,
            rules: rules(false),
            first_report: day(-1),
            guard: RunGuard { min_count },
        };
        run.run(day(on), || true).await.unwrap()
    }

    async fn request(&self, key: &str) -> AdvanceId {
        let id = AdvanceId::of_request("ada", key);
        let amount = Money::new(10_000, Currency::EUR);
        let account = format!("ACCOUNT-{key}").parse().unwrap();
        let terms = Terms::weekly(Currency::EUR);
        let facts = Advance::request(id.clone(), "ada", account, amount, terms, Moment::day(day(0))).unwrap();
        create(&self.advances, facts).await.unwrap();
        id
    }

    /// Makes all requested payments.
    async fn collect(&self, processor: &advances::testing::FakeProcessor, on: i32) -> Vec<Collected> {
        let mut results = Vec::new();
        for PaymentRequest { payment, .. } in self.queue.take() {
            let clock = NoonOf(day(on));
            let collect = Collect { advances: &self.advances, processor, gate: &self.gate, clock: &clock };
            results.push(collect.collect(&payment).await.unwrap());
        }
        results
    }

    async fn load(&self, id: &AdvanceId) -> Advance {
        Advance::fold(&self.advances.load(id).await.unwrap()).unwrap()
    }

    fn publish(&self, on: i32, lines: Vec<ReportLine>) {
        self.reports.publish(Report { day: day(on), complete: true, final_as_of: day(on), lines });
    }

    fn line(advance: &Advance, payment: Payment, transaction: &str, on: i32) -> ReportLine {
        let order = advance.order(payment).unwrap();
        ReportLine {
            transaction: transaction.parse().unwrap(),
            reference: None,
            direction: order.direction,
            account: order.account,
            amount: order.amount,
            accepted_on: day(on),
            outcome: Outcome::Success,
        }
    }
}

/// Two advances: one credited on day 0, one with a credit on the way; then reports until day 20.
async fn two_weeks(runs: &[i32]) -> Stack {
    let stack = Stack::default();
    let processor = advances::testing::FakeProcessor::new(rules(false));
    let (first, second) = (stack.request("1").await, stack.request("2").await);
    stack.run(0, 99).await;
    stack.collect(&processor, 0).await;
    let (first, second) = (stack.load(&first).await, stack.load(&second).await);
    let transaction = |it: &Advance| it.credits()[0].transaction().unwrap().to_string();
    stack.publish(-1, vec![]);
    stack.publish(0, vec![Stack::line(&first, credit(1), &transaction(&first), 0)]);
    stack.publish(1, vec![Stack::line(&second, credit(1), &transaction(&second), 0)]);
    (2..20).for_each(|on| stack.publish(on, vec![]));
    for on in runs {
        assert_eq!(stack.run(*on, 99).await, RunResult::Done);
    }
    stack
}

#[tokio::test]
async fn missed_days_and_a_run_give_the_same_facts_as_one_run_on_each_day() {
    let daily = two_weeks(&(1..=10).collect::<Vec<_>>()).await.advances.all();
    assert!(daily.values().all(|facts| facts.iter().any(|it| it.date() >= day(7))), "instalments are due");
    for runs in [vec![10], vec![1, 5, 10], vec![1, 2, 6, 7, 10, 10], vec![4, 3, 10, 2]] {
        assert_eq!(two_weeks(&runs).await.advances.all(), daily, "{runs:?}");
    }
}

#[tokio::test]
async fn a_call_without_an_answer_is_decided_by_a_final_report_and_never_repeated() {
    let stack = Stack::default();
    let processor = advances::testing::FakeProcessor::new(rules(false));
    let id = stack.request("1").await;
    processor.answer(advances::Answer::Unknown("no answer".into()));
    stack.run(0, 99).await;
    assert_eq!(stack.collect(&processor, 0).await, [Collected::Recorded]);
    stack.publish(-1, vec![]);
    stack.publish(0, vec![]);
    for on in 1..=2 {
        stack.run(on, 99).await;
        assert_eq!(stack.collect(&processor, on).await, [Collected::Nothing], "only a report can show it");
        assert_eq!(processor.orders().len(), 1);
    }
    // It may arrive until the noon of day 1; the report of that day is final.
    stack.publish(1, vec![]);
    stack.run(3, 99).await;
    stack.collect(&processor, 3).await;
    let orders = processor.orders();
    assert_eq!(orders.iter().map(|it| it.reference.payment).collect::<Vec<_>>(), [credit(1), credit(2)]);
    assert_eq!(stack.load(&id).await.calls(), [], "taken");
}

#[tokio::test]
async fn a_line_without_a_reference_belongs_to_the_call_without_an_answer() {
    let stack = Stack::default();
    let processor = advances::testing::FakeProcessor::new(rules(false));
    let id = stack.request("1").await;
    processor.answer(advances::Answer::Unknown("no answer".into()));
    stack.run(0, 99).await;
    stack.collect(&processor, 0).await;
    let advance = stack.load(&id).await;
    let orphan = ReportLine { direction: Direction::Debit, ..Stack::line(&advance, credit(1), "X9", 0) };
    stack.publish(-1, vec![]);
    stack.publish(0, vec![Stack::line(&advance, credit(1), "T9", 0), orphan]);
    stack.run(1, 99).await;
    assert_eq!(stack.load(&id).await.credited_on(), Some(day(0)));
    let breaks = stack.breaks.all();
    assert_eq!(breaks.iter().map(|it| (it.kind, &*it.transaction)).collect::<Vec<_>>(), [(BreakKind::Orphan, "X9")]);
}

#[tokio::test]
async fn a_large_run_waits_for_an_approval_and_so_do_later_runs() {
    let stack = Stack::default();
    for key in 0..3 {
        stack.request(&key.to_string()).await;
    }
    assert_eq!(stack.run(0, 3).await, RunResult::Waiting(day(0)));
    assert_eq!(stack.run(1, 3).await, RunResult::Waiting(day(0)));
    assert_eq!(stack.queue.take(), []);
    let approved = stack.runs.load(day(0)).await.unwrap().unwrap().approve("operator").unwrap();
    stack.runs.save(&approved).await.unwrap();
    assert_eq!(stack.run(0, 3).await, RunResult::Done);
    assert_eq!(stack.queue.take().len(), 3);
    assert_eq!(approved.approve("operator"), None, "once");
}

#[tokio::test]
async fn no_call_begins_while_the_gate_is_closed() {
    use advances::ports::CallGate as _;
    let stack = Stack::default();
    let processor = advances::testing::FakeProcessor::new(rules(false));
    stack.request("1").await;
    let open = stack.gate.load().await.unwrap();
    stack.gate.save(&open.stop(Moment::day(day(0)), "operator", "a test")).await.unwrap();
    stack.run(0, 99).await;
    assert_eq!(stack.collect(&processor, 0).await, [Collected::Stopped]);
    assert_eq!(processor.orders(), []);
    // The run is done; after the stop it requests the payment again, and once it is made, no more.
    for expected in [vec![Collected::Recorded], vec![]] {
        advances::resume(&stack.gate, &stack.runs, &Ignored).await.unwrap();
        stack.run(0, 99).await;
        assert_eq!(stack.collect(&processor, 0).await, expected);
    }
    assert_eq!(processor.orders().len(), 1);
}
