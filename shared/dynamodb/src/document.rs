use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{DynamoDbError, Item, Value, text, text_of};

/// The attribute of a document.
const NAME: &str = "doc";

/// A kind of documents: `T` as JSON in the attribute `doc`, with the version of its format in the field `v`.
#[derive(Clone, Copy, Debug)]
pub struct Document<T> {
    version: u32,
    content: PhantomData<fn() -> T>,
}

/// A document as it is stored.
#[derive(Serialize)]
struct Row<'a, T> {
    v: u32,
    #[serde(flatten)]
    content: &'a T,
}

/// The version of a stored document; 0 for those of releases without versions.
#[derive(Deserialize)]
struct Format {
    #[serde(default)]
    v: u32,
}

impl<T: Serialize + DeserializeOwned> Document<T> {
    /// Documents that are written in this version, and read in this one and the one before.
    pub const fn version(version: u32) -> Self {
        Self { version, content: PhantomData }
    }

    /// The attribute with `content`, to add to an item.
    pub fn of(&self, content: &T) -> Result<(&'static str, Value), DynamoDbError> {
        let row = serde_json::to_string(&Row { v: self.version, content }).map_err(malformed)?;
        Ok((NAME, text(row)))
    }

    /// The content of the document of an item. Fails if a later release, or a much earlier one, has written it.
    pub fn read(&self, item: &Item) -> Result<T, DynamoDbError> {
        let row = text_of(item, NAME)?;
        let Format { v } = serde_json::from_str(row).map_err(malformed)?;
        if v != self.version && v.checked_add(1) != Some(self.version) {
            return Err(DynamoDbError::UnknownFormat(v));
        }
        serde_json::from_str(row).map_err(malformed)
    }
}

/// Without the error's text, which quotes the document.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn malformed(error: serde_json::Error) -> DynamoDbError {
    DynamoDbError::Malformed(error.column())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key;

    #[derive(PartialEq, Debug, Serialize, Deserialize)]
    struct Amount {
        minor: i128,
        name: Option<String>,
    }

    #[track_caller]
    fn check(document: &str, expected: Result<i128, &str>) {
        let item = Key::new("P", "S").with([("doc", text(document))]);
        let read = Document::<Amount>::version(2).read(&item);
        let read = read.map(|it| it.minor).map_err(|error| (error.is_broken(), error.to_string()));
        assert_eq!(read, expected.map_err(|it| (true, it.to_owned())), "{document}");
    }

    #[test]
    fn a_document_reads_back_with_its_version() {
        let amount = Amount { minor: i128::MAX, name: None };
        let document = Document::<Amount>::version(2).of(&amount).unwrap();
        assert_eq!(document.1, text(r#"{"v":2,"minor":170141183460469231731687303715884105727,"name":null}"#));
        let item = Key::new("P", "S").with([document]);
        assert_eq!(Document::<Amount>::version(2).read(&item).unwrap(), amount);
        let next = Document::<Amount>::version(3);
        assert_eq!(next.read(&item).unwrap(), amount, "the release after this one reads it, too");
    }

    #[test]
    fn this_version_and_the_one_before_are_read_and_no_other() {
        check(r#"{"v":2,"minor":7}"#, Ok(7));
        check(r#"{"v":1,"minor":7}"#, Ok(7));
        check(r#"{"minor":7}"#, Err("an item has a document of the unknown version 0"));
        check(r#"{"v":3,"minor":7}"#, Err("an item has a document of the unknown version 3"));
        check(r#"{"v":2,"minor":"Ada"}"#, Err("an item has a document that cannot be read at column 16"));
        check("{", Err("an item has a document that cannot be read at column 1"));
        let item = Key::new("P", "S").with([("doc", text(r#"{"minor":7}"#))]);
        assert_eq!(Document::<Amount>::version(1).read(&item).unwrap().minor, 7, "without a version");
    }
}
