use calendar::{Date, Moment};

use crate::{Event, Evidence, TransactionId};

/// The progress of one payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// It is in the plan; its date has not come. Only debits.
    Planned,
    /// It is to be made; no call has begun.
    Due,
    /// A call may have begun, and its answer is not recorded.
    Sending(Calls),
    /// A call has ended without a final answer: the processor may have made the payment, or may still make it.
    Unknown(Calls),
    /// The processor has accepted it; its outcome is not known.
    Sent {
        /// The processor's id.
        transaction: TransactionId,
        /// Since when.
        since: Date,
    },
    /// It had no outcome in time, and another one is planned for it; it may still succeed. Only debits.
    TimedOut {
        /// The processor's id.
        transaction: TransactionId,
    },
    /// The money has moved.
    Succeeded {
        /// The processor's id.
        transaction: TransactionId,
        /// When this became known.
        on: Date,
        /// Whether it was timed out before.
        late: bool,
    },
    /// The money has not moved and will not.
    Failed {
        /// When this became known.
        on: Date,
        /// Why.
        reason: Box<str>,
        /// The processor's id, if it has accepted the payment.
        transaction: Option<TransactionId>,
    },
    /// It was not sent and is not needed. Only debits.
    Dropped {
        /// When.
        on: Date,
    },
}

/// The calls of a payment without a final answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Calls {
    /// How many.
    pub count: u32,
    /// When the intent of the first was stored.
    pub first_at: Moment,
    /// When the intent of the last was stored.
    pub last_at: Moment,
}

impl Progress {
    /// Its name in lists and messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Due => "due",
            Self::Sending(_) => "sending",
            Self::Unknown(_) => "unknown",
            Self::Sent { .. } => "sent",
            Self::TimedOut { .. } => "timed out",
            Self::Succeeded { .. } => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Dropped { .. } => "cancelled",
        }
    }

    /// Whether it can be called, or was called and has no outcome yet.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Due | Self::Sending(_) | Self::Unknown(_) | Self::Sent { .. })
    }

    /// Whether a call is without a final answer.
    pub fn is_unanswered(&self) -> bool {
        matches!(self, Self::Sending(_) | Self::Unknown(_))
    }

    /// Whether the money has moved.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Succeeded { .. })
    }

    /// Whether it needs a replacement, if nothing else has paid for it.
    pub(crate) fn is_missed(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::TimedOut { .. })
    }

    /// The processor's id, if it is known.
    pub fn transaction(&self) -> Option<&TransactionId> {
        match self {
            Self::Sent { transaction, .. } | Self::TimedOut { transaction } | Self::Succeeded { transaction, .. } => {
                Some(transaction)
            }
            Self::Failed { transaction, .. } => transaction.as_ref(),
            Self::Planned | Self::Due | Self::Sending(_) | Self::Unknown(_) | Self::Dropped { .. } => None,
        }
    }

    /// The progress after `event` at `at`; `None` if the event cannot happen now.
    pub(crate) fn after(&self, event: &Event, at: Moment) -> Option<Self> {
        let on = at.date();
        let failed = |reason: &str, transaction| Self::Failed { on, reason: reason.into(), transaction };
        let next = match (event, self) {
            (Event::Due { .. }, Self::Planned) => Self::Due,
            (Event::Dropped { .. }, Self::Planned | Self::Due) => Self::Dropped { on },
            (Event::Calling { call: 1, .. }, Self::Due) => Self::Sending(Calls { count: 1, first_at: at, last_at: at }),
            (Event::Calling { call, .. }, Self::Unknown(calls)) if *call == calls.count.saturating_add(1) => {
                Self::Sending(Calls { count: *call, first_at: calls.first_at, last_at: calls.last_at.max(at) })
            }
            (Event::Unanswered { .. }, Self::Sending(calls)) => Self::Unknown(*calls),
            (Event::Taken { transaction, .. }, Self::Sending(_) | Self::Unknown(_)) => {
                Self::Sent { transaction: transaction.clone(), since: on }
            }
            // After a second call the refusal may be the answer to one of two calls.
            (
                Event::Refused { reason, .. },
                Self::Sending(Calls { count: 1, .. }) | Self::Unknown(Calls { count: 1, .. }),
            ) => failed(reason, None),
            (Event::NotExecuted { evidence, .. }, Self::Unknown(_)) => failed(evidence.reason(), None),
            (Event::TimedOut { .. }, Self::Sent { transaction, .. }) => {
                Self::TimedOut { transaction: transaction.clone() }
            }
            (Event::Succeeded { transaction, .. }, _) if self.may_end_as(transaction) => {
                Self::Succeeded { transaction: transaction.clone(), on, late: matches!(self, Self::TimedOut { .. }) }
            }
            (Event::Failed { transaction, reason, .. }, _) if self.may_end_as(transaction) => {
                failed(reason, Some(transaction.clone()))
            }
            _ => return None,
        };
        Some(next)
    }

    /// Whether a report may contain the outcome of it under `transaction`.
    pub(crate) fn may_end_as(&self, transaction: &TransactionId) -> bool {
        match self {
            Self::Sending(_) | Self::Unknown(_) => true,
            Self::Sent { transaction: of, .. } | Self::TimedOut { transaction: of } => of == transaction,
            _ => false,
        }
    }
}

impl Evidence {
    fn reason(self) -> &'static str {
        match self {
            Self::FinalReports(_) => "it is in no report",
            Self::Status(_) => "the processor does not know it",
        }
    }
}
