//! Each feed's own spelling of its rows, as the columns of an import.
//!
//! A field that is missing becomes an empty one, and a number its digits as they stand: whether a row can be taken, and
//! why not, is for the import to say.

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

    /// What the page's sums count.
    fn amount(&self) -> RowAmount {
        RowAmount::None
    }
}

/// The amount of a row.
pub(crate) enum RowAmount {
    /// Rows of its kind have none.
    None,
    /// It, or its currency, cannot be read.
    Unreadable,
    /// In minor units.
    Minor(Currency, i64),
}

const TRANSFER: &[&str] = &["id", "payer", "beneficiary", "amount", "currency", "timestamp"];

/// A transfer as `/sepa` spells it; all are in euros.
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

/// A transfer as `/swift` spells it.
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

/// A company as `/company_info` spells it.
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
    /// A list; where it is a text, the import can read that, too.
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

/// A rate as `/exchange_rates` spells it.
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

/// A value as it stands in the document. A number is never read as one, for that would go through a float.
#[derive(Deserialize, Default)]
#[serde(transparent)]
pub(crate) struct Field<'a>(#[serde(borrow)] Option<&'a RawValue>);

impl Field<'_> {
    /// A text without its quotes and escapes, anything else as it is written; nothing for `null`.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        let raw = self.0.map_or("", RawValue::get);
        match raw.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
            Some(plain) if !plain.contains('\\') => plain.into(),
            // Half of a character, such as `\ud800`, stays as it is written.
            Some(escaped) => serde_json::from_str::<String>(raw).map_or(escaped.into(), Cow::Owned),
            None => raw.into(),
        }
    }

    /// The values of a list, separated by `;`; anything else as [`Field::text`] gives it.
    pub(crate) fn list(&self) -> Cow<'_, str> {
        match self.0.map(|it| serde_json::from_str::<Vec<Field<'_>>>(it.get())) {
            Some(Ok(values)) => values.iter().map(Field::text).collect::<Vec<_>>().join(";").into(),
            _ => self.text(),
        }
    }
}
