//! The counterparties of a customer, as JSON.

use banking::AccountNumber;
use customers::CustomerId;
use ledger::View;
use serde::Serialize;
use treasury::{Counterparty, Country, TopCounterparties, Turnover};
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
}

impl CountriesDocument {
    /// The countries of the counterparties of `subject`.
    pub fn new(subject: &Subject, view: View, countries: Vec<Country>) -> Self {
        let country = |it: Country| CountryDocument {
            country: it.country.map(String::from),
            transactions: it.transactions,
            turnover: turnovers(it.turnover),
        };
        Self {
            customer: subject.customer(),
            account: subject.account(),
            view: view.into(),
            countries: countries.into_iter().map(country).collect(),
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
    /// The sum of in and out, regardless of sign, of all counterparties in the currencies without a rate, which the
    /// ranking by turnover excludes.
    unconverted: Vec<Money>,
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
    /// The converted sum of in and out, regardless of sign, for currencies with a rate; only if a currency is
    /// requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    gross: Option<Money>,
}

impl CounterpartiesDocument {
    /// The top counterparties of `subject`.
    pub fn new(subject: &Subject, view: View, top: TopCounterparties) -> Self {
        let counterparty = |it: Counterparty| CounterpartyDocument {
            account: it.account.into(),
            transactions: it.transactions,
            turnover: turnovers(it.turnover),
            gross: it.gross.map(Money::from),
        };
        Self {
            customer: subject.customer(),
            account: subject.account(),
            view: view.into(),
            of: top.of,
            counterparties: top.counterparties.into_iter().map(counterparty).collect(),
            unconverted: moneys(top.unconverted),
        }
    }
}
