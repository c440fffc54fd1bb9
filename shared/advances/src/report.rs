use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::Date;
use money::Money;
use serde::{Deserialize, Serialize};

use crate::{Direction, Reference, TransactionId};

/// The processor's report of one day: the outcomes that became known on that day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The day.
    pub day: Date,
    /// Whether nothing will be added to it. An incomplete report is taken in and read again later.
    pub complete: bool,
    /// Every transaction that the processor accepted on this date or earlier has its outcome in this report or in that
    /// of an earlier day. Only the reports up to a final date show that a payment was **not** made.
    pub final_as_of: Date,
    /// Unordered; a line may be repeated, also in the reports of other days.
    pub lines: Vec<ReportLine>,
}

/// The outcome of one transaction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportLine {
    /// The processor's id.
    pub transaction: TransactionId,
    /// Our reference, as the processor received it, if it recognises references. It may be somebody else's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Box<str>>,
    /// The direction.
    pub direction: Direction,
    /// The customer's account.
    pub account: AccountNumber,
    /// Positive.
    pub amount: Money,
    /// When the processor accepted it.
    pub accepted_on: Date,
    /// How it ended.
    pub outcome: Outcome,
}

impl ReportLine {
    /// The payment that the reference names, if it is one of ours.
    pub fn reference(&self) -> Option<Reference> {
        self.reference.as_deref()?.parse().ok()
    }
}

/// How a transaction ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The money has moved.
    Success,
    /// The money has not moved and will not.
    Fail {
        /// The processor's reason.
        reason: Box<str>,
    },
}

/// The days with complete reports that were taken in: all their lines are recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SeenReports {
    through: Date,
    final_as_of: Date,
    /// Days after a missing one, with their final dates.
    later: BTreeMap<Date, Date>,
}

impl SeenReports {
    /// Nothing is seen after `before`, the day before the first payment.
    pub fn since(before: Date) -> Self {
        Self { through: before, final_as_of: before, later: BTreeMap::new() }
    }

    /// The last day with no missing report before it.
    pub fn through(&self) -> Date {
        self.through
    }

    /// All transactions that were accepted on this date or earlier have an outcome that is taken in, or do not exist.
    pub fn final_as_of(&self) -> Date {
        self.final_as_of
    }

    /// The days up to `last` with missing reports.
    pub fn missing(&self, last: Date) -> Vec<Date> {
        let days = self.through.days().saturating_add(1)..=last.days();
        days.filter_map(|it| Date::from_days(it).ok()).filter(|it| !self.later.contains_key(it)).collect()
    }

    /// Marks a report after all its lines are recorded. Has no effect if the report is incomplete.
    pub fn see(&mut self, report: &Report) {
        if !report.complete || report.day <= self.through {
            return;
        }
        self.later.insert(report.day, report.final_as_of);
        while let Some(next) = self.through.plus_days(1).ok().filter(|it| self.later.contains_key(it)) {
            let final_as_of = self.later.remove(&next).unwrap_or(self.final_as_of);
            self.through = next;
            // A report cannot be final for days after its own.
            self.final_as_of = self.final_as_of.max(final_as_of.min(next));
        }
    }
}
