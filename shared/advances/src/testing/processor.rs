use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use calendar::Date;

use super::lock;
use crate::ports::{PaymentQueue, PaymentRequest, PortError, Processor, ReportSource};
use crate::{Answer, Order, ProcessorRules, Reference, ReferenceStatus, Report, TransactionId};

/// A processor that accepts every payment under a transaction with the number of the call, unless an answer is given
/// for it. It keeps all orders.
pub struct FakeProcessor {
    rules: ProcessorRules,
    state: Mutex<Calls>,
}

#[derive(Default)]
struct Calls {
    orders: Vec<Order>,
    answers: VecDeque<Answer>,
    statuses: BTreeMap<Reference, ReferenceStatus>,
}

impl FakeProcessor {
    /// A processor with these guarantees.
    pub fn new(rules: ProcessorRules) -> Self {
        Self { rules, state: Mutex::default() }
    }

    /// Answers the next call without an answer with this.
    pub fn answer(&self, answer: Answer) {
        lock(&self.state).answers.push_back(answer);
    }

    /// What it knows of a reference from now on.
    pub fn know(&self, reference: &Reference, status: ReferenceStatus) {
        lock(&self.state).statuses.insert(reference.clone(), status);
    }

    /// All calls.
    pub fn orders(&self) -> Vec<Order> {
        lock(&self.state).orders.clone()
    }
}

impl Processor for FakeProcessor {
    fn rules(&self) -> ProcessorRules {
        self.rules
    }

    async fn perform(&self, order: &Order) -> Answer {
        let state = &mut *lock(&self.state);
        state.orders.push(order.clone());
        let transaction = format!("T{}", state.orders.len()).parse::<TransactionId>();
        let taken = transaction.map_or_else(|_| Answer::Unknown("no number".into()), Answer::Taken);
        state.answers.pop_front().unwrap_or(taken)
    }

    async fn status(&self, reference: &Reference) -> Result<ReferenceStatus, PortError> {
        let known = lock(&self.state).statuses.get(reference).cloned();
        known.ok_or_else(|| PortError::Unavailable("the processor", "no status is given".into()))
    }
}

/// Reports in memory; its clones are the same.
#[derive(Clone, Default)]
pub struct FakeReports(Arc<Mutex<BTreeMap<Date, Report>>>);

impl FakeReports {
    /// Makes a report available; it replaces that of the same day.
    pub fn publish(&self, report: Report) {
        lock(&self.0).insert(report.day, report);
    }
}

impl ReportSource for FakeReports {
    async fn report(&self, day: Date) -> Result<Option<Report>, PortError> {
        Ok(lock(&self.0).get(&day).cloned())
    }
}

/// The queue of payments in memory; its clones are the same.
#[derive(Clone, Default)]
pub struct FakePaymentQueue(Arc<Mutex<Vec<PaymentRequest>>>);

impl FakePaymentQueue {
    /// Takes all requests off the queue.
    pub fn take(&self) -> Vec<PaymentRequest> {
        std::mem::take(&mut *lock(&self.0))
    }
}

impl PaymentQueue for FakePaymentQueue {
    async fn send(&self, requests: &[PaymentRequest]) -> Result<(), PortError> {
        lock(&self.0).extend_from_slice(requests);
        Ok(())
    }
}
