use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use banking::AccountNumber;
use customers::CustomerId;
use feeds::Feed;
use imports::ImportId;
use lambda_kit::{FieldError, Problem};

/// An id in the path.
pub(crate) struct Id<T>(pub(crate) T);

/// A type of id in the path, by its name.
pub(crate) trait PathId: FromStr {
    const FIELD: &str;
    const EXPECTED: &str;
}

impl PathId for CustomerId {
    const FIELD: &str = "customer";
    const EXPECTED: &str = "not a customer id: a UUID in lower case";
}

impl PathId for AccountNumber {
    const FIELD: &str = "account";
    const EXPECTED: &str = "not an account number: at most 40 letters, digits, hyphens, points and underscores";
}

impl PathId for ImportId {
    const FIELD: &str = "import";
    const EXPECTED: &str = "not an import id: 32 hexadecimal digits";
}

impl PathId for Feed {
    const FIELD: &str = "feed";
    const EXPECTED: &str = "not a feed: company-info, exchange-rates, sepa or swift";
}

impl<S: Send + Sync, T: PathId> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await.ok();
        let id = text.and_then(|Path(text)| text.parse().ok());
        let id = id.ok_or_else(|| Problem::invalid(vec![FieldError::new(T::FIELD, T::EXPECTED)]))?;
        Ok(Self(id))
    }
}
