//! With whom a customer does business, as JSON.

use customers::CustomerId;
use ledger::View;
use serde::Serialize;
use treasury::{Counterparty, Country, Turnover};
use utoipa::ToSchema;

use super::{Money, ViewName};

/// What came in and went out in one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = Turnover)]
pub(super) struct TurnoverDocument {
    /// How many entries.
    transactions: u64,
    /// The sum of the credits.
    r#in: Money,
    /// The sum of the debits, zero or below.
    out: Money,
}

pub(super) fn turnovers(turnover: Vec<Turnover>) -> Vec<TurnoverDocument> {
    let turnover = turnover.into_iter();
    turnover
        .map(|it| TurnoverDocument { transactions: it.transactions, r#in: it.r#in.into(), out: it.out.into() })
        .collect()
}

/// The countries that a customer does business with: those that their counterparties' IBANs begin with.
#[derive(Serialize, ToSchema)]
#[schema(as = Countries)]
pub(crate) struct CountriesDocument {
    /// Whose.
    #[schema(value_type = String, format = "uuid")]
    customer: CustomerId,
    /// Which entries count.
    view: ViewName,
    /// By letters; entries without a country come last.
    countries: Vec<CountryDocument>,
}

/// A country.
#[derive(Serialize, ToSchema)]
#[schema(as = Country)]
struct CountryDocument {
    /// ISO 3166; none where no counterparty has an IBAN.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "DE")]
    country: Option<String>,
    /// How many entries, in all currencies.
    transactions: u64,
    /// One for each currency.
    turnover: Vec<TurnoverDocument>,
}

impl CountriesDocument {
    pub(crate) fn new(customer: CustomerId, view: View, countries: Vec<Country>) -> Self {
        let country = |it: Country| CountryDocument {
            country: it.country.map(String::from),
            transactions: it.transactions,
            turnover: turnovers(it.turnover),
        };
        Self { customer, view: view.into(), countries: countries.into_iter().map(country).collect() }
    }
}

/// The top counterparties of a customer.
#[derive(Serialize, ToSchema)]
#[schema(as = Counterparties)]
pub(crate) struct CounterpartiesDocument {
    /// Whose.
    #[schema(value_type = String, format = "uuid")]
    customer: CustomerId,
    /// Which entries count.
    view: ViewName,
    /// How many counterparties there are.
    of: usize,
    /// The top ones.
    counterparties: Vec<CounterpartyDocument>,
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
    /// In and out added regardless of sign, as far as there are rates, where a currency is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    gross: Option<Money>,
}

impl CounterpartiesDocument {
    pub(crate) fn new(customer: CustomerId, view: View, of: usize, top: Vec<Counterparty>) -> Self {
        let counterparty = |it: Counterparty| CounterpartyDocument {
            account: it.account.into(),
            transactions: it.transactions,
            turnover: turnovers(it.turnover),
            gross: it.gross.map(Money::from),
        };
        Self { customer, view: view.into(), of, counterparties: top.into_iter().map(counterparty).collect() }
    }
}
