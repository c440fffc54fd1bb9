//! Histories, as JSON.

use banking::AccountNumber;
use calendar::{Bucket, Date};
use customers::CustomerId;
use ledger::{History, Period, View};
use serde::Serialize;
use treasury::{ConvertedHistory, ConvertedPeriod, dirty_entries};
use utoipa::ToSchema;

use super::counterparties::{TurnoverDocument, turnovers};
use super::{Money, Subject, ViewName, moneys};

/// The period into which a history is divided.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[schema(as = Bucket)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names of the buckets")]
pub enum BucketName {
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

/// The flows of an account, by bucket.
#[derive(Serialize, ToSchema)]
#[schema(as = History)]
pub struct HistoryDocument {
    /// The customer or account.
    #[schema(value_type = String)]
    account: AccountNumber,
    /// The bucket size.
    by: BucketName,
    /// Which entries count.
    view: ViewName,
    /// The buckets, oldest first; the first and the last may be partial.
    buckets: Vec<BucketDocument>,
    /// Dirty entries from the first to the last day, one line for each currency with any. In and out include them only
    /// in the view `all`.
    dirty: Vec<TurnoverDocument>,
    /// Dirty entries before the first day. The opening includes them only in the view `all`.
    dirty_before: Vec<TurnoverDocument>,
}

/// A part of a history.
#[derive(Serialize, ToSchema)]
#[schema(as = HistoryBucket)]
struct BucketDocument {
    /// Its first day.
    #[schema(value_type = String, format = Date)]
    from: Date,
    /// Its last day.
    #[schema(value_type = String, format = Date)]
    to: Date,
    /// One for each currency.
    movements: Vec<MovementDocument>,
}

/// The flows in one currency: opening + in + out = closing, net = in + out.
#[derive(Serialize, ToSchema)]
#[schema(as = Movement)]
struct MovementDocument {
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
    /// The history of `account`.
    pub fn new(account: AccountNumber, by: Bucket, view: View, history: History) -> Self {
        Self {
            account,
            by: by.into(),
            view: view.into(),
            dirty: turnovers(dirty_entries(&history.within)),
            dirty_before: turnovers(dirty_entries(&history.before)),
            buckets: history.periods.into_iter().map(BucketDocument::from).collect(),
        }
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

/// The flows of all accounts of a customer, by bucket.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerHistory)]
pub struct CompanyHistoryDocument {
    /// The customer or account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "uuid", required = true)]
    customer: Option<CustomerId>,
    /// The account, in the command's documents of one account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    account: Option<AccountNumber>,
    /// The bucket size.
    by: BucketName,
    /// Which entries count.
    view: ViewName,
    /// The buckets, oldest first; the first and the last may be partial.
    buckets: Vec<CompanyBucketDocument>,
    /// All buckets together, if a currency is requested: the sums of in, out, net and revaluation.
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedMovementDocument>,
    /// Dirty entries from the first to the last day, one line for each currency with any. In and out include them only
    /// in the view `all`.
    dirty: Vec<TurnoverDocument>,
    /// Dirty entries before the first day. The opening includes them only in the view `all`.
    dirty_before: Vec<TurnoverDocument>,
}

/// A part of a customer's history.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerHistoryBucket)]
struct CompanyBucketDocument {
    #[serde(flatten)]
    bucket: BucketDocument,
    /// All currencies together, if one is requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedMovementDocument>,
}

/// The flows, converted into one currency: opening + net + revaluation = closing, net = in + out. Opening and closing
/// use the rates of their days, in and out are the flows of each day at the rate of that day.
#[derive(Serialize, ToSchema)]
#[schema(as = ConvertedMovement)]
struct ConvertedMovementDocument {
    /// The balance before the first day.
    opening: Money,
    /// The sum of the credits.
    r#in: Money,
    /// The sum of the debits, zero or below.
    out: Money,
    /// Both together.
    net: Money,
    /// The effect of changed rates on the balance; this includes a currency with its first rate in the bucket.
    revaluation: Money,
    /// The balance at the end of the last day.
    closing: Money,
    /// The amounts without a rate, which the opening excludes.
    unconverted_opening: Vec<Money>,
    /// The credits without a rate on their day, which `in` excludes.
    unconverted_in: Vec<Money>,
    /// The debits without a rate on their day, which `out` excludes; below zero.
    unconverted_out: Vec<Money>,
    /// The amounts without a rate, which the closing excludes.
    unconverted_closing: Vec<Money>,
}

impl From<ConvertedPeriod> for ConvertedMovementDocument {
    fn from(it: ConvertedPeriod) -> Self {
        Self {
            opening: it.opening.into(),
            r#in: it.r#in.into(),
            out: it.out.into(),
            net: it.net.into(),
            revaluation: it.revaluation.into(),
            closing: it.closing.into(),
            unconverted_opening: moneys(it.unconverted_opening),
            unconverted_in: moneys(it.unconverted_in),
            unconverted_out: moneys(it.unconverted_out),
            unconverted_closing: moneys(it.unconverted_closing),
        }
    }
}

impl CompanyHistoryDocument {
    /// The history of `subject`, with its conversion into one currency.
    pub fn new(
        subject: &Subject,
        by: Bucket,
        view: View,
        history: History,
        converted: Option<ConvertedHistory>,
    ) -> Self {
        let converted = converted.unwrap_or_default();
        let mut of_buckets = converted.periods.into_iter();
        let bucket = |period: Period| CompanyBucketDocument {
            bucket: period.into(),
            converted: of_buckets.next().map(ConvertedMovementDocument::from),
        };
        Self {
            customer: subject.customer(),
            account: subject.account(),
            by: by.into(),
            view: view.into(),
            dirty: turnovers(dirty_entries(&history.within)),
            dirty_before: turnovers(dirty_entries(&history.before)),
            buckets: history.periods.into_iter().map(bucket).collect(),
            converted: converted.total.map(ConvertedMovementDocument::from),
        }
    }
}
