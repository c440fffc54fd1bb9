//! The sums that a page declares.

use std::collections::BTreeMap;

use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

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
pub(crate) struct DeclaredSums<'a>(#[serde(borrow)] Option<&'a RawValue>);

impl DeclaredSums<'_> {
    /// The sums that can be read, in minor units, and those that cannot. `null` declares no sums, and anything else that
    /// is no map is one sum that cannot be read.
    pub(crate) fn read(&self) -> (BTreeMap<Currency, i128>, Vec<UnreadableSum>) {
        let (mut readable, mut unreadable) = (BTreeMap::new(), Vec::new());
        let Some(raw) = self.0.map(RawValue::get).filter(|it| *it != "null") else { return (readable, unreadable) };
        let Ok(sums) = serde_json::from_str::<BTreeMap<String, Field<'_>>>(raw) else {
            let reason = "the sums are no map of currencies".to_owned();
            return (readable, vec![UnreadableSum { currency: String::new(), amount: cut(raw), reason }]);
        };
        for (code, amount) in &sums {
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
