use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use lambda_kit::{FieldError, Problem};

/// The id in a path with one parameter. An invalid id is refused with the parameter's name and the parser's error.
pub struct Id<T>(
    /// The id.
    pub T,
);

impl<S, T> FromRequestParts<S> for Id<T>
where
    S: Send + Sync,
    T: FromStr<Err: Display>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| Problem::bad_request("the path is not UTF-8"))?;
        let (name, text) = params.iter().next().ok_or_else(Problem::internal)?;
        let id = text.parse().map_err(|error: T::Err| FieldError::new(name, error.to_string()));
        id.map(Self).map_err(|error| Problem::invalid(vec![error]))
    }
}
