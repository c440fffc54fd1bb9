//! Maps the field names of each feed to the columns of an import.
//!
//! A missing field becomes an empty one, and a number keeps its digits: the import decides whether a row is valid.

pub(crate) mod cdm;

use std::borrow::Cow;

use money::{Currency, DecimalMark, parse_minor};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A row in the columns of its kind of import.
pub(crate) trait Row {
    /// The names of the columns.
    const COLUMNS: &'static [&'static str];

    /// The fields in the same order.
    fn fields(&self) -> Vec<Cow<'_, str>>;

    /// The amount for the page's sums.
    fn amount(&self) -> RowAmount {
        RowAmount::None
    }
}

/// The amount of a row.
pub(crate) enum RowAmount {
    /// Rows of this kind have no amount.
    None,
    /// The amount or its currency is unreadable.
    Unreadable,
    /// In minor units.
    Minor(Currency, i64),
}

const TRANSFER: &[&str] = &["id", "payer", "beneficiary", "amount", "currency", "timestamp"];

/// A transfer of `/sepa`; all are in euros.
#[derive(Deserialize, Default)]
pub(crate) struct SepaRow<'a> {
    #[serde(borrow, default)]
    id: Field<'a>,
    #[serde(borrow, default)]
    payer_iban: Field<'a>,
    #[serde(borrow, default)]
    beneficiary_iban: Field<'a>,
    #[serde(borrow, default)]
    amount: Field<'a>,
    #[serde(borrow, default)]
    time: Field<'a>,
}

impl Row for SepaRow<'_> {
    const COLUMNS: &'static [&'static str] = TRANSFER;

    fn fields(&self) -> Vec<Cow<'_, str>> {
        let [id, payer, beneficiary] = [&self.id, &self.payer_iban, &self.beneficiary_iban].map(Field::text);
        vec![id, payer, beneficiary, self.amount.text(), Currency::EUR.code().into(), self.time.text()]
    }

    fn amount(&self) -> RowAmount {
        minor(&self.amount.text(), Some(Currency::EUR))
    }
}

/// A transfer of `/swift`.
#[derive(Deserialize, Default)]
pub(crate) struct SwiftRow<'a> {
    #[serde(borrow, default)]
    transaction_id: Field<'a>,
    #[serde(borrow, default)]
    sender: Field<'a>,
    #[serde(borrow, default)]
    receiver: Field<'a>,
    #[serde(borrow, default)]
    amount: Field<'a>,
    #[serde(borrow, default)]
    currency: Field<'a>,
    #[serde(borrow, default)]
    timestamp: Field<'a>,
}

impl Row for SwiftRow<'_> {
    const COLUMNS: &'static [&'static str] = TRANSFER;

    fn fields(&self) -> Vec<Cow<'_, str>> {
        let Self { transaction_id, sender, receiver, amount, currency, timestamp } = self;
        [transaction_id, sender, receiver, amount, currency, timestamp].map(Field::text).into()
    }

    fn amount(&self) -> RowAmount {
        minor(&self.amount.text(), Currency::parse(self.currency.text().as_bytes()).ok())
    }
}

fn minor(amount: &str, currency: Option<Currency>) -> RowAmount {
    let minor = |it: Currency| parse_minor(amount.as_bytes(), it.decimals(), DecimalMark::Point).ok();
    match currency.and_then(|it| Some((it, minor(it)?))) {
        Some((currency, minor)) => RowAmount::Minor(currency, minor),
        None => RowAmount::Unreadable,
    }
}

/// A company of `/company_info`.
#[derive(Deserialize, Default)]
pub(crate) struct CompanyRow<'a> {
    #[serde(borrow, default)]
    id: Field<'a>,
    #[serde(borrow, default)]
    name: Field<'a>,
    #[serde(borrow, default)]
    owner: Field<'a>,
    #[serde(borrow, default)]
    address: Field<'a>,
    #[serde(borrow, default)]
    email: Field<'a>,
    /// A list, or a string that the import can parse.
    #[serde(borrow, default)]
    ibans: Field<'a>,
}

impl Row for CompanyRow<'_> {
    const COLUMNS: &'static [&'static str] = &["id", "name", "owner", "address", "email", "ibans"];

    fn fields(&self) -> Vec<Cow<'_, str>> {
        let Self { id, name, owner, address, email, ibans } = self;
        let [id, name, owner, address, email] = [id, name, owner, address, email].map(Field::text);
        vec![id, name, owner, address, email, ibans.list()]
    }
}

/// A rate of `/exchange_rates`.
#[derive(Deserialize, Default)]
pub(crate) struct RateRow<'a> {
    #[serde(borrow, default)]
    currency: Field<'a>,
    #[serde(borrow, default)]
    date: Field<'a>,
    #[serde(borrow, default)]
    usd_rate: Field<'a>,
    #[serde(borrow, default)]
    eur_rate: Field<'a>,
}

impl Row for RateRow<'_> {
    const COLUMNS: &'static [&'static str] = &["currency", "usd_rate", "eur_rate", "date"];

    fn fields(&self) -> Vec<Cow<'_, str>> {
        [&self.currency, &self.usd_rate, &self.eur_rate, &self.date].map(Field::text).into()
    }
}

/// A raw value of the document. Numbers are not parsed, because that would use a float.
#[derive(Deserialize, Default)]
#[serde(transparent)]
pub(crate) struct Field<'a>(#[serde(borrow)] Option<&'a RawValue>);

impl Field<'_> {
    /// A string without quotes and escapes, any other value verbatim; empty for `null`.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        let raw = self.0.map_or("", RawValue::get);
        match raw.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
            Some(plain) if !plain.contains('\\') => plain.into(),
            // Half of a surrogate pair, such as `\ud800`, stays verbatim.
            Some(escaped) => serde_json::from_str::<String>(raw).map_or(escaped.into(), Cow::Owned),
            None => raw.into(),
        }
    }

    /// The values of a list, separated by `;`; any other value as in [`Field::text`].
    pub(crate) fn list(&self) -> Cow<'_, str> {
        match self.0.map(|it| serde_json::from_str::<Vec<Field<'_>>>(it.get())) {
            Some(Ok(values)) => values.iter().map(Field::text).collect::<Vec<_>>().join(";").into(),
            _ => self.text(),
        }
    }
}
