//! The documents of the processor's contract, and of its own routes.

use banking::AccountNumber;
use calendar::{Date, Moment};
use lambda_kit::FieldError;
use money::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::{Chances, ChancesError};

/// The longest reference in characters.
const MAX_REFERENCE_CHARS: usize = 35;

/// The direction of a transaction, from the customer's view.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Money goes to the customer: the destination is the customer's account.
    Credit,
    /// Money comes from the customer: the source is the customer's account.
    Debit,
}

/// `POST /transactions`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The client's reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The account that is charged.
    pub source: AccountNumber,
    /// The account that is credited.
    pub destination: AccountNumber,
    /// A positive number with all decimals of the currency.
    pub amount: String,
    /// The currency.
    pub currency: Currency,
    /// Which of the accounts is the customer's.
    pub direction: Direction,
}

impl Order {
    /// The customer's account.
    pub fn customer(&self) -> &AccountNumber {
        match self.direction {
            Direction::Credit => &self.destination,
            Direction::Debit => &self.source,
        }
    }

    /// The account of the processor's client.
    pub fn client(&self) -> &AccountNumber {
        match self.direction {
            Direction::Credit => &self.source,
            Direction::Debit => &self.destination,
        }
    }

    /// The fields with values that are not accepted. `references`: whether an order must have a reference; else it must
    /// have none.
    pub fn errors(&self, references: bool) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let is_reference = |it: &String| {
            (1..=MAX_REFERENCE_CHARS).contains(&it.len()) && it.bytes().all(|byte| byte.is_ascii_graphic())
        };
        match &self.reference {
            None if references => errors.push(FieldError::new("reference", "not given")),
            Some(_) if !references => errors.push(FieldError::new("reference", "this processor recognises none")),
            Some(it) if !is_reference(it) => {
                errors.push(FieldError::new("reference", "not 1 to 35 visible ASCII characters"));
            }
            _ => {}
        }
        let amount = Money::parse(&self.amount, self.currency).ok();
        if !amount.is_some_and(|it| it.minor() > 0 && it.amount() == self.amount) {
            errors.push(FieldError::new("amount", "not a positive number with all decimals of the currency"));
        }
        if self.source == self.destination {
            errors.push(FieldError::new("destination", "the same account as the source"));
        }
        errors
    }
}

/// A transaction that the processor has accepted, or, with `accepted_at` ahead of its clock, is going to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Transaction {
    /// The processor's id.
    pub transaction: String,
    /// The order.
    #[serde(flatten)]
    pub order: Order,
    /// When it was accepted.
    pub accepted_at: Moment,
    /// The day of the report with the outcome.
    pub reported_on: Date,
    /// How it ends.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How a transaction ends.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The money has moved.
    Success,
    /// The money has not moved and will not.
    Fail {
        /// Why.
        reason: String,
    },
}

/// `GET /reports/{date}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// The day.
    pub day: Date,
    /// Whether nothing will be added.
    pub complete: bool,
    /// Every transaction accepted on this date or earlier has its outcome in this report or in one of an earlier day.
    pub final_as_of: Date,
    /// The outcomes.
    pub lines: Vec<ReportLine>,
}

/// A line of a report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReportLine {
    /// The processor's id.
    pub transaction: String,
    /// The order.
    #[serde(flatten)]
    pub order: Order,
    /// When it was accepted.
    pub accepted_on: Date,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The clock and the failures of the processor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// Its time; `None`: that of the machine.
    pub now: Option<Moment>,
    /// How it fails.
    pub faults: Faults,
}

/// `POST /faults`.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    /// All failures follow from it.
    pub seed: u64,
    /// The rates, as [`Chances`] reads them.
    #[serde(default)]
    pub chances: String,
    /// Debits of these accounts fail.
    #[serde(default)]
    pub without_funds: Vec<AccountNumber>,
}

impl Faults {
    /// The rates.
    pub fn rates(&self) -> Result<Chances, ChancesError> {
        self.chances.parse()
    }
}
