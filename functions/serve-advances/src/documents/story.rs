use advances::{Advance, Change, Payment, Progress};
use calendar::{Date, Moment};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AdvanceDocument, Money};

/// An advance with its plan, every payment, and the reason of each change.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdvanceStory {
    /// The advance.
    #[serde(flatten)]
    advance: AdvanceDocument,
    /// The attempts to pay it out.
    credits: Vec<PaymentDocument>,
    /// The instalments, in the order of planning.
    plan: Vec<InstalmentDocument>,
    /// The refunds of instalments that were collected too much.
    refunds: Vec<RefundDocument>,
    /// What has changed and why, oldest first.
    changes: Vec<ChangeDocument>,
}

/// One payment.
#[derive(Serialize, ToSchema)]
#[schema(as = Payment)]
struct PaymentDocument {
    /// Its key within the advance: `C1` a credit, `D3` a debit, `R3.1` a refund.
    #[schema(value_type = String)]
    payment: Payment,
    /// Its state: planned, due, sending, unknown, sent, timed out, succeeded, failed or cancelled.
    state: &'static str,
    /// The processor's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction: Option<String>,
    /// When the outcome became known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    known_on: Option<Date>,
    /// Why it has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Box<str>>,
}

/// One planned repayment.
#[derive(Serialize, ToSchema)]
#[schema(as = Instalment)]
struct InstalmentDocument {
    /// From 1, in the order of planning.
    number: u32,
    /// The instalment of the original plan that it is for: itself, or the one that it replaces.
    part: u32,
    /// The date from which it is collected.
    #[schema(value_type = String, format = Date)]
    due: Date,
    /// How much.
    amount: Money,
    /// Its debit.
    #[serde(flatten)]
    debit: PaymentDocument,
}

/// The refund of an instalment.
#[derive(Serialize, ToSchema)]
#[schema(as = Refund)]
struct RefundDocument {
    /// The instalment that was collected too much.
    instalment: u32,
    /// Whether it waits for an operator's approval.
    needs_approval: bool,
    /// Its attempts.
    payments: Vec<PaymentDocument>,
}

/// A change.
#[derive(Serialize, ToSchema)]
#[schema(as = Change)]
struct ChangeDocument {
    /// When.
    #[schema(value_type = String)]
    at: Moment,
    /// What has changed and why.
    text: String,
}

impl AdvanceStory {
    pub(crate) fn new(advance: &Advance, changes: Vec<Change>) -> Self {
        let plan = advance.instalments().iter().map(|it| InstalmentDocument {
            number: it.number,
            part: it.part,
            due: it.due,
            amount: it.amount.into(),
            debit: PaymentDocument::new(Payment::Debit { instalment: it.number }, &it.progress),
        });
        let credits = (1..).zip(advance.credits());
        let credits = credits.map(|(attempt, it)| PaymentDocument::new(Payment::Credit { attempt }, it));
        let refunds = advance.refunds().iter().map(|refund| {
            let instalment = refund.instalment;
            let payments = (1..).zip(&refund.payments);
            let payments =
                payments.map(|(attempt, it)| PaymentDocument::new(Payment::Refund { instalment, attempt }, it));
            let needs_approval = refund.needs_approval(advance.terms());
            RefundDocument { instalment, needs_approval, payments: payments.collect() }
        });
        Self {
            advance: advance.into(),
            credits: credits.collect(),
            plan: plan.collect(),
            refunds: refunds.collect(),
            changes: changes.into_iter().map(|it| ChangeDocument { at: it.at, text: it.text }).collect(),
        }
    }
}

impl PaymentDocument {
    fn new(payment: Payment, progress: &Progress) -> Self {
        let (known_on, reason) = match progress {
            Progress::Succeeded { on, .. } | Progress::Dropped { on } => (Some(*on), None),
            Progress::Failed { on, reason, .. } => (Some(*on), Some(reason.clone())),
            _ => (None, None),
        };
        let transaction = progress.transaction().map(ToString::to_string);
        Self { payment, state: progress.name(), transaction, known_on, reason }
    }
}
