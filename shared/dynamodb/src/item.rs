use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use storage::Version;

use crate::DynamoDbError;

/// An item: its attributes by name.
pub type Item = HashMap<String, AttributeValue>;

/// The key of an item.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    /// The partition.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

impl Key {
    /// A key with these parts.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// The key of an item.
    pub fn of(item: &Item) -> Result<Self, DynamoDbError> {
        Ok(Self::new(text_of(item, "pk")?, text_of(item, "sk")?))
    }

    /// The key as attributes, to add others to.
    pub fn item(&self) -> Item {
        self.with([])
    }

    /// An item with this key and `attributes`.
    pub fn with<const N: usize>(&self, attributes: [(&str, AttributeValue); N]) -> Item {
        let keys = [("pk", text(&self.pk)), ("sk", text(&self.sk))];
        keys.into_iter().chain(attributes).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// A text as an attribute.
pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number as an attribute.
pub fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Bytes as an attribute.
pub fn bytes(value: impl Into<Vec<u8>>) -> AttributeValue {
    AttributeValue::B(Blob::new(value))
}

/// A text of an item.
pub fn text_of<'a>(item: &'a Item, name: &'static str) -> Result<&'a str, DynamoDbError> {
    match item.get(name) {
        Some(AttributeValue::S(value)) => Ok(value),
        _ => Err(DynamoDbError::Broken(name)),
    }
}

/// A number of an item. Never through a float.
pub fn number_of(item: &Item, name: &'static str) -> Result<u64, DynamoDbError> {
    match item.get(name) {
        Some(AttributeValue::N(value)) => value.parse().map_err(|_| DynamoDbError::Broken(name)),
        _ => Err(DynamoDbError::Broken(name)),
    }
}

/// The version of an item.
pub fn version_of(item: &Item, name: &'static str) -> Result<Version, DynamoDbError> {
    number_of(item, name).map(Version)
}

/// Removes and returns bytes of an item; `None` if it has no such attribute.
pub fn bytes_of(item: &mut Item, name: &'static str) -> Result<Option<Vec<u8>>, DynamoDbError> {
    match item.remove(name) {
        Some(AttributeValue::B(value)) => Ok(Some(value.into_inner())),
        Some(_) => Err(DynamoDbError::Broken(name)),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let key = Key::new("P#1", "S");
        let mut item = key.with([("t", text("x")), ("n", number(u64::MAX)), ("b", bytes([1, 2]))]);
        assert_eq!(Key::of(&item).unwrap(), key);
        assert_eq!(text_of(&item, "t").unwrap(), "x");
        assert_eq!(number_of(&item, "n").unwrap(), u64::MAX);
        assert_eq!(bytes_of(&mut item, "b").unwrap(), Some(vec![1, 2]));
        assert_eq!(bytes_of(&mut item, "b").unwrap(), None);
        assert!(number_of(&item, "t").unwrap_err().is_broken());
    }
}
