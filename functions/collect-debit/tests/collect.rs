//! Payments over fakes, from the event that Lambda delivers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use advances::ports::{CallGate as _, PaymentRequest};
use advances::testing::{FakeAdvances, FakeGate, FakeProcessor};
use advances::{
    Advance, AdvanceId, Answer, Collected, Payment, ProcessorRules, Progress, Reference, Terms, change_gate, create,
    load,
};
use calendar::{Clock, Moment};
use collect_debit::{CollectDebit, CollectDebitError};
use money::{Currency, Money};

/// A clock that a test moves.
#[derive(Clone)]
struct TestClock(Arc<Mutex<Moment>>);

impl Clock for TestClock {
    fn now(&self) -> Moment {
        *self.0.lock().unwrap()
    }
}

const CREDIT: Payment = Payment::Credit { attempt: 1 };

struct Case {
    function: CollectDebit<FakeAdvances, FakeGate, FakeProcessor, TestClock>,
    payment: Reference,
}

impl Case {
    async fn new() -> Self {
        let now: Moment = "2026-03-02T12:00:00Z".parse().unwrap();
        let id = AdvanceId::of_request("ada", "key-1");
        let (account, amount) = ("DE89370400440532013000".parse().unwrap(), Money::new(10_000, Currency::EUR));
        let facts = Advance::request(id.clone(), "ada", account, amount, Terms::weekly(Currency::EUR), now).unwrap();
        let advances = FakeAdvances::default();
        create(&advances, facts).await.unwrap();
        let rules = ProcessorRules::new(Duration::from_hours(24));
        let function = CollectDebit {
            advances,
            gate: FakeGate::default(),
            processor: FakeProcessor::new(rules),
            clock: TestClock(Arc::new(Mutex::new(now))),
        };
        Self { function, payment: Reference { advance: id, payment: CREDIT } }
    }

    fn request(&self) -> PaymentRequest {
        PaymentRequest::new(self.payment.clone())
    }

    fn wait(&self, time: Duration) {
        let mut now = self.function.clock.0.lock().unwrap();
        *now = now.plus(time);
    }

    async fn progress(&self) -> Progress {
        let advance = load(&self.function.advances, &self.payment.advance).await.unwrap().unwrap();
        advance.progress(CREDIT).unwrap().clone()
    }
}

#[tokio::test]
async fn two_deliveries_make_one_payment() {
    let case = Case::new().await;
    assert_eq!(case.function.handle(case.request()).await.unwrap(), Collected::Recorded);
    assert_eq!(case.function.handle(case.request()).await.unwrap(), Collected::Nothing);
    assert_eq!(case.function.processor.orders().len(), 1);
    assert!(matches!(case.progress().await, Progress::Sent { .. }));
}

#[tokio::test]
async fn a_lost_answer_is_called_again_under_the_same_reference() {
    let case = Case::new().await;
    case.function.processor.answer(Answer::Unknown("no answer within 10 s".into()));
    assert_eq!(case.function.handle(case.request()).await.unwrap(), Collected::Recorded);
    assert!(case.progress().await.is_unanswered());
    case.wait(Duration::from_mins(3));
    assert_eq!(case.function.handle(case.request()).await.unwrap(), Collected::Recorded);
    let orders = case.function.processor.orders();
    assert_eq!(orders.len(), 2);
    assert_eq!(orders[0], orders[1]);
    assert!(matches!(case.progress().await, Progress::Sent { .. }));
}

#[tokio::test]
async fn while_another_worker_may_be_calling_the_message_comes_again() {
    let case = Case::new().await;
    // A worker that was killed during its call.
    let advance = load(&case.function.advances, &case.payment.advance).await.unwrap().unwrap();
    let rules = ProcessorRules::new(Duration::from_hours(24));
    let advances::Step::Call(intent) = advance.next_step(CREDIT, &rules, case.function.clock.now()) else {
        unreachable!("it is due");
    };
    advances::append(&case.function.advances, &advance, vec![intent]).await.unwrap();
    let waiting = case.function.handle(case.request()).await.unwrap_err();
    assert!(matches!(waiting, CollectDebitError::InProgress(_)));
    assert!(case.function.processor.orders().is_empty());
    case.wait(Duration::from_secs(61));
    assert_eq!(case.function.handle(case.request()).await.unwrap(), Collected::Recorded);
    assert_eq!(case.function.processor.orders().len(), 1);
}

#[tokio::test]
async fn nothing_is_called_while_calls_are_stopped() {
    let case = Case::new().await;
    let now = case.function.clock.now();
    change_gate(&case.function.gate, |gate| gate.stop(now, "olga", "a test")).await.unwrap();
    assert_eq!(case.function.handle(case.request()).await.unwrap(), Collected::Stopped);
    assert!(case.function.processor.orders().is_empty());
    assert_eq!(case.progress().await, Progress::Due);
    assert!(case.function.gate.load().await.unwrap().stopped.is_some());
}

#[tokio::test]
async fn the_payment_of_no_advance_is_nothing_and_another_version_is_refused() {
    let case = Case::new().await;
    let event: serde_json::Value =
        serde_json::from_str(include_str!("../../../events/aws/collect-debit.json")).unwrap();
    let request: PaymentRequest = serde_json::from_str(event["Records"][0]["body"].as_str().unwrap()).unwrap();
    assert_eq!(case.function.handle(request.clone()).await.unwrap(), Collected::Nothing);
    let refused = case.function.handle(PaymentRequest { v: 2, ..request }).await.unwrap_err();
    assert!(matches!(refused, CollectDebitError::UnknownVersion(2)));
}
