//! The sums that a page declares.

use std::collections::BTreeMap;

use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::rows::Field;

/// The maximum number of unreadable sums in a page's record: each is a finding, and the record has a size limit.
const MAX_UNREADABLE: usize = 20;
/// The maximum number of characters of an unreadable sum.
const MAX_CHARS: usize = 60;

/// A declared sum that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UnreadableSum {
    /// Its currency, verbatim, at most 60 characters.
    pub currency: String,
    /// Its amount, verbatim, at most 60 characters.
    pub amount: String,
    /// Why it cannot be read.
    pub reason: String,
}

/// Sums by currency, verbatim.
#[derive(Deserialize, Default)]
#[serde(transparent)]
pub(crate) struct DeclaredSums<'a>(#[serde(borrow)] Option<&'a RawValue>);

impl DeclaredSums<'_> {
    /// The readable sums in minor units, and the unreadable ones. `null` declares no sums; any other value that is not
    /// a map is one unreadable sum.
    pub(crate) fn read(&self) -> (BTreeMap<Currency, i128>, Vec<UnreadableSum>) {
        let (mut readable, mut unreadable) = (BTreeMap::new(), Vec::new());
        let Some(raw) = self.0.map(RawValue::get).filter(|it| *it != "null") else { return (readable, unreadable) };
        let Ok(sums) = serde_json::from_str::<BTreeMap<String, Field<'_>>>(raw) else {
            let reason = "the sums are not a map of currencies".to_owned();
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
        unreadable.truncate(MAX_UNREADABLE);
        (readable, unreadable)
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).take(MAX_CHARS).collect()
}
