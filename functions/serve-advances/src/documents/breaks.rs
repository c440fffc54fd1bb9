use advances::{Break, BreakKind};
use calendar::{Date, Moment};
use serde::Serialize;
use utoipa::ToSchema;

use super::Money;

/// A disagreement between the plan, the processor's reports and a customer's account.
#[derive(Serialize, ToSchema)]
#[schema(as = Break)]
pub(crate) struct BreakDocument {
    /// The id.
    #[schema(value_type = String, pattern = "^[0-9a-f]{24}$")]
    id: Box<str>,
    /// What kind.
    #[schema(value_type = BreakKindName)]
    kind: BreakKind,
    /// The day of the report or of the bank entry.
    #[schema(value_type = String, format = Date)]
    opened_on: Date,
    /// The reference of the payment, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<String>,
    /// The processor's transaction or the bank's entry.
    transaction: Box<str>,
    /// What the plan has.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Money>,
    /// What the report or the bank has.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Money>,
    /// For an operator.
    explanation: Box<str>,
    /// How it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<ClosedDocument>,
}

/// How an operator has closed a break.
#[derive(Serialize, ToSchema)]
#[schema(as = Closed)]
struct ClosedDocument {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// Who.
    by: Box<str>,
    /// Why.
    reason: Box<str>,
}

/// The kinds of breaks.
#[derive(ToSchema)]
#[schema(as = BreakKind, rename_all = "snake_case")]
#[allow(dead_code, reason = "the schema of `BreakKind`, which has none")]
pub(crate) enum BreakKindName {
    Orphan,
    Amount,
    Duplicate,
    LateSuccess,
    StateConflict,
    MissingAtBank,
}

/// Whether an operator has closed a break.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code, reason = "the schema of a parameter")]
pub(crate) enum BreakState {
    Open,
    Closed,
}

impl From<Break> for BreakDocument {
    fn from(it: Break) -> Self {
        Self {
            id: it.id,
            kind: it.kind,
            opened_on: it.opened_on,
            payment: it.payment.map(|it| it.to_string()),
            transaction: it.transaction,
            expected: it.expected.map(Money::from),
            found: it.found.map(Money::from),
            explanation: it.explanation,
            closed: it.closed.map(|it| ClosedDocument { at: it.at, by: it.by, reason: it.reason }),
        }
    }
}
