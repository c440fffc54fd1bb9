//! The sums that a page declares.

use std::borrow::Cow;
use std::collections::BTreeMap;

use money::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::rows::Field;

/// How many of its unreadable sums a page keeps: each is a finding, and a page must fit its record.
const MOST_UNREADABLE: usize = 20;
/// How many characters of an unreadable sum are kept.
const MOST_CHARS: usize = 60;

/// A sum that a page declares and that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UnreadableSum {
    /// Its currency as the page spells it, cut after 60 characters.
    pub currency: String,
    /// Its amount as the page spells it, cut after 60 characters.
    pub amount: String,
    /// Why it cannot be read.
    pub reason: String,
}

/// Sums by currency, as a page spells them.
#[derive(Deserialize, Default)]
#[serde(transparent)]
pub(crate) struct DeclaredSums<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, Field<'a>>);

impl DeclaredSums<'_> {
    /// The sums that can be read, in minor units, and those that cannot.
    pub(crate) fn read(&self) -> (BTreeMap<Currency, i128>, Vec<UnreadableSum>) {
        let (mut readable, mut unreadable) = (BTreeMap::new(), Vec::new());
        for (code, amount) in &self.0 {
            let amount = amount.text();
            let currency = Currency::parse(code.as_bytes()).map_err(|it| it.to_string());
            match currency.and_then(|it| Money::parse_sum(&amount, it).map_err(|it| it.to_string())) {
                Ok(sum) => drop(readable.insert(sum.currency(), sum.minor())),
                Err(reason) => unreadable.push(UnreadableSum { currency: cut(code), amount: cut(&amount), reason }),
            }
        }
        unreadable.truncate(MOST_UNREADABLE);
        (readable, unreadable)
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).take(MOST_CHARS).collect()
}
