//! The JSON documents of the API. Amounts are strings, so that no client parses them as floats.

mod advance;
mod breaks;
mod journal;
mod story;

use advances::{Gate, RunPhase, RunRecord};
use calendar::{Date, Moment};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use advance::{AdvanceDocument, AdvanceState};
pub(crate) use breaks::{BreakDocument, BreakKindName, BreakState};
pub(crate) use journal::{JournalDocument, journal_csv};
pub(crate) use story::AdvanceStory;

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Part<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// The `cursor` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// An amount of money.
#[derive(Serialize, ToSchema)]
#[schema(as = Money)]
pub(crate) struct Money {
    /// The amount with all decimals of its currency.
    #[schema(example = "8.34")]
    amount: String,
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
}

impl From<money::Money> for Money {
    fn from(money: money::Money) -> Self {
        Self { amount: money.amount(), currency: money.currency().to_string() }
    }
}

/// A request of an advance.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdvanceRequest {
    /// The account that is credited and debited: an IBAN or the bank's own number, of the register.
    #[schema(example = "DE89370400440532013000")]
    pub(crate) account: String,
    /// How much, with at most the decimals of the currency.
    #[schema(example = "100.00")]
    pub(crate) amount: String,
    /// ISO 4217.
    #[schema(example = "EUR")]
    pub(crate) currency: String,
}

/// The reason of a change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// It is stored with the change.
    #[schema(min_length = 1, max_length = 500)]
    pub(crate) reason: String,
}

/// The approval of a refund.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundApproval {
    /// The number of the instalment that was collected too much.
    #[schema(minimum = 1)]
    pub(crate) instalment: u32,
}

/// The gate of calls to the processor.
#[derive(Serialize, ToSchema)]
#[schema(as = Calls)]
pub(crate) struct CallsDocument {
    /// Why no call is made; absent if calls are made.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<Stopped>,
    /// How many of the last calls are remembered.
    remembered: usize,
    /// How many of these had no answer.
    unknown: usize,
}

/// Why no call is made, until an operator resumes.
#[derive(Serialize, ToSchema)]
struct Stopped {
    /// When it was stopped.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// The operator, or the rule.
    by: Box<str>,
    /// Why.
    reason: Box<str>,
}

impl From<Gate> for CallsDocument {
    fn from(gate: Gate) -> Self {
        let unknown = gate.unknown.iter().filter(|it| **it).count();
        let stopped = gate.stopped.map(|it| Stopped { at: it.at, by: it.by, reason: it.reason });
        Self { stopped, remembered: gate.unknown.len(), unknown }
    }
}

/// The run for one business date.
#[derive(Serialize, ToSchema)]
#[schema(as = Run)]
pub(crate) struct RunDocument {
    /// The business date.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// What comes next.
    phase: PhaseName,
    /// The number of payments that are due, as far as they are counted.
    payments: u64,
    /// Their sums, by currency. Credits and debits both count as positive.
    totals: Vec<Money>,
    /// Why it has to be approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    objection: Option<Box<str>>,
    /// Who has approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<Box<str>>,
}

/// The phases of a run, in order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = RunPhase)]
enum PhaseName {
    /// Reports are taken in; payments become due.
    Planning,
    /// It waits for an operator's approval.
    Waiting,
    /// Payments are requested.
    Sending,
    /// Everything is requested.
    Done,
}

impl From<RunRecord> for RunDocument {
    fn from(run: RunRecord) -> Self {
        let phase = match run.phase {
            RunPhase::Planning { .. } => PhaseName::Planning,
            RunPhase::Waiting => PhaseName::Waiting,
            RunPhase::Sending { .. } => PhaseName::Sending,
            RunPhase::Done => PhaseName::Done,
        };
        let totals = run.totals.minor.iter().map(|(currency, minor)| money::Money::new(*minor, *currency).into());
        Self {
            date: run.date,
            phase,
            payments: run.totals.count,
            totals: totals.collect(),
            objection: run.objection,
            approved_by: run.approved_by,
        }
    }
}
