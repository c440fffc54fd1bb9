use banking::AccountNumber;
use calendar::{Date, Moment};
use money::Money;
use serde::{Deserialize, Serialize};

use crate::{AdvanceId, Order, Payment, Terms, TransactionId};

/// Something that has happened to an advance. Facts are only appended; [`Advance`](crate::Advance) is their fold.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Fact {
    /// When: the business date of a run, or the instant of a call or of a request.
    pub at: Moment,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

impl Fact {
    /// A fact of a run for a business date.
    pub fn on(date: Date, event: Event) -> Self {
        Self { at: Moment::day(date), event }
    }

    /// Its date in UTC.
    pub fn date(&self) -> Date {
        self.at.date()
    }
}

/// The kinds of facts.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A customer has requested the advance. Always the first fact.
    Requested {
        /// The id.
        advance: AdvanceId,
        /// The customer's id in the register.
        customer: Box<str>,
        /// The account that is credited and debited.
        account: AccountNumber,
        /// How much.
        amount: Money,
        /// The terms.
        terms: Terms,
    },
    /// The advance was cancelled before any call of its credit.
    Cancelled {
        /// Who cancelled it.
        by: Box<str>,
        /// Why.
        reason: Box<str>,
    },
    /// A payment is to be made from now on.
    Due {
        /// The payment.
        payment: Payment,
    },
    /// The intent of a call, stored before the call.
    Calling {
        /// The payment.
        payment: Payment,
        /// 1 for the first call, then 2, …: always under the same reference.
        call: u32,
        /// What the processor is requested to do.
        order: Order,
    },
    /// The processor has accepted the payment; its outcome is not known.
    Taken {
        /// The payment.
        payment: Payment,
        /// The processor's id of it.
        transaction: TransactionId,
    },
    /// The processor has definitely refused the only call of the payment.
    Refused {
        /// The payment.
        payment: Payment,
        /// The processor's reason.
        reason: Box<str>,
    },
    /// A call ended without an answer that is documented as final. The payment may have been made.
    Unanswered {
        /// The payment.
        payment: Payment,
        /// What happened.
        reason: Box<str>,
    },
    /// The processor reports that the money has moved.
    Succeeded {
        /// The payment.
        payment: Payment,
        /// The processor's id of it.
        transaction: TransactionId,
    },
    /// The processor reports that the money has not moved and will not.
    Failed {
        /// The payment.
        payment: Payment,
        /// The processor's id of it.
        transaction: TransactionId,
        /// The processor's reason.
        reason: Box<str>,
    },
    /// The processor does not know the payment, and no call of it can still arrive: it was not made.
    NotExecuted {
        /// The payment.
        payment: Payment,
        /// How that is known.
        evidence: Evidence,
    },
    /// A debit has no outcome in the complete reports of all days of the observation window. It may still succeed.
    TimedOut {
        /// The payment.
        payment: Payment,
        /// The last day of the window.
        through: Date,
    },
    /// Instalments are added to the plan.
    Planned {
        /// In the order of their numbers, which continue those of the plan.
        instalments: Vec<PlannedInstalment>,
    },
    /// An instalment is not needed, because another one has paid for it, and was not sent.
    Dropped {
        /// Its number.
        instalment: u32,
        /// The instalment that has paid.
        paid_by: u32,
    },
    /// A part of the advance has failed as often as the terms allow and is not collected again.
    GivenUp {
        /// The last instalment for it.
        instalment: u32,
    },
    /// The credit has failed as often as the terms allow: there is no advance.
    CreditGivenUp,
    /// An instalment was collected although another one had paid for it.
    RefundOpened {
        /// Its number.
        instalment: u32,
    },
    /// An operator has approved a refund.
    RefundApproved {
        /// The instalment.
        instalment: u32,
        /// Who approved it.
        by: Box<str>,
    },
    /// Nothing is collected any more; this amount was not paid.
    WrittenOff {
        /// How much.
        amount: Money,
    },
}

/// An instalment when it is planned.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedInstalment {
    /// From 1.
    pub number: u32,
    /// The instalment of the original plan that it is for: itself, or the one that it replaces.
    pub part: u32,
    /// The date from which it is collected.
    pub due: Date,
    /// How much.
    pub amount: Money,
}

/// How it is known that a payment was not made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// It is in no report, and the reports are final for all transactions up to this date.
    FinalReports(Date),
    /// The processor did not know its reference at this time.
    Status(Moment),
}
