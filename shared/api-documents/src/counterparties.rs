//! The counterparties of a customer, as JSON.

use banking::AccountNumber;
use customers::CustomerId;
use ledger::View;
use serde::Serialize;
use treasury::{
    ConvertedTotal, ConvertedTurnover, Counterparty, Country, TopCounterparties, Turnover, TurnoverByCountry,
};
use utoipa::ToSchema;

use super::{Money, Subject, ViewName, moneys};

/// Credits and debits in one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = Turnover)]
pub(crate) struct TurnoverDocument {
    /// How many entries.
    transactions: u64,
    /// The sum of the credits.
    r#in: Money,
    /// The sum of the debits, zero or below.
    out: Money,
}

pub(crate) fn turnovers(turnover: Vec<Turnover>) -> Vec<TurnoverDocument> {
    let turnover = turnover.into_iter();
    turnover
        .map(|it| TurnoverDocument { transactions: it.transactions, r#in: it.r#in.into(), out: it.out.into() })
        .collect()
}

/// Credits and debits converted into one currency, each at the rate of its day.
#[derive(Serialize, ToSchema)]
#[schema(as = ConvertedTurnover)]
struct ConvertedTurnoverDocument {
    /// The sum of the credits.
    r#in: Money,
    /// The sum of the debits, zero or below.
    out: Money,
    /// The sum of in and out, regardless of sign.
    gross: Money,
}

impl From<ConvertedTurnover> for ConvertedTurnoverDocument {
    fn from(it: ConvertedTurnover) -> Self {
        Self { r#in: it.r#in.into(), out: it.out.into(), gross: it.gross.into() }
    }
}

/// The converted sums of all entries: in and out are those of the history of the same days.
#[derive(Serialize, ToSchema)]
#[schema(as = ConvertedTurnoverTotal)]
struct ConvertedTotalDocument {
    /// The sum of the credits.
    r#in: Money,
    /// The sum of the debits, zero or below.
    out: Money,
    /// The sum of in and out, regardless of sign.
    gross: Money,
    /// The sum of in and out, regardless of sign, of the entries without a rate on their day, which the other figures
    /// exclude.
    unconverted: Vec<Money>,
}

impl From<ConvertedTotal> for ConvertedTotalDocument {
    fn from(it: ConvertedTotal) -> Self {
        let ConvertedTurnover { r#in, out, gross } = it.turnover;
        Self { r#in: r#in.into(), out: out.into(), gross: gross.into(), unconverted: moneys(it.unconverted) }
    }
}

/// The countries of a customer's counterparties, from the prefixes of their IBANs.
#[derive(Serialize, ToSchema)]
#[schema(as = Countries)]
pub struct CountriesDocument {
    /// The customer or account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "uuid", required = true)]
    customer: Option<CustomerId>,
    /// The account, in the command's documents of one account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    account: Option<AccountNumber>,
    /// Which entries count.
    view: ViewName,
    /// By code; entries without a country come last.
    countries: Vec<CountryDocument>,
    /// All entries in one currency, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedTotalDocument>,
}

/// A country.
#[derive(Serialize, ToSchema)]
#[schema(as = Country)]
struct CountryDocument {
    /// ISO 3166; absent if no counterparty has an IBAN.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "DE")]
    country: Option<String>,
    /// How many entries, in all currencies.
    transactions: u64,
    /// One for each currency.
    turnover: Vec<TurnoverDocument>,
    /// Converted into one currency, if requested. The values of all countries add up to the total.
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedTurnoverDocument>,
}

impl CountriesDocument {
    /// The countries of the counterparties of `subject`.
    pub fn new(subject: &Subject, view: View, countries: TurnoverByCountry) -> Self {
        let country = |it: Country| CountryDocument {
            country: it.country.map(String::from),
            transactions: it.transactions,
            turnover: turnovers(it.turnover),
            converted: it.converted.map(ConvertedTurnoverDocument::from),
        };
        Self {
            customer: subject.customer(),
            account: subject.account(),
            view: view.into(),
            countries: countries.countries.into_iter().map(country).collect(),
            converted: countries.converted.map(ConvertedTotalDocument::from),
        }
    }
}

/// The top counterparties of a customer.
#[derive(Serialize, ToSchema)]
#[schema(as = Counterparties)]
pub struct CounterpartiesDocument {
    /// The customer or account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = "uuid", required = true)]
    customer: Option<CustomerId>,
    /// The account, in the command's documents of one account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    account: Option<AccountNumber>,
    /// Which entries count.
    view: ViewName,
    /// The number of counterparties.
    of: usize,
    /// The top ones.
    counterparties: Vec<CounterpartyDocument>,
    /// All entries in one currency, if requested, including those without a counterparty.
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedTotalDocument>,
}

/// A counterparty.
#[derive(Serialize, ToSchema)]
#[schema(as = Counterparty)]
struct CounterpartyDocument {
    /// Its account, as the entries name it.
    account: String,
    /// How many entries, in all currencies.
    transactions: u64,
    /// One for each currency.
    turnover: Vec<TurnoverDocument>,
    /// Converted into one currency, if requested. The values of all counterparties and of the entries without one add
    /// up to the total.
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedTurnoverDocument>,
}

impl CounterpartiesDocument {
    /// The top counterparties of `subject`.
    pub fn new(subject: &Subject, view: View, top: TopCounterparties) -> Self {
        let counterparty = |it: Counterparty| CounterpartyDocument {
            account: it.account.into(),
            transactions: it.transactions,
            turnover: turnovers(it.turnover),
            converted: it.converted.map(ConvertedTurnoverDocument::from),
        };
        Self {
            customer: subject.customer(),
            account: subject.account(),
            view: view.into(),
            of: top.of,
            counterparties: top.counterparties.into_iter().map(counterparty).collect(),
            converted: top.converted.map(ConvertedTotalDocument::from),
        }
    }
}
