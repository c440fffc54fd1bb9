use std::fmt;

use calendar::{Date, Moment};
use money::Money;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Direction, Reference, ReportLine};

/// A disagreement between the plan, the processor's reports and the customer's bank entries. An operator closes it;
/// nothing is repaired automatically.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Break {
    /// A hash of its kind, subject and transaction: the same disagreement is one break.
    pub id: Box<str>,
    /// What kind.
    pub kind: BreakKind,
    /// The day of the report or of the bank entry.
    pub opened_on: Date,
    /// The payment, if it is known.
    pub payment: Option<Reference>,
    /// The processor's transaction or the bank's entry.
    pub transaction: Box<str>,
    /// What the plan has.
    pub expected: Option<Money>,
    /// What the report or the bank has.
    pub found: Option<Money>,
    /// The change of the lender's cash at the processor that belongs to no fact; it is in suspense until the break is
    /// closed.
    pub suspense: Option<Money>,
    /// For an operator, in one sentence.
    pub explanation: Box<str>,
    /// Set by an operator.
    pub closed: Option<Closed>,
}

/// How an operator has closed a break.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// When.
    pub at: Moment,
    /// Who.
    pub by: Box<str>,
    /// Why.
    pub reason: Box<str>,
}

/// The kinds of breaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakKind {
    /// A transaction belongs to no payment.
    Orphan,
    /// A transaction has another amount than its payment.
    Amount,
    /// A payment has succeeded twice.
    Duplicate,
    /// A payment has succeeded after it was timed out. The plan has taken it into account.
    LateSuccess,
    /// A transaction contradicts the recorded state of its payment.
    StateConflict,
    /// A payment that has succeeded is not among the customer's bank entries.
    MissingAtBank,
}

impl BreakKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Orphan, Self::Amount, Self::Duplicate, Self::LateSuccess, Self::StateConflict, Self::MissingAtBank];

    /// Its name in the API and in stored items.
    pub fn name(self) -> &'static str {
        match self {
            Self::Orphan => "orphan",
            Self::Amount => "amount",
            Self::Duplicate => "duplicate",
            Self::LateSuccess => "late_success",
            Self::StateConflict => "state_conflict",
            Self::MissingAtBank => "missing_at_bank",
        }
    }
}

impl fmt::Display for BreakKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Break {
    pub(crate) fn new(kind: BreakKind, opened_on: Date, transaction: &str, payment: Option<Reference>) -> Self {
        let subject = payment.as_ref().map(ToString::to_string).unwrap_or_default();
        let digest = Sha256::digest(format!("{kind} {subject} {transaction}"));
        Self {
            id: hex::encode(digest.get(..12).unwrap_or_default()).into(),
            kind,
            opened_on,
            payment,
            transaction: transaction.into(),
            expected: None,
            found: None,
            suspense: None,
            explanation: "".into(),
            closed: None,
        }
    }

    /// The break of a transaction that belongs to no payment.
    pub fn orphan(line: &ReportLine, day: Date) -> Self {
        let explanation = "The processor reports a transaction that belongs to none of our payments.".into();
        let suspense = line.moves();
        let it = Self::new(BreakKind::Orphan, day, line.transaction.as_str(), None);
        Self { found: Some(line.amount), suspense, explanation, ..it }
    }

    /// It closed by an operator; `None` if it is closed already or has no reason.
    pub fn close(&self, at: Moment, by: &str, reason: &str) -> Option<Self> {
        if self.closed.is_some() || reason.trim().is_empty() {
            return None;
        }
        Some(Self { closed: Some(Closed { at, by: by.into(), reason: reason.into() }), ..self.clone() })
    }
}

impl ReportLine {
    /// The change of the lender's cash at the processor.
    pub(crate) fn moves(&self) -> Option<Money> {
        let is_success = self.outcome == crate::Outcome::Success;
        let minor = match self.direction {
            Direction::Credit => self.amount.minor().saturating_neg(),
            Direction::Debit => self.amount.minor(),
        };
        is_success.then(|| Money::new(minor, self.amount.currency()))
    }
}
