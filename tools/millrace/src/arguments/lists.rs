//! The arguments of lists.

use ::customers::CustomerKind;
use ::imports::Kind;
use banking::AccountNumber;
use clap::{Args, ValueEnum};

use super::limit;

/// Selects the items of a list.
#[derive(Args, Default)]
pub(crate) struct ListArgs {
    /// Only items that contain this text, in any case
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Maximum number of items [default: 100; with --json, all]
    #[arg(long, value_name = "N", value_parser = limit)]
    pub(crate) limit: Option<usize>,
}

impl ListArgs {
    /// Whether an item with these texts is searched.
    pub(crate) fn finds<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        let Some(search) = self.search.as_ref().map(|it| it.to_lowercase()) else { return true };
        texts.into_iter().any(|it| it.to_lowercase().contains(&search))
    }
}

#[derive(Args, Default)]
pub(crate) struct CustomersArgs {
    /// Only persons or only companies
    #[arg(long, value_enum)]
    pub(crate) kind: Option<CustomerKindArg>,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

#[derive(Args)]
pub(crate) struct AccountArgs {
    /// The account's number
    #[arg(value_name = "NUMBER")]
    pub(crate) number: AccountNumber,
    /// The new holder: the customer's id, or a part of the name
    #[arg(long, value_name = "CUSTOMER|NAME")]
    pub(crate) holder: Option<String>,
}

/// A [`CustomerKind`] as an argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum CustomerKindArg {
    Person,
    Company,
}

impl CustomerKindArg {
    pub(crate) fn kind(self) -> CustomerKind {
        match self {
            Self::Person => CustomerKind::Person,
            Self::Company => CustomerKind::Company,
        }
    }
}

/// A [`Kind`] of files as an argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum KindArg {
    Account,
    Holders,
    Transfers,
    Customers,
    Rates,
}

impl KindArg {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Account => Kind::Account,
            Self::Holders => Kind::Holders,
            Self::Transfers => Kind::Transfers,
            Self::Customers => Kind::Customers,
            Self::Rates => Kind::Rates,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_ignores_case_and_finds_any_text_of_an_item() {
        let finds = |search: Option<&str>| {
            ListArgs { search: search.map(str::to_owned), limit: None }.finds(["Ada Lovelace", "4711"])
        };
        for (search, expected) in
            [(None, true), (Some("LOVE"), true), (Some("471"), true), (Some("a4"), false), (Some(""), true)]
        {
            assert_eq!(finds(search), expected, "{search:?}");
        }
        assert!(!ListArgs { search: Some("x".to_owned()), limit: None }.finds([]), "an item without texts");
    }
}
