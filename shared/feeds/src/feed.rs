use std::fmt;
use std::str::FromStr;

use imports::Kind;
use serde::{Deserialize, Serialize};

/// A feed of the bank.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feed {
    /// Companies with their accounts.
    CompanyInfo,
    /// Exchange rates with their dates.
    ExchangeRates,
    /// Transfers in euros.
    Sepa,
    /// Transfers in any currency.
    Swift,
}

/// A text that is not the name of a feed.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("not a feed: company-info, exchange-rates, sepa or swift")]
pub struct UnknownFeed;

impl Feed {
    /// All of them, companies first: transfers are posted to accounts that are registered.
    pub const ALL: [Self; 4] = [Self::CompanyInfo, Self::ExchangeRates, Self::Sepa, Self::Swift];

    /// Its name in keys, tables and documents; for transfers also the source of their entries.
    pub fn name(self) -> &'static str {
        match self {
            Self::CompanyInfo => "company-info",
            Self::ExchangeRates => "exchange-rates",
            Self::Sepa => "sepa",
            Self::Swift => "swift",
        }
    }

    /// Its path at the bank.
    pub fn path(self) -> &'static str {
        match self {
            Self::CompanyInfo => "/company_info",
            Self::ExchangeRates => "/exchange_rates",
            Self::Sepa => "/sepa",
            Self::Swift => "/swift",
        }
    }

    /// The kind of its imports.
    pub fn kind(self) -> Kind {
        match self {
            Self::CompanyInfo => Kind::Customers,
            Self::ExchangeRates => Kind::Rates,
            Self::Sepa | Self::Swift => Kind::Transfers,
        }
    }
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Feed {
    type Err = UnknownFeed;

    fn from_str(text: &str) -> Result<Self, UnknownFeed> {
        Self::ALL.into_iter().find(|it| it.name() == text).ok_or(UnknownFeed)
    }
}
