use advances::{Advance, AdvanceId, Status};
use calendar::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::Money;

/// An advance. Always: paid + due later + in progress + refused = amount.
#[derive(Serialize, ToSchema)]
#[schema(as = Advance)]
pub(crate) struct AdvanceDocument {
    /// The id.
    #[schema(value_type = String, pattern = "^[0-9a-f]{24}$")]
    id: AdvanceId,
    /// The customer's id.
    #[schema(format = "uuid")]
    customer: Box<str>,
    /// The account that is credited and debited.
    account: String,
    /// How much.
    amount: Money,
    /// The state as a whole.
    state: AdvanceState,
    /// The date of the request.
    #[schema(value_type = String, format = Date)]
    requested_on: Date,
    /// The date on which the success of the credit became known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    credited_on: Option<Date>,
    /// Collected, each part once.
    paid: Money,
    /// Not sent yet; before the credit, all of it.
    due_later: Money,
    /// Sent, without an outcome.
    in_progress: Money,
    /// Not collected again, or never paid out.
    refused: Money,
    /// Collected a second time.
    overpaid: Money,
    /// The part of `overpaid` that was paid back.
    refunded: Money,
}

/// The state of an advance.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AdvanceState {
    /// Nothing was sent.
    Requested,
    /// The credit was sent at least once and has not succeeded.
    Crediting,
    /// The credit has succeeded; repayments are collected.
    Active,
    /// All of it is paid back.
    Settled,
    /// It was collected as far as possible; the rest is written off.
    WrittenOff,
    /// It was cancelled before the credit.
    Cancelled,
    /// The credit has failed as often as the terms allow.
    CreditFailed,
}

impl From<&Advance> for AdvanceDocument {
    fn from(advance: &Advance) -> Self {
        let figures = advance.figures();
        Self {
            id: advance.id().clone(),
            customer: advance.customer().into(),
            account: advance.account().as_str().to_owned(),
            amount: advance.amount().into(),
            state: advance.status().into(),
            requested_on: advance.requested_on(),
            credited_on: advance.credited_on(),
            paid: figures.paid.into(),
            due_later: figures.due_later.into(),
            in_progress: figures.in_progress.into(),
            refused: figures.refused.into(),
            overpaid: figures.overpaid.into(),
            refunded: figures.refunded.into(),
        }
    }
}

impl From<Status> for AdvanceState {
    fn from(status: Status) -> Self {
        match status {
            Status::Requested => Self::Requested,
            Status::Crediting => Self::Crediting,
            Status::Active => Self::Active,
            Status::Settled => Self::Settled,
            Status::WrittenOff => Self::WrittenOff,
            Status::Cancelled => Self::Cancelled,
            Status::CreditFailed => Self::CreditFailed,
        }
    }
}
