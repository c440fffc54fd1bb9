use money::Money;
use serde::{Deserialize, Serialize};

use crate::state::State;

/// The statistics of a file. Rows: read = taken + rejected.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ImportStats {
    /// Data rows, without the header.
    pub rows_read: u64,
    /// Accepted rows.
    pub rows_taken: u64,
    /// Rejected rows, each with its reason in the rejects file.
    pub rows_rejected: u64,
    /// The number of rejects that exceed the limit of the rejects file.
    pub rejects_left_out: u64,
    /// Entries from the accepted rows; a transfer gives one entry for each registered account.
    pub entries: u64,
    /// Accounts they are on.
    pub accounts: u64,
    /// Customers and companies that the file names.
    pub customers: u64,
    /// Batches they were split into.
    pub batches: u32,
    /// The sums of the entries, by currency.
    pub sums: Vec<Sums>,
    /// For a file of transfers: the sums of its rows, by currency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<TransferSums>,
    /// Warnings about accepted rows, and hints about rejected ones.
    pub warnings: Vec<Warning>,
    /// The first rejects.
    pub first_rejects: Vec<Reject>,
    /// Whether the holders of the accounts get a summary.
    pub summaries: bool,
}

/// Credits and debits of one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sums {
    /// The sum of the amounts above zero.
    pub credits: Money,
    /// The sum of the amounts below zero.
    pub debits: Money,
}

/// The rows of one currency in a file of transfers, and the sums of their amounts. The number of their entries is
/// `taken_rows` + `both_rows`; the same holds for the sums.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TransferSums {
    /// Accepted rows.
    pub taken_rows: u64,
    /// Their sum.
    pub taken: Money,
    /// The accepted rows with two registered accounts: each gives two entries.
    pub both_rows: u64,
    /// Their sum.
    pub both: Money,
    /// Rejected rows with a readable currency and amount.
    pub rejected_rows: u64,
    /// Their sum.
    pub rejected: Money,
}

/// A warning, and its number of rows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Warning {
    /// What.
    pub what: String,
    /// In how many rows.
    pub rows: u64,
}

/// A rejected row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reject {
    /// Its line in the file; the header is line 1.
    pub line: u64,
    /// Why, and where in it.
    pub reason: String,
    /// The row, cut after 200 bytes.
    pub row: String,
}

impl ImportStats {
    /// Whether the file has rows and all of them were rejected.
    pub fn is_rejected(&self) -> bool {
        self.rows_read > 0 && self.rows_taken == 0
    }

    /// The final state of the import, after everything is posted.
    pub fn end_state(&self) -> State {
        if !self.is_rejected() {
            return State::Done;
        }
        let first = self.first_rejects.first().map(|it| format!("; line {}: {}", it.line, it.reason));
        let reason = format!("0 of {} rows were taken{}", self.rows_read, first.unwrap_or_default());
        State::Rejected { reason }
    }
}
