//! A history of an account, as JSON.

use banking::AccountNumber;
use calendar::{Bucket, Date};
use ledger::{Period, View};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Money, ViewName};

/// What a history is cut into.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[schema(as = Bucket)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BucketName {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl From<Bucket> for BucketName {
    fn from(bucket: Bucket) -> Self {
        match bucket {
            Bucket::Day => Self::Day,
            Bucket::Week => Self::Week,
            Bucket::Month => Self::Month,
            Bucket::Quarter => Self::Quarter,
            Bucket::Year => Self::Year,
        }
    }
}

/// What moved on an account, bucket by bucket.
#[derive(Serialize, ToSchema)]
#[schema(as = History)]
pub(crate) struct HistoryDocument {
    /// Whose.
    #[schema(value_type = String)]
    account: AccountNumber,
    /// What it is cut into.
    by: BucketName,
    /// Which entries count.
    view: ViewName,
    /// The buckets, the oldest first; those at the ends may be parts of one.
    buckets: Vec<BucketDocument>,
}

/// A part of a history.
#[derive(Serialize, ToSchema)]
#[schema(as = HistoryBucket)]
pub(crate) struct BucketDocument {
    /// Its first day.
    #[schema(value_type = String, format = Date)]
    from: Date,
    /// Its last day.
    #[schema(value_type = String, format = Date)]
    to: Date,
    /// One for each currency.
    movements: Vec<MovementDocument>,
}

/// What moved in one currency: opening + in + out = closing, net = in + out.
#[derive(Serialize, ToSchema)]
#[schema(as = Movement)]
pub(crate) struct MovementDocument {
    /// The balance before the first day.
    opening: Money,
    /// The sum of the credits.
    r#in: Money,
    /// The sum of the debits, zero or below.
    out: Money,
    /// Both together.
    net: Money,
    /// The balance at the end of the last day.
    closing: Money,
    /// How many entries.
    transactions: u64,
}

impl HistoryDocument {
    pub(crate) fn new(account: AccountNumber, by: Bucket, view: View, periods: Vec<Period>) -> Self {
        let buckets = periods.into_iter().map(BucketDocument::from).collect();
        Self { account, by: by.into(), view: view.into(), buckets }
    }
}

impl From<Period> for BucketDocument {
    fn from(period: Period) -> Self {
        let movement = |(currency, it): (money::Currency, ledger::Movement)| {
            let money = |minor: i128| Money::from(money::Money::new(minor, currency));
            MovementDocument {
                opening: money(it.opening_minor),
                r#in: money(it.figures.in_minor),
                out: money(it.figures.out_minor),
                net: money(it.figures.net_minor()),
                closing: money(it.closing_minor()),
                transactions: it.figures.count,
            }
        };
        Self { from: period.from, to: period.to, movements: period.currencies.into_iter().map(movement).collect() }
    }
}
