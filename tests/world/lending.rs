//! The functions of advances over the fakes of their ports, with a processor that executes each reference once.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use advances::ports::{
    AdvanceList, Advances, Append, Appended, Breaks, CallGate, Page, PaymentQueue, PaymentRequest, PortError,
    Processor, ReportSource, RunQueue, RunRequest, Runs,
};
use advances::testing::{FakeAdvances, FakeBreaks, FakeGate, FakePaymentQueue, FakeReports, FakeRuns};
use advances::{
    Advance, AdvanceId, Answer, Break, BreakKind, Claim, Fact, Gate, NewAdvance, Order, Outcome, ProcessorRules,
    Reference, ReferenceStatus, Report, ReportLine, RunRecord, RunTotals, Saved, SeenReports, Status, Terms,
    TransactionId, Version,
};
use calendar::{Clock, Date, Moment};
use money::{Currency, Money};

use crate::faults::{Faults, Faulty, through};
use crate::schedule::{Transient, finish};

/// A day needs fewer deliveries.
const MAX_DELIVERIES: u32 = 500;
/// The time between two deliveries: a few of them are longer than the lease of a worker.
const STEP: Duration = Duration::from_secs(20);

impl Transient for PortError {
    fn transient() -> Self {
        Self::Unavailable("a port of the world", "throttled".into())
    }
}

through!(Advances {
    fn load(&self, id: &AdvanceId) -> Result<Vec<Fact>, PortError>;
    fn append(&self, append: &Append) -> Result<Appended, PortError>;
    fn holder(&self, claim: &Claim) -> Result<Option<Reference>, PortError>;
});
through!(AdvanceList {
    fn work(&self, date: Date, cursor: Option<&str>, limit: usize) -> Result<Page<AdvanceId>, PortError>;
    fn list(&self, customer: Option<&str>, status: Option<Status>, cursor: Option<&str>, limit: usize) -> Result<Page<AdvanceId>, PortError>;
});
through!(ReportSource {
    fn report(&self, day: Date) -> Result<Option<Report>, PortError>;
});
through!(PaymentQueue {
    fn send(&self, requests: &[PaymentRequest]) -> Result<(), PortError>;
});
through!(Breaks {
    fn open(&self, found: &Break) -> Result<(), PortError>;
    fn close(&self, closed: &Break) -> Result<Saved, PortError>;
    fn load(&self, id: &str) -> Result<Option<Break>, PortError>;
    fn list(&self, kind: Option<BreakKind>, closed: Option<bool>, cursor: Option<&str>, limit: usize) -> Result<Page<Break>, PortError>;
});
through!(Runs {
    fn load(&self, date: Date) -> Result<Option<RunRecord>, PortError>;
    fn save(&self, run: &RunRecord) -> Result<Saved, PortError>;
    fn latest(&self) -> Result<Option<Date>, PortError>;
    fn totals_before(&self, date: Date, limit: usize) -> Result<Vec<RunTotals>, PortError>;
    fn seen(&self) -> Result<Option<(SeenReports, Version)>, PortError>;
    fn save_seen(&self, seen: &SeenReports, expected: Version) -> Result<Saved, PortError>;
});
through!(CallGate {
    fn load(&self) -> Result<Gate, PortError>;
    fn save(&self, gate: &Gate) -> Result<Saved, PortError>;
});

/// An answer may be lost: then the payment may have been made.
impl<P: Processor + Sync> Processor for Faulty<'_, P> {
    fn rules(&self) -> ProcessorRules {
        self.port.rules()
    }

    async fn perform(&self, order: &Order) -> Answer {
        let answer = self.faults.around(async { Ok::<_, PortError>(self.port.perform(order).await) }).await;
        answer.unwrap_or_else(|_| Answer::Unknown("no answer".into()))
    }

    async fn status(&self, reference: &Reference) -> Result<ReferenceStatus, PortError> {
        self.faults.around(self.port.status(reference)).await
    }
}

/// A processor that executes each reference once, and reports the outcomes a day later.
pub(crate) struct Ledger {
    orders: std::sync::Mutex<BTreeMap<Reference, (TransactionId, Order)>>,
}

impl Ledger {
    fn all(&self) -> BTreeMap<Reference, (TransactionId, Order)> {
        self.orders.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

#[allow(clippy::unwrap_used, reason = "for tests: a number is an id")]
impl Processor for Ledger {
    fn rules(&self) -> ProcessorRules {
        ProcessorRules::new(Duration::from_hours(24))
    }

    async fn perform(&self, order: &Order) -> Answer {
        let mut orders = self.orders.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let next = format!("T{}", orders.len() + 1).parse().unwrap();
        let (transaction, _) = orders.entry(order.reference.clone()).or_insert_with(|| (next, order.clone()));
        Answer::Taken(transaction.clone())
    }

    async fn status(&self, reference: &Reference) -> Result<ReferenceStatus, PortError> {
        let known = self.all().get(reference).map(|(transaction, _)| ReferenceStatus::Known(transaction.clone()));
        Ok(known.unwrap_or(ReferenceStatus::NotKnown { as_of: Moment::day(Date::MIN) }))
    }
}

/// The clock of the lender.
pub(crate) struct LenderClock<'a>(pub(crate) &'a Cell<Moment>);

impl Clock for LenderClock<'_> {
    fn now(&self) -> Moment {
        self.0.get()
    }
}

/// The queue of runs.
#[derive(Default)]
pub(crate) struct RunRequests(std::sync::Mutex<Vec<RunRequest>>);

#[allow(clippy::unwrap_used, reason = "for tests")]
impl RunRequests {
    pub(crate) fn take(&self) -> Vec<RunRequest> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl RunQueue for RunRequests {
    async fn send(&self, request: RunRequest) -> Result<(), PortError> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(request);
        Ok(())
    }
}

through!(RunQueue {
    fn send(&self, request: RunRequest) -> Result<(), PortError>;
});

/// A lender with two advances of three weekly instalments; the second instalment of the first one fails once.
pub struct Lender {
    pub(crate) advances: FakeAdvances,
    pub(crate) breaks: FakeBreaks,
    pub(crate) runs: FakeRuns,
    pub(crate) gate: FakeGate,
    pub(crate) payments: FakePaymentQueue,
    pub(crate) run_requests: RunRequests,
    pub(crate) ledger: Ledger,
    pub(crate) reports: FakeReports,
    reported: RefCell<BTreeSet<Reference>>,
    faults: Faults,
    pub(crate) now: Cell<Moment>,
    /// Each message is delivered this often, even if it was acknowledged.
    pub deliveries: usize,
}

/// The end of an advance, whatever happened on the way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settled {
    /// Its state.
    pub status: Status,
    /// The plan: for which part, when, how much, and its end.
    pub plan: Vec<(u32, Date, Money, &'static str)>,
    /// What the processor has moved to the customer, and from them.
    pub moved: (i128, i128),
}

#[allow(clippy::unwrap_used, reason = "for tests")]
impl Lender {
    /// A lender with faults, with its advances requested.
    pub fn new(faults: Faults) -> Self {
        let lender = Self {
            advances: FakeAdvances::default(),
            breaks: FakeBreaks::default(),
            runs: FakeRuns::default(),
            gate: FakeGate::default(),
            payments: FakePaymentQueue::default(),
            run_requests: RunRequests::default(),
            ledger: Ledger { orders: std::sync::Mutex::default() },
            reports: FakeReports::default(),
            reported: RefCell::default(),
            faults,
            now: Cell::new(Moment::day(first_day())),
            deliveries: 1,
        };
        for (number, account) in ["DE89370400440532013000", "DE75512108001245126199"].into_iter().enumerate() {
            let terms = Terms { instalments: 3, ..Terms::weekly(Currency::EUR) };
            let new = NewAdvance {
                id: AdvanceId::of_request("ada", &number.to_string()),
                customer: "ada".into(),
                account: account.parse().unwrap(),
                amount: Money::new(10_000, Currency::EUR),
                terms,
            };
            finish(advances::request(&lender.advances, &new, lender.now.get())).unwrap();
        }
        lender
    }

    pub(crate) fn through<'a, P>(&'a self, port: &'a P) -> Faulty<'a, P> {
        Faulty { port, faults: &self.faults }
    }

    /// Plays `days` days: a run each, and the payments it requests, until all are acknowledged.
    pub fn play(&self, days: i32) {
        for number in 0..days {
            let date = first_day().plus_days(number).unwrap();
            self.now.set(self.now.get().max(Moment::day(date).plus(Duration::from_hours(6))));
            let mut runs = VecDeque::from([RunRequest::new(date)]);
            let mut payments = VecDeque::new();
            let mut deliveries = 0;
            while let Some(message) = runs.pop_front().map(Ok).or_else(|| payments.pop_front().map(Err)) {
                deliveries += 1;
                assert!(deliveries < MAX_DELIVERIES, "{date} has no end");
                let mut acknowledged = false;
                for _ in 0..self.deliveries {
                    acknowledged = self.deliver(&message);
                }
                payments.extend(self.payments.take());
                runs.extend(self.run_requests.take());
                match message {
                    Ok(run) if !acknowledged => runs.push_back(run),
                    Err(payment) if !acknowledged => payments.push_back(payment),
                    _ => {}
                }
                self.check();
            }
            self.publish(date);
        }
    }

    /// Passes a message to its function; returns whether it was acknowledged.
    fn deliver(&self, message: &Result<RunRequest, PaymentRequest>) -> bool {
        self.now.set(self.now.get().plus(STEP));
        let handling = AssertUnwindSafe(|| match message {
            Ok(run) => finish(self.run_debits().handle(*run, || true)).is_ok(),
            Err(payment) => finish(self.collect_debit().handle(payment.clone())).is_ok(),
        });
        catch_unwind(handling).unwrap_or(false)
    }

    /// The report of `day`: the outcomes of what was accepted and not reported yet.
    pub(crate) fn publish(&self, day: Date) {
        let mut reported = self.reported.borrow_mut();
        let orders = self.ledger.all();
        let new = orders.into_iter().filter(|(reference, _)| reported.insert(reference.clone()));
        let lines = new.map(|(reference, (transaction, order))| ReportLine {
            transaction,
            outcome: if fails(&reference) { Outcome::Fail { reason: "no funds".into() } } else { Outcome::Success },
            reference: Some(reference.to_string().into()),
            direction: order.direction,
            account: order.account,
            amount: order.amount,
            accepted_on: day,
        });
        let lines = lines.collect();
        self.reports.publish(Report { day, complete: true, final_as_of: day, lines });
    }

    /// The laws that hold after every delivery.
    pub(crate) fn check(&self) {
        for facts in self.advances.all().values() {
            Advance::fold(facts).unwrap().check().unwrap();
        }
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// How many calls of ports there were.
    pub fn calls(&self) -> usize {
        self.faults.calls()
    }

    /// The end of each advance.
    pub fn settled(&self) -> Vec<Settled> {
        let orders = self.ledger.all();
        let settled = self.advances.all().into_iter().map(|(id, facts)| {
            let advance = Advance::fold(&facts).unwrap();
            let of = |direction| {
                let moved = orders.iter().filter(|(reference, (_, order))| {
                    reference.advance == id && order.direction == direction && !fails(reference)
                });
                moved.map(|(_, (_, order))| order.amount.minor()).sum()
            };
            let plan = advance.instalments().iter().map(|it| (it.part, it.due, it.amount, it.progress.name()));
            Settled {
                status: advance.status(),
                plan: plan.collect(),
                moved: (of(advances::Direction::Credit), of(advances::Direction::Debit)),
            }
        });
        settled.collect()
    }

    /// The breaks.
    pub fn breaks(&self) -> Vec<Break> {
        self.breaks.all()
    }
}

/// Whether the processor reports a failure: of the second instalment of one advance.
fn fails(reference: &Reference) -> bool {
    reference.advance == AdvanceId::of_request("ada", "0")
        && reference.payment == (advances::Payment::Debit { instalment: 2 })
}

#[allow(clippy::unwrap_used, reason = "for tests")]
pub(crate) fn first_day() -> Date {
    "2026-03-02".parse().unwrap()
}
