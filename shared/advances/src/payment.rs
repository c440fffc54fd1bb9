use std::fmt;

use banking::AccountNumber;
use money::Money;
use serde::{Deserialize, Serialize};

use crate::Reference;

/// One payment of an advance. Each has one [`Reference`], whatever happens to its calls; another attempt after a
/// definite failure is another payment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Payment {
    /// The advance is paid out: `C1`, and `C2` once `C1` is known to have failed.
    Credit {
        /// From 1.
        attempt: u32,
    },
    /// An instalment is collected: `D3`. If it fails, another instalment replaces it.
    Debit {
        /// From 1.
        instalment: u32,
    },
    /// An instalment that was collected although another one had paid for it is paid back: `R3.1`.
    Refund {
        /// The instalment that was collected too much.
        instalment: u32,
        /// From 1.
        attempt: u32,
    },
}

impl Payment {
    /// The direction of its money.
    pub fn direction(self) -> Direction {
        match self {
            Self::Credit { .. } | Self::Refund { .. } => Direction::Credit,
            Self::Debit { .. } => Direction::Debit,
        }
    }
}

impl fmt::Display for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credit { attempt } => write!(f, "C{attempt}"),
            Self::Debit { instalment } => write!(f, "D{instalment}"),
            Self::Refund { instalment, attempt } => write!(f, "R{instalment}.{attempt}"),
        }
    }
}

impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The direction of a payment, from the customer's view.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Money goes to the customer's account.
    Credit,
    /// Money comes from the customer's account.
    Debit,
}

/// What the processor is requested to do: the content of a call, stored before the call.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The reference. A processor that recognises none does not get it.
    pub reference: Reference,
    /// The direction.
    pub direction: Direction,
    /// The customer's account.
    pub account: AccountNumber,
    /// Positive.
    pub amount: Money,
}
