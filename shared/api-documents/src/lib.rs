//! The JSON documents of the API, which the command prints with `--json`. Amounts are strings, so that no client parses
//! them as floats.
//!
//! Fields are private: a document is created from the values of the domains, and serialized.

mod balances;
mod counterparties;
mod feed;
mod forecast;
mod history;
mod import;
mod subject;

use banking::AccountNumber;
use calendar::{Date, Moment, Month};
use customers::{Account, Customer, CustomerId, CustomerKind, MailChoice};
use ledger::{Entry, Overview, Side, Split, Splits, View};
use serde::Serialize;
use utoipa::ToSchema;

pub use balances::{BalancesDocument, PortfolioDocument};
pub use counterparties::{CounterpartiesDocument, CountriesDocument};
use counterparties::{TurnoverDocument, turnovers};
pub use feed::FeedDocument;
pub use forecast::{ForecastsDocument, InterestDocument};
pub use history::{BucketName, CompanyHistoryDocument, HistoryDocument};
pub use import::{ImportDocument, ImportReportDocument, LinkDocument, import_report};
pub use subject::Subject;

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct Part<T> {
    /// The items.
    pub items: Vec<T>,
    /// The `cursor` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Part<T> {
    /// A list of one page.
    pub fn whole(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), next: None }
    }
}

/// An amount of money.
#[derive(Serialize, ToSchema)]
#[schema(as = Money)]
pub struct Money {
    /// The amount with all decimals of its currency; a debit is below zero.
    #[schema(example = "-20.46")]
    amount: String,
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
}

impl From<money::Money> for Money {
    fn from(money: money::Money) -> Self {
        Self { amount: money.amount(), currency: money.currency().to_string() }
    }
}

pub(crate) fn moneys(amounts: Vec<money::Money>) -> Vec<Money> {
    amounts.into_iter().map(Money::from).collect()
}

/// A target currency of conversions.
#[derive(ToSchema)]
#[schema(as = Reference)]
#[allow(missing_docs, clippy::upper_case_acronyms, reason = "the schema of `Reference`, which has none")]
pub enum ReferenceName {
    EUR,
    USD,
}

/// A customer of the register.
#[derive(Serialize, ToSchema)]
#[schema(as = Customer)]
pub struct CustomerDocument {
    /// Their id, which is also their user name.
    #[schema(value_type = String, format = "uuid")]
    id: CustomerId,
    /// Person or company.
    #[schema(value_type = CustomerKindName)]
    kind: CustomerKind,
    /// Their full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// A person's birth date.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    born_on: Option<Date>,
    /// Their mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// A company's owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// Their postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

impl From<Customer> for CustomerDocument {
    fn from(customer: Customer) -> Self {
        Self {
            id: customer.id,
            kind: customer.kind,
            name: customer.name,
            born_on: customer.born_on,
            email: customer.email.map(|it| it.as_str().to_owned()),
            owner: customer.owner,
            address: customer.address,
        }
    }
}

/// The kind of a customer.
#[derive(ToSchema)]
#[schema(as = CustomerKind, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the schema of `CustomerKind`, which has none")]
pub enum CustomerKindName {
    Person,
    Company,
}

/// A customer with all their accounts.
#[derive(Serialize, ToSchema)]
pub struct CustomerWithAccounts {
    #[serde(flatten)]
    customer: CustomerDocument,
    /// Their accounts, by number.
    accounts: Vec<AccountDocument>,
    /// Whether they want summary mails, or have opted out.
    #[schema(value_type = MailChoiceName)]
    mails: MailChoice,
}

/// Whether a customer wants mails.
#[derive(ToSchema)]
#[schema(as = MailChoice, rename_all = "kebab-case")]
#[allow(dead_code, reason = "the schema of `MailChoice`, which has none")]
enum MailChoiceName {
    Wanted,
    Unwanted,
}

impl CustomerWithAccounts {
    /// `customer` with their accounts in any order.
    pub fn new(customer: Customer, mut accounts: Vec<Account>, mails: MailChoice) -> Self {
        accounts.sort_by(|one, other| one.number.cmp(&other.number));
        Self { customer: customer.into(), accounts: accounts.into_iter().map(AccountDocument::from).collect(), mails }
    }
}

/// An account of the register.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountDocument {
    /// Its number: an IBAN or a bank's own.
    #[schema(value_type = String, example = "DE89370400440532013000")]
    number: AccountNumber,
    /// The id of its holder.
    #[schema(value_type = String, format = "uuid")]
    customer: CustomerId,
    /// What the bank calls this type of account.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<String>,
}

impl From<Account> for AccountDocument {
    fn from(account: Account) -> Self {
        Self { number: account.number, customer: account.customer, r#type: account.r#type }
    }
}

/// An account with the figures of its books.
#[derive(Serialize, ToSchema)]
pub struct AccountWithFigures {
    #[serde(flatten)]
    account: AccountDocument,
    /// The balance of each currency after all clean entries.
    balances: Vec<Money>,
    /// The number of its clean entries.
    transactions: u64,
    /// Dirty entries: batch payments and invalid IBANs.
    dirty: u64,
    /// The month of its first entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-07")]
    first_month: Option<Month>,
    /// The month of its last entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-08")]
    last_month: Option<Month>,
}

impl AccountWithFigures {
    /// `account` with the figures of its books.
    pub fn new(account: Account, all: &Overview) -> Self {
        let count = |of: fn(&Split) -> u64| all.figures.values().map(of).fold(0, u64::saturating_add);
        Self {
            account: account.into(),
            balances: moneys(ledger::balances(&all.figures, View::Clean)),
            transactions: count(|it| it.clean.count),
            dirty: count(|it| it.dirty.count),
            first_month: all.days.map(|(first, _)| first.month()),
            last_month: all.days.map(|(_, last)| last.month()),
        }
    }
}

/// Which entries count.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[schema(as = View)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names of the views")]
pub enum ViewName {
    Clean,
    All,
}

impl ViewName {
    /// Its name in queries and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::All => "all",
        }
    }
}

impl From<View> for ViewName {
    fn from(view: View) -> Self {
        match view {
            View::Clean => Self::Clean,
            View::All => Self::All,
        }
    }
}

/// The balance of an account.
#[derive(Serialize, ToSchema)]
#[schema(as = Balance)]
pub struct BalanceDocument {
    /// The customer or account.
    #[schema(value_type = String)]
    account: AccountNumber,
    /// The day; without it, after all entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    on: Option<Date>,
    /// Which entries count.
    view: ViewName,
    /// One for each currency.
    balances: Vec<Money>,
    /// Dirty entries, one line for each currency with any. The balances include them only in the view `all`.
    dirty: Vec<TurnoverDocument>,
}

impl BalanceDocument {
    /// The balance of `account` after `on`, or after all entries.
    pub fn new(account: AccountNumber, on: Option<Date>, view: View, figures: &Splits) -> Self {
        Self {
            account,
            on,
            view: view.into(),
            balances: moneys(ledger::balances(figures, view)),
            dirty: turnovers(treasury::dirty_entries(figures)),
        }
    }
}

/// One movement on an account, from the holder's view.
#[derive(Serialize, ToSchema)]
#[schema(as = Entry)]
pub struct EntryDocument {
    /// The day, or the instant if the source contains it.
    #[schema(value_type = String, example = "2026-07-15T10:00:00Z")]
    at: Moment,
    /// Above zero is a credit, below a debit.
    amount: Money,
    /// The kind of file or feed that it came from.
    source: String,
    /// The source's own id of the transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The side of the transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    side: Option<SideName>,
    /// The other account of a transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    counterparty: Option<String>,
    /// The purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// `clean`, or why balances exclude it: `batch-payment`, `invalid-iban`.
    mark: &'static str,
}

/// A side of a transfer.
#[derive(Serialize, ToSchema)]
#[schema(as = Side)]
#[serde(rename_all = "kebab-case")]
enum SideName {
    Payer,
    Beneficiary,
}

impl From<Entry> for EntryDocument {
    fn from(entry: Entry) -> Self {
        Self {
            at: entry.at,
            amount: entry.amount().into(),
            source: entry.source.into(),
            id: entry.id.map(String::from),
            side: match entry.side {
                Side::None => None,
                Side::Payer => Some(SideName::Payer),
                Side::Beneficiary => Some(SideName::Beneficiary),
            },
            counterparty: entry.counterparty.map(String::from),
            text: entry.text.map(String::from),
            mark: entry.mark.name(),
        }
    }
}

/// An entry and the account it is on.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerEntry)]
pub struct CompanyEntryDocument {
    /// The account's number.
    #[schema(value_type = String)]
    account: AccountNumber,
    #[serde(flatten)]
    entry: EntryDocument,
}

impl From<(AccountNumber, Entry)> for CompanyEntryDocument {
    fn from((account, entry): (AccountNumber, Entry)) -> Self {
        Self { account, entry: entry.into() }
    }
}
