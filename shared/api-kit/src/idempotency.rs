use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use lambda_kit::{FieldError, Problem};

/// The header, as in the draft of the IETF, draft-ietf-httpapi-idempotency-key-header.
const HEADER: &str = "Idempotency-Key";
const MAX_CHARS: usize = 100;

/// The client's name for one write. The same key with the same body is the same write, however often it is sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct IdempotencyKey(String);

/// Why a text is not an idempotency key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// The key as the client sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;

    fn from_str(text: &str) -> Result<Self, IdempotencyKeyError> {
        // The draft quotes the key; clients mostly do not.
        let key = text.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(text);
        let is_valid =
            (1..=MAX_CHARS).contains(&key.len()) && key.bytes().all(|it| it.is_ascii_graphic() && it != b'"');
        is_valid.then(|| Self(key.to_owned())).ok_or(IdempotencyKeyError)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let invalid = |detail| Problem::invalid(vec![FieldError::new(HEADER, detail)]);
        let mut values = parts.headers.get_all(HEADER).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(invalid("give this header once, with a new text, such as a UUID, for each write"));
        };
        let key = value.to_str().ok().and_then(|it| it.parse().ok());
        key.ok_or_else(|| invalid("not a text of 1 to 100 visible ASCII characters"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_short_visible_text_with_or_without_quotes() {
        let key = |text: &str| text.parse::<IdempotencyKey>().map(|it| it.0);
        assert_eq!(key("8e03978e-40d5"), Ok("8e03978e-40d5".to_owned()));
        assert_eq!(key("\"8e03978e-40d5\""), Ok("8e03978e-40d5".to_owned()));
        assert_eq!(key(&"k".repeat(100)), Ok("k".repeat(100)));
        for text in ["", "\"\"", "a b", "a\"b", "ä", &"k".repeat(101)] {
            assert_eq!(key(text), Err(IdempotencyKeyError), "{text}");
        }
    }
}
