use axum::extract::{FromRequest, Request};
use axum::http::header;
use lambda_kit::{FieldError, Problem};
use serde::de::DeserializeOwned;

/// The maximum size of a request's body, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// A JSON body. Another media type, a body above [`MAX_BODY_BYTES`] and a body that is not a `T` are refused; the
/// problem names the place in the body. A `T` that is to refuse unknown fields says so (`deny_unknown_fields`).
pub struct Body<T>(
    /// The parsed body.
    pub T,
);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let media_type =
            request.headers().get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
        if !media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(415, "media-type", "The body must be JSON")
                .with_detail("send it with Content-Type: application/json"));
        }
        let bytes = axum::body::to_bytes(request.into_body(), MAX_BODY_BYTES).await;
        let bytes = bytes.map_err(|_| Problem::too_large().with_detail("a body has at most 256 KB"))?;
        parse(&bytes).map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut json);
    let body = parsed.map_err(|error| {
        let place = error.path().to_string();
        let error = error.into_inner();
        match error.classify() {
            serde_json::error::Category::Data => Problem::invalid(vec![FieldError::new(place, reason(&error))]),
            _ => Problem::bad_request(format!("not JSON at line {}, column {}", error.line(), error.column())),
        }
    })?;
    json.end().map_err(|_| Problem::bad_request("more than one JSON value"))?;
    Ok(body)
}

/// The error without its position in the text, which its field says better.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, PartialEq, Debug)]
    #[serde(deny_unknown_fields)]
    struct Order {
        amount: String,
        lines: Vec<u8>,
    }

    fn check(text: &str, expected: Result<Order, (u16, &str)>) {
        let parsed = parse::<Order>(text.as_bytes()).map_err(|it| {
            let field = it.errors.first().map(|it| it.field.clone());
            (it.status, field.or(it.detail).unwrap_or_default())
        });
        assert_eq!(parsed, expected.map_err(|(status, place)| (status, place.to_owned())), "{text}");
    }

    #[test]
    fn a_refusal_names_the_place() {
        check(r#"{"amount": "1.00", "lines": [1, 2]}"#, Ok(Order { amount: "1.00".to_owned(), lines: vec![1, 2] }));
        check(r#"{"amount": 1.00, "lines": []}"#, Err((400, "amount")));
        check(r#"{"amount": "1.00", "lines": [1, "x"]}"#, Err((400, "lines[1]")));
        check(r#"{"amount": "1.00", "lines": [], "x": 1}"#, Err((400, "x")));
        check(r#"{"lines": []}"#, Err((400, ".")));
        check("{", Err((400, "not JSON at line 1, column 1")));
        check(r#"{"amount": "1.00", "lines": []} {}"#, Err((400, "more than one JSON value")));
    }
}
