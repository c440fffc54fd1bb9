use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, MatchedPath, Path};
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
        let invalid = |name: &str, detail: String| Problem::invalid(vec![FieldError::new(name, detail)]);
        let route = MatchedPath::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        let name = parameter(route.as_str());
        let text = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = text.map_err(|_| invalid(name, "not UTF-8".to_owned()))?;
        text.parse().map(Self).map_err(|error: T::Err| invalid(name, error.to_string()))
    }
}

/// The name of the parameter in a route such as `/accounts/{account}/balance`.
fn parameter(route: &str) -> &str {
    route.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or("path", |(name, _)| name)
}
