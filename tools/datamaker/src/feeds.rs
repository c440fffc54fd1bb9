//! The rows of a plan, one by one, without files.

use std::ops::Range;

use calendar::{Date, Moment};
use money::Money;

use crate::companies::Companies;
use crate::rates::{RateRow, rates};
use crate::transfers::{Maker, calendar, outsiders};
use crate::{Company, Feed, Plan};

/// Random access to the generated data of a plan: any part of any feed.
pub struct Feeds {
    pub(crate) plan: Plan,
    pub(crate) companies: Companies,
    /// The IBANs of outside parties.
    pub(crate) outsiders: Vec<String>,
    /// Each day in the format of a timestamp, with its quarter.
    pub(crate) calendar: Vec<(String, usize)>,
}

/// A row of a feed of transfers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransferRow {
    /// The transaction's id.
    pub id: String,
    /// The payer's IBAN.
    pub payer: String,
    /// The beneficiary's IBAN.
    pub beneficiary: String,
    /// How much; above zero.
    pub amount: Money,
    /// When.
    pub at: Moment,
}

impl Feeds {
    /// The feeds of `plan`. Generates its companies; rows are generated on request.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            companies: Companies::new(plan.seed, plan.companies),
            outsiders: outsiders(plan.seed),
            calendar: calendar(plan.first_day, plan.days),
        }
    }

    /// The companies, with the IBANs of their accounts.
    pub fn companies(&self) -> impl ExactSizeIterator<Item = (&Company, &[String])> {
        let ibans = |company: &Company| self.companies.ibans.get(company.accounts.clone()).unwrap_or_default();
        self.companies.all.iter().map(move |company| (company, ibans(company)))
    }

    /// The exchange rates, by date.
    pub fn rates(&self) -> Vec<RateRow> {
        let days = self.calendar.iter().map(|(day, _)| day.as_str()).enumerate();
        let firsts = days.filter(|(number, day)| *number == 0 || day.ends_with("-01")).map(|(_, day)| day);
        rates(self.plan.seed, firsts)
    }

    /// The number of rows of a feed.
    pub fn rows(&self, feed: Feed) -> u64 {
        Maker::new(self, feed).rows
    }

    /// Rows of a feed, counted from 0. Rows after the last do not exist.
    pub fn transfers(&self, feed: Feed, rows: Range<u64>) -> impl Iterator<Item = TransferRow> {
        let maker = Maker::new(self, feed);
        (rows.start..rows.end.min(maker.rows)).map(move |row| maker.row(row))
    }

    /// The day on which a row appears. A row that repeats an earlier one may contain an earlier date.
    pub fn day_of(&self, feed: Feed, row: u64) -> Date {
        let day = i32::try_from(Maker::new(self, feed).day_of(row)).unwrap_or(i32::MAX);
        self.plan.first_day.plus_days(day).unwrap_or(Date::MAX)
    }

    /// The first row that appears on `day` or later; the number of rows, if there is none.
    pub fn first_row(&self, feed: Feed, day: Date) -> u64 {
        let days = day.days().saturating_sub(self.plan.first_day.days());
        Maker::new(self, feed).first_row(u64::try_from(days).unwrap_or(0))
    }
}
