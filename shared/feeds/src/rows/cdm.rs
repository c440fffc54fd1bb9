//! The rows of the format of the original assignment.

use std::borrow::Cow;

use money::Currency;
use serde::Deserialize;

use super::{Field, Row, RowAmount, TRANSFER, minor};

/// A transfer; both feeds use the same field names.
#[derive(Deserialize, Default)]
pub(crate) struct TransferRow<'a> {
    #[serde(borrow, default)]
    id: Field<'a>,
    #[serde(borrow, default)]
    sender: Field<'a>,
    #[serde(borrow, default)]
    beneficiary: Field<'a>,
    #[serde(borrow, default)]
    amount: Field<'a>,
    #[serde(borrow, default)]
    currency: Field<'a>,
    #[serde(borrow, default)]
    time: Field<'a>,
}

impl Row for TransferRow<'_> {
    const COLUMNS: &'static [&'static str] = TRANSFER;

    fn fields(&self) -> Vec<Cow<'_, str>> {
        let Self { id, sender, beneficiary, amount, currency, time } = self;
        [id, sender, beneficiary, amount, currency, time].map(Field::text).into()
    }

    fn amount(&self) -> RowAmount {
        minor(&self.amount.text(), Currency::parse(self.currency.text().as_bytes()).ok())
    }
}

/// A company. Its `balance` has neither a date nor a currency nor an account, so it cannot be compared.
#[derive(Deserialize, Default)]
pub(crate) struct CompanyRow<'a> {
    #[serde(borrow, default, rename = "companyID")]
    id: Field<'a>,
    #[serde(borrow, default)]
    name: Field<'a>,
    #[serde(borrow, default)]
    address: Field<'a>,
    /// A string like `{A,B}`, which the import can parse.
    #[serde(borrow, default)]
    ibans: Field<'a>,
}

impl Row for CompanyRow<'_> {
    const COLUMNS: &'static [&'static str] = super::CompanyRow::COLUMNS;

    fn fields(&self) -> Vec<Cow<'_, str>> {
        let Self { id, name, address, ibans } = self;
        vec![id.text(), name.text(), "".into(), address.text(), "".into(), ibans.text()]
    }
}

/// A rate. It has no date, so it applies to the day of the import.
#[derive(Deserialize, Default)]
pub(crate) struct RateRow<'a> {
    #[serde(borrow, default)]
    currency: Field<'a>,
    #[serde(borrow, default)]
    usd_rate: Field<'a>,
    #[serde(borrow, default)]
    eur_rate: Field<'a>,
}

impl Row for RateRow<'_> {
    const COLUMNS: &'static [&'static str] = super::RateRow::COLUMNS;

    fn fields(&self) -> Vec<Cow<'_, str>> {
        vec![self.currency.text(), self.usd_rate.text(), self.eur_rate.text(), "".into()]
    }
}
