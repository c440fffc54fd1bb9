//! The JSON documents of the contract. Amounts are texts of exact decimals.

use advances::{Direction, Order, TransactionId};
use banking::AccountNumber;
use money::{Currency, Money};
use serde::{Deserialize, Serialize};

/// `POST /transactions`.
#[derive(PartialEq, Eq, Debug, Serialize)]
pub(crate) struct OrderDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    pub(crate) source: &'a str,
    pub(crate) destination: &'a str,
    pub(crate) amount: String,
    pub(crate) currency: Currency,
    pub(crate) direction: Direction,
}

impl<'a> OrderDocument<'a> {
    pub(crate) fn of(order: &'a Order, ours: &'a AccountNumber, with_reference: bool) -> Self {
        let (source, destination) = match order.direction {
            Direction::Credit => (ours, &order.account),
            Direction::Debit => (&order.account, ours),
        };
        Self {
            reference: with_reference.then(|| order.reference.to_string()),
            source: source.as_str(),
            destination: destination.as_str(),
            amount: order.amount.amount(),
            currency: order.amount.currency(),
            direction: order.direction,
        }
    }
}

/// 201: the accepted transaction.
#[derive(Deserialize)]
pub(crate) struct AcceptedDocument {
    pub(crate) transaction: TransactionId,
    reference: Option<String>,
    source: String,
    destination: String,
    amount: String,
    currency: Currency,
    direction: Direction,
}

impl AcceptedDocument {
    /// Whether it is the transaction of this order.
    pub(crate) fn is_of(&self, order: &OrderDocument<'_>) -> bool {
        let Self { transaction: _, reference, source, destination, amount, currency, direction } = self;
        let accepted = OrderDocument {
            // A processor without references may not invent one.
            reference: reference.clone(),
            source,
            destination,
            amount: amount.clone(),
            currency: *currency,
            direction: *direction,
        };
        accepted == *order
    }
}

/// A problem document (RFC 9457).
#[derive(Deserialize)]
pub(crate) struct ProblemDocument {
    pub(crate) r#type: String,
    pub(crate) detail: Option<String>,
    /// Of a refusal.
    pub(crate) reference: Option<String>,
}

/// The only final refusal.
pub(crate) const REFUSED: &str = "urn:millrace:problem:transaction-refused";
/// The day has no report yet.
pub(crate) const NO_REPORT: &str = "urn:millrace:problem:report-not-available";

/// Reads a positive amount with all decimals of its currency, and nothing else.
pub(crate) fn positive(amount: &str, currency: Currency) -> Option<Money> {
    Money::parse(amount, currency).ok().filter(|it| it.minor() > 0 && it.amount() == amount)
}
