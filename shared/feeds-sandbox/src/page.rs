//! The documents. Both feeds contain the same data of a transfer under different field names, as real feeds do.

use std::collections::BTreeMap;

use datamaker::{Company, Feed, RateRow, TransferRow};
use money::{Money, MoneyError};
use serde::Serialize;

/// A page of any feed.
#[derive(Serialize)]
pub(crate) struct Page<'a, R: Serialize> {
    pub(crate) feed: &'a str,
    /// The requested cursor.
    pub(crate) cursor: String,
    /// The cursor of the next page.
    pub(crate) next: String,
    /// Whether more rows exist now.
    pub(crate) more: bool,
    /// The number of rows.
    pub(crate) rows: usize,
    #[serde(flatten)]
    pub(crate) content: R,
}

#[derive(Serialize)]
pub(crate) struct Companies<'a> {
    pub(crate) companies: Vec<CompanyDocument<'a>>,
}

#[derive(Serialize)]
pub(crate) struct CompanyDocument<'a> {
    id: &'a str,
    name: &'a str,
    owner: &'a str,
    address: &'a str,
    email: &'a str,
    ibans: &'a [String],
}

impl<'a> CompanyDocument<'a> {
    pub(crate) fn new(company: &'a Company, ibans: &'a [String]) -> Self {
        let Company { id, name, owner, address, email, .. } = company;
        Self { id, name, owner, address, email, ibans }
    }
}

#[derive(Serialize)]
pub(crate) struct Rates<'a> {
    pub(crate) rates: Vec<RateDocument<'a>>,
}

#[derive(Serialize)]
pub(crate) struct RateDocument<'a> {
    currency: &'a str,
    date: &'a str,
    usd_rate: &'a str,
    eur_rate: &'a str,
}

impl<'a> RateDocument<'a> {
    pub(crate) fn new(rate: &'a RateRow) -> Self {
        Self { currency: rate.currency, date: &rate.date, usd_rate: &rate.usd, eur_rate: &rate.eur }
    }
}

#[derive(Serialize)]
pub(crate) struct Transfers {
    /// Of the amounts of all rows, by currency.
    sums: BTreeMap<&'static str, String>,
    transfers: Vec<TransferDocument>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum TransferDocument {
    /// It is in euros.
    Sepa { id: String, payer_iban: String, beneficiary_iban: String, amount: String, time: String },
    Swift {
        transaction_id: String,
        sender: String,
        receiver: String,
        amount: String,
        currency: &'static str,
        timestamp: String,
    },
}

impl Transfers {
    pub(crate) fn new(feed: Feed, rows: Vec<TransferRow>) -> Result<Self, MoneyError> {
        let mut sums = BTreeMap::<&'static str, Money>::new();
        for row in &rows {
            let sum = sums.entry(row.amount.currency().code()).or_insert(Money::new(0, row.amount.currency()));
            *sum = sum.try_add(row.amount)?;
        }
        let sums = sums.into_iter().map(|(code, sum)| (code, sum.amount())).collect();
        Ok(Self { sums, transfers: rows.into_iter().map(|row| TransferDocument::new(feed, row)).collect() })
    }

    pub(crate) fn rows(&self) -> usize {
        self.transfers.len()
    }
}

impl TransferDocument {
    fn new(feed: Feed, row: TransferRow) -> Self {
        let TransferRow { id, payer, beneficiary, amount, at } = row;
        let (currency, amount, at) = (amount.currency().code(), amount.amount(), at.to_string());
        match feed {
            Feed::Sepa => Self::Sepa { id, payer_iban: payer, beneficiary_iban: beneficiary, amount, time: at },
            Feed::Swift => Self::Swift {
                transaction_id: id,
                sender: payer,
                receiver: beneficiary,
                amount,
                currency,
                timestamp: at,
            },
        }
    }
}
