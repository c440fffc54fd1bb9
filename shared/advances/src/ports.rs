//! The ports of advances.

use calendar::{Date, Moment};
use serde::{Deserialize, Serialize};

use crate::{
    AdvanceId, Answer, Break, BreakKind, Claim, Claims, Fact, Gate, Order, ProcessorRules, Reference, ReferenceStatus,
    Report, RunRecord, RunTotals, Saved, SeenReports, Status, Version,
};

/// Why a call of a port failed. All of these can be retried, except [`PortError::Broken`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// It is unavailable. A write may have had its effect.
    #[error("{0} cannot be reached")]
    Unavailable(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// Stored data is corrupt: an operator must investigate.
    #[error("stored data in {0} is corrupt")]
    Broken(&'static str, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// The cursor does not come from a page.
    #[error("the cursor is not one that a page returned")]
    BadCursor,
}

/// The port to the facts of advances.
///
/// One item for each fact; one with customer, status and `next_work` for the indexes; one for each claim, which names
/// the payment that holds it.
pub trait Advances {
    /// All facts, in order, by a consistent read; empty if there is no such advance.
    fn load(&self, id: &AdvanceId) -> impl Future<Output = Result<Vec<Fact>, PortError>> + Send;

    /// Appends facts in one transaction: each is put under the next number if that is absent, each claim is put if it is
    /// absent or deleted, and the index item is replaced. Either all of it happens or nothing.
    ///
    /// After [`PortError::Unavailable`] it may have happened: load again before deciding anything.
    fn append(&self, append: &Append) -> impl Future<Output = Result<Appended, PortError>> + Send;

    /// The payment that holds a claim, by a consistent read.
    fn holder(&self, claim: &Claim) -> impl Future<Output = Result<Option<Reference>, PortError>> + Send;
}

/// Facts to append.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Append {
    /// The advance.
    pub advance: AdvanceId,
    /// The number of facts that the decision was based on: the number of the first new fact.
    pub expected: u64,
    /// At least one.
    pub facts: Vec<Fact>,
    /// What to claim and to release.
    pub claims: Claims,
    /// The index item after these facts.
    pub index: IndexItem,
}

/// What the indexes find an advance by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IndexItem {
    /// The customer's id.
    pub customer: Box<str>,
    /// The state.
    pub status: Box<str>,
    /// When it was requested: lists are ordered by it.
    pub requested_at: Moment,
    /// The date from which a run has to look at it; absent from the index of work without it.
    pub next_work: Option<Date>,
}

/// The result of [`Advances::append`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Appended {
    /// Stored.
    Stored,
    /// Somebody else has appended first: load again and decide again. Nothing was written.
    Conflict,
    /// Another payment holds this claim. Nothing was written.
    Held(Claim),
}

/// A page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T> {
    /// In order.
    pub items: Vec<T>,
    /// For the next page; `None` at the end.
    pub cursor: Option<String>,
}

/// The port to the lists of advances. Indexes may lag; they only find, so load what they name.
pub trait AdvanceList {
    /// Advances with [`Advance::next_work`](crate::Advance::next_work) on `date` or earlier, ordered by it: each that
    /// does not change is returned once over all pages.
    fn work(
        &self,
        date: Date,
        cursor: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Page<AdvanceId>, PortError>> + Send;

    /// The advances of a customer or of all, in one status or any, newest first.
    fn list(
        &self,
        customer: Option<&str>,
        status: Option<Status>,
        cursor: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Page<AdvanceId>, PortError>> + Send;
}

/// The port to the payment processor.
pub trait Processor {
    /// What it guarantees.
    fn rules(&self) -> ProcessorRules;

    /// Calls it once, without retries of any layer, and ends within seconds. Whatever is not documented as final is
    /// [`Answer::Unknown`], also errors before anything was sent.
    fn perform(&self, order: &Order) -> impl Future<Output = Answer> + Send;

    /// What it knows of a reference. Only for processors that recognise references.
    fn status(&self, reference: &Reference) -> impl Future<Output = Result<ReferenceStatus, PortError>> + Send;
}

/// The port to the processor's reports.
pub trait ReportSource {
    /// The report of a day; `None` if it is not available (yet).
    fn report(&self, day: Date) -> impl Future<Output = Result<Option<Report>, PortError>> + Send;
}

/// The message that requests a worker to make or resolve a payment (`payment-requested`, version 1).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentRequest {
    /// The version of the message: [`PaymentRequest::VERSION`].
    pub v: u32,
    /// The payment.
    pub payment: Reference,
}

impl PaymentRequest {
    /// The version of the message.
    pub const VERSION: u32 = 1;

    /// A request for this payment.
    pub fn new(payment: Reference) -> Self {
        Self { v: Self::VERSION, payment }
    }
}

/// The message that requests a run (`run-requested`, version 1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// The version of the message: [`RunRequest::VERSION`].
    pub v: u32,
    /// A business date, or the scheduled time of the run.
    pub date: Moment,
}

impl RunRequest {
    /// The version of the message.
    pub const VERSION: u32 = 1;

    /// A request for the run of this business date.
    pub fn new(date: Date) -> Self {
        Self { v: Self::VERSION, date: Moment::day(date) }
    }
}

/// The port to the queue of runs.
pub trait RunQueue {
    /// Puts a request on the queue. It is delivered at least once.
    fn send(&self, request: RunRequest) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// The port to the queue of payments.
pub trait PaymentQueue {
    /// Puts all requests on the queue: each is delivered at least once, in any order. After an error some may be on the
    /// queue: send all again.
    fn send(&self, requests: &[PaymentRequest]) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// The port to the breaks.
pub trait Breaks {
    /// Opens a break unless its id exists, closed or not.
    fn open(&self, found: &Break) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Closes an open break ([`Break::close`]), if it is still open.
    fn close(&self, closed: &Break) -> impl Future<Output = Result<Saved, PortError>> + Send;

    /// A break, by a consistent read.
    fn load(&self, id: &str) -> impl Future<Output = Result<Option<Break>, PortError>> + Send;

    /// Breaks of one kind or any, open or closed or both, oldest first.
    fn list(
        &self,
        kind: Option<BreakKind>,
        closed: Option<bool>,
        cursor: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Page<Break>, PortError>> + Send;
}

/// The port to the runs and to the reports that were taken in.
pub trait Runs {
    /// The run for a date, by a consistent read.
    fn load(&self, date: Date) -> impl Future<Output = Result<Option<RunRecord>, PortError>> + Send;

    /// Stores a run with the next version, if the stored version is still [`RunRecord::version`] (0: not stored).
    fn save(&self, run: &RunRecord) -> impl Future<Output = Result<Saved, PortError>> + Send;

    /// The date of the latest run that is stored, by a consistent read.
    fn latest(&self) -> impl Future<Output = Result<Option<Date>, PortError>> + Send;

    /// The totals of the last `limit` finished runs with payments before `date`, latest first.
    fn totals_before(&self, date: Date, limit: usize)
    -> impl Future<Output = Result<Vec<RunTotals>, PortError>> + Send;

    /// The reports that were taken in, and the version, by a consistent read; `None` before the first run.
    fn seen(&self) -> impl Future<Output = Result<Option<(SeenReports, Version)>, PortError>> + Send;

    /// Stores the reports that were taken in, if the stored version is still `expected` (0: not stored).
    fn save_seen(&self, seen: &SeenReports, expected: Version)
    -> impl Future<Output = Result<Saved, PortError>> + Send;
}

/// The port to the [`Gate`].
pub trait CallGate {
    /// It, by a consistent read; open if nothing is stored.
    fn load(&self) -> impl Future<Output = Result<Gate, PortError>> + Send;

    /// Stores it with the next version, if the stored version is still [`Gate::version`].
    fn save(&self, gate: &Gate) -> impl Future<Output = Result<Saved, PortError>> + Send;
}
