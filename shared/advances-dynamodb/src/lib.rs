//! Advances in a DynamoDB table: facts, claims, breaks, runs, and the gate.
//!
//! | pk | sk | attributes |
//! | --- | --- | --- |
//! | `ADV#<id>` | `FACT#<number>` | `doc` the fact as JSON |
//! | `ADV#<id>` | `INDEX` | `listing` `advance/<status>` and `listed_at` for the index `by-listing`; `customer` and `listed_at` for the index `by-customer`; `work` and `next_work` for the index `work`, while there is work |
//! | `TX#<transaction>` | `TX` | `payment` to which the processor's transaction belongs |
//! | `SLOT#<content>` | `SLOT` | `payment` with a call of this content without an answer |
//! | `BREAK#<id>` | `BREAK` | `doc` the break as JSON; `listing` `break/open` or `break/closed` and `listed_at` for the index `by-listing` |
//! | `RUNS` | `RUN#<date>` | `doc` the run as JSON; `version` |
//! | `REPORTS` | `REPORTS` | `doc` the reports that were taken in as JSON; `version` |
//! | `GATE` | `GATE` | `doc` the gate as JSON; `version` |
//! | `CLOCK` | `CLOCK` | `doc` how far the clock is set ahead, on a stack with the sandbox's processor; `version` |

mod breaks;
mod clock;
mod facts;
mod gate;
mod lists;
mod runs;

use advances::ports::PortError;
use dynamodb::{Client, DynamoDbError, Table};

pub use clock::SimulatedClock;

/// Advances in a table.
#[derive(Clone, Debug)]
pub struct DynamoDbAdvances {
    table: Table,
}

impl DynamoDbAdvances {
    /// The advances in the table of this name.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(client, table) }
    }
}

/// The attribute of versions.
const VERSION: &str = "version";
/// The index of advances by status and of breaks by state, with its keys.
const BY_LISTING: (&str, &str) = ("by-listing", "listing");
/// The range key of the lists: unique, chronological, without a hash sign in its first part.
const LISTED_AT: &str = "listed_at";

fn failed(error: DynamoDbError) -> PortError {
    if error.is_broken() { broken(error) } else { PortError::Unavailable("the table of advances", error.into()) }
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PortError {
    PortError::Broken("the table of advances", error.into())
}
