//! A portfolio in memory, played day by day from one seed, with faults: for tests and for
//! `millrace advances simulate`.
//!
//! The real [`DailyRun`](crate::DailyRun) and [`Collect`](crate::Collect) run as concurrent tasks over fakes of the ports. At every call of a port a
//! task pauses, another one continues, and a task may stop for ever, before or after the effect of the call.

mod audit;
mod book;
mod clock;
mod ports;
mod processor;
mod tasks;
mod world;

use calendar::Date;

pub use book::{Book, BookDay};
pub use world::simulate;

/// What is played.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scenario {
    /// Everything else follows from it.
    pub seed: u64,
    /// The first day.
    pub start: Date,
    /// How many days have faults. Then the days without faults follow, until every advance is closed.
    pub days: u32,
    /// How many advances are requested in the first weeks.
    pub advances: u32,
    /// Whether the processor recognises references.
    pub references: bool,
    /// How often things go wrong.
    pub faults: Faults,
    /// A rule that is not kept, to show that the checks find it.
    pub removed: Option<Rule>,
}

/// Probabilities, in thousandths.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Faults {
    /// A payment fails at the customer's bank.
    pub failure: u32,
    /// The processor refuses a payment.
    pub refusal: u32,
    /// A payment is made and the answer is lost.
    pub lost_answer: u32,
    /// A call has no answer, and the payment is made hours later.
    pub hang: u32,
    /// A call has no answer, and nothing is made.
    pub unavailable: u32,
    /// An outcome is reported one week to two months late.
    pub late_outcome: u32,
    /// A day's report is late, incomplete at first, has repeated lines, or lines of somebody else.
    pub bad_report: u32,
    /// A task stops at a call of a port.
    pub crash: u32,
    /// A run does not take place, takes place twice at once, or for an earlier date.
    pub odd_run: u32,
    /// A message is delivered twice or lost.
    pub odd_delivery: u32,
    /// The clock of a worker is wrong by hours.
    pub wrong_clock: u32,
    /// An operator stops all calls for a day.
    pub stop: u32,
}

impl Faults {
    /// Everything goes wrong, payments most often: for tests.
    pub const MANY: Self = Self {
        failure: 200,
        refusal: 20,
        lost_answer: 50,
        hang: 30,
        unavailable: 30,
        late_outcome: 60,
        bad_report: 150,
        crash: 10,
        odd_run: 150,
        odd_delivery: 100,
        wrong_clock: 50,
        stop: 30,
    };

    /// Payments fail at the customers' banks at this rate; nothing else goes wrong.
    pub fn failures_only(failure: u32) -> Self {
        Self { failure, ..Self::default() }
    }
}

impl Scenario {
    /// A small portfolio with many faults.
    pub fn of_seed(seed: u64) -> Self {
        let start = Date::try_new(2026, 1, 5).unwrap_or(Date::MIN);
        let references = seed.is_multiple_of(2);
        Self { seed, start, days: 120, advances: 6, references, faults: Faults::MANY, removed: None }
    }
}

/// A rule that a simulation can leave out, by ports that do not keep their contracts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rule {
    /// The intent is stored before the call.
    StoredIntent,
    /// A payment has one reference.
    OneReference,
    /// A call without an answer is not a failure.
    UnknownIsNotFailure,
    /// No call is repeated after the processor's window.
    DedupeWindow,
    /// Only the reports up to a final date show that a payment was not made.
    FinalReports,
    /// Facts are appended only to what they were decided on.
    ConditionalAppend,
    /// Without references no payment is called twice.
    NoReferencesNoSecondCall,
    /// The reports decide about calls without an answer.
    ReportsDecide,
    /// A day without a report times nothing out.
    SeenReports,
    /// An incomplete report is read again.
    CompleteReports,
    /// One call of a content is without an answer at a time.
    Slots,
    /// The stop switch is read before every call.
    StopSwitch,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::StoredIntent,
        Self::OneReference,
        Self::UnknownIsNotFailure,
        Self::DedupeWindow,
        Self::FinalReports,
        Self::ConditionalAppend,
        Self::NoReferencesNoSecondCall,
        Self::ReportsDecide,
        Self::SeenReports,
        Self::CompleteReports,
        Self::Slots,
        Self::StopSwitch,
    ];
}

/// A law that does not hold.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("seed {seed}, {day}, does not hold: {law}")]
pub struct Violation {
    /// The seed that shows it again.
    pub seed: u64,
    /// The day.
    pub day: Date,
    /// What does not hold.
    pub law: String,
}
