use aws_sdk_dynamodb::types::AttributeValue;

use crate::{Item, text};

/// A query for the items of one partition of the table or of an index.
#[derive(Clone, Debug)]
pub struct Query {
    pub(crate) index: Option<&'static str>,
    pub(crate) hash: (&'static str, AttributeValue),
    pub(crate) range: Option<Range>,
    pub(crate) backwards: bool,
    pub(crate) only: &'static [&'static str],
    pub(crate) start: Option<Item>,
}

#[derive(Clone, Debug)]
pub(crate) struct Range {
    pub(crate) condition: &'static str,
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

impl Query {
    /// All items of a partition of the table, by `sk`. Consistent.
    pub fn partition(pk: impl Into<String>) -> Self {
        Self { index: None, hash: ("pk", text(pk)), range: None, backwards: false, only: &[], start: None }
    }

    /// All items of a partition of an index with the hash key `name`. Eventually consistent.
    pub fn index(index: &'static str, name: &'static str, value: impl Into<String>) -> Self {
        Self { index: Some(index), hash: (name, text(value)), ..Self::partition("") }
    }

    /// Only items with an `sk` that begins with `prefix`.
    pub fn begins_with(self, prefix: impl Into<String>) -> Self {
        self.range("begins_with(#r, :r)", "sk", prefix.into())
    }

    /// Only items with the range key `name` below `value`.
    pub fn below(self, name: &'static str, value: impl Into<String>) -> Self {
        self.range("#r < :r", name, value.into())
    }

    /// Only items with the range key `name` above `value`.
    pub fn above(self, name: &'static str, value: impl Into<String>) -> Self {
        self.range("#r > :r", name, value.into())
    }

    /// Only items with an `sk` from `value`.
    pub fn from(self, value: impl Into<String>) -> Self {
        self.range("#r >= :r", "sk", value.into())
    }

    fn range(self, condition: &'static str, name: &'static str, value: String) -> Self {
        let range = Range { condition, name, value };
        Self { range: Some(range), ..self }
    }

    /// In descending order.
    pub fn backwards(self) -> Self {
        Self { backwards: true, ..self }
    }

    /// Only these attributes. The cost is the same, but less data is sent.
    pub fn only(self, names: &'static [&'static str]) -> Self {
        Self { only: names, ..self }
    }

    /// Only items after this key, which need not exist any more.
    pub fn after(self, start: Item) -> Self {
        Self { start: Some(start), ..self }
    }

    pub(crate) fn key_condition(&self) -> String {
        let range = self.range.as_ref().map(|range| format!(" AND {}", range.condition));
        format!("#h = :h{}", range.unwrap_or_default())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = (String, String)> {
        let hash = ("#h".to_owned(), self.hash.0.to_owned());
        let range = self.range.as_ref().map(|range| ("#r".to_owned(), range.name.to_owned()));
        let only = self.only.iter().enumerate().map(|(at, name)| (format!("#p{at}"), (*name).to_owned()));
        std::iter::once(hash).chain(range).chain(only)
    }

    pub(crate) fn projection(&self) -> Option<String> {
        let names: Vec<String> = (0..self.only.len()).map(|at| format!("#p{at}")).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}
