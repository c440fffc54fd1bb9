use serde::{Deserialize, Serialize};

/// The kind of a file; recognised from its header or stated by a profile.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Entries of one account.
    Account,
    /// Entries of many accounts, with their holders.
    Holders,
    /// Transfers between accounts.
    Transfers,
    /// Companies.
    Customers,
    /// Exchange rates.
    Rates,
}

/// A column of some kind of file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Column {
    /// The source's id of the transaction, or of the company.
    Id,
    /// When it happened.
    Date,
    /// How much.
    Amount,
    /// The amount of a debit, if debits have a separate column.
    Debit,
    /// On which account.
    Account,
    /// Who pays.
    Payer,
    /// Who is paid.
    Beneficiary,
    /// In which currency.
    Currency,
    /// What for.
    Text,
    /// The other account.
    Counterparty,
    /// Whether it is a credit or a debit.
    Sign,
    /// The holder's first name.
    FirstName,
    /// The holder's last name.
    LastName,
    /// The holder's birth date.
    BornOn,
    /// The holder's or the company's mail address.
    Email,
    /// The type of the account.
    Type,
    /// The company's name.
    Name,
    /// The company's owner.
    Owner,
    /// The company's address.
    Address,
    /// The company's accounts.
    Ibans,
    /// The worth of one unit in USD.
    UsdRate,
    /// The worth of one unit in EUR.
    EurRate,
}

/// A column of a kind: its names (messages use the first), and whether the kind requires it.
pub(crate) struct Named {
    pub(crate) column: Column,
    pub(crate) names: &'static [&'static str],
    pub(crate) needed: bool,
}

const fn needed(column: Column, names: &'static [&'static str]) -> Named {
    Named { column, names, needed: true }
}

const fn optional(column: Column, names: &'static [&'static str]) -> Named {
    Named { column, names, needed: false }
}

const TEXTS: &[&str] = &["text", "description", "memo", "reference"];

const ACCOUNT: &[Named] = &[
    needed(Column::Id, &["id"]),
    needed(Column::Date, &["date"]),
    needed(Column::Amount, &["transaction"]),
    optional(Column::Currency, &["currency"]),
    optional(Column::Text, TEXTS),
];

const HOLDERS: &[Named] = &[
    needed(Column::Account, &["account_number"]),
    needed(Column::FirstName, &["first_name"]),
    needed(Column::LastName, &["last_name"]),
    needed(Column::BornOn, &["dob"]),
    needed(Column::Email, &["email"]),
    needed(Column::Type, &["type"]),
    needed(Column::Id, &["operation_id"]),
    needed(Column::Date, &["transaction_ts"]),
    needed(Column::Amount, &["transaction"]),
    optional(Column::Currency, &["currency"]),
    optional(Column::Counterparty, &["counterparty"]),
    optional(Column::Text, TEXTS),
];

const TRANSFERS: &[Named] = &[
    needed(Column::Id, &["id", "transaction_id", "transfer_id", "tx_id"]),
    needed(Column::Payer, &["payer", "payer_iban", "sender", "sender_iban", "debtor", "debtor_iban", "from"]),
    needed(
        Column::Beneficiary,
        &[
            "beneficiary",
            "beneficiary_iban",
            "receiver",
            "receiver_iban",
            "recipient",
            "recipient_iban",
            "creditor",
            "creditor_iban",
            "to",
        ],
    ),
    needed(Column::Amount, &["amount"]),
    needed(Column::Currency, &["currency", "ccy"]),
    needed(Column::Date, &["timestamp", "time", "ts", "datetime", "date"]),
    optional(Column::Text, TEXTS),
];

const CUSTOMERS: &[Named] = &[
    needed(Column::Id, &["id"]),
    needed(Column::Name, &["name"]),
    needed(Column::Owner, &["owner"]),
    needed(Column::Address, &["address"]),
    needed(Column::Email, &["email"]),
    needed(Column::Ibans, &["ibans"]),
];

const RATES: &[Named] = &[
    needed(Column::Currency, &["currency"]),
    needed(Column::UsdRate, &["usd_rate"]),
    needed(Column::EurRate, &["eur_rate"]),
    optional(Column::Date, &["date"]),
];

impl Kind {
    /// All kinds, in the order of recognition.
    pub const ALL: [Self; 5] = [Self::Holders, Self::Transfers, Self::Customers, Self::Account, Self::Rates];

    /// Its name in tables and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Holders => "holders",
            Self::Transfers => "transfers",
            Self::Customers => "customers",
            Self::Rates => "rates",
        }
    }

    /// Whether the holders of its accounts get a summary by default.
    pub fn sends_summaries(self) -> bool {
        matches!(self, Self::Account | Self::Holders)
    }

    pub(crate) fn columns(self) -> &'static [Named] {
        match self {
            Self::Account => ACCOUNT,
            Self::Holders => HOLDERS,
            Self::Transfers => TRANSFERS,
            Self::Customers => CUSTOMERS,
            Self::Rates => RATES,
        }
    }

    /// The columns a header of this kind has, for messages: `id,date,transaction`.
    pub fn header(self) -> String {
        let needed = self.columns().iter().filter(|it| it.needed);
        let header = needed.filter_map(|it| it.names.first().copied()).collect::<Vec<_>>().join(",");
        if self == Self::Rates { format!("{header} or Date,USD,… in units for one euro") } else { header }
    }
}
