use serde::{Deserialize, Serialize};

/// A problem document (RFC 9457): a short and stable description of an error, without internal details.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// The type of the problem: a stable name, for programs.
    pub r#type: String,
    /// The title of this type of problem, for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened in this case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The invalid fields, if the request has any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// The problem of one field of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field.
    pub field: String,
    /// The problem.
    pub detail: String,
}

impl FieldError {
    /// One wrong field.
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: field.into(), detail: detail.into() }
    }
}

impl Problem {
    /// The media type of problem documents.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// A problem of the given kind, which is a part of its `type`.
    pub fn new(status: u16, kind: &str, title: &str) -> Self {
        Self {
            r#type: format!("urn:millrace:problem:{kind}"),
            title: title.to_owned(),
            status,
            detail: None,
            errors: Vec::new(),
        }
    }

    /// The same with what is special about this case.
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// The request cannot be understood.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(400, "bad-request", "The request cannot be understood").with_detail(detail)
    }

    /// Fields of the request are wrong.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(400, "invalid-fields", "Fields of the request are wrong") }
    }

    /// Nobody is signed in.
    pub fn unauthorized() -> Self {
        Self::new(401, "unauthorized", "Sign in first")
    }

    /// The signed-in user may not do this.
    pub fn forbidden() -> Self {
        Self::new(403, "forbidden", "This is not yours to do")
    }

    /// The resource does not exist, or the caller may not see it.
    pub fn not_found() -> Self {
        Self::new(404, "not-found", "There is no such thing")
    }

    /// The address exists, but not for this method.
    pub fn method_not_allowed() -> Self {
        Self::new(405, "method-not-allowed", "This method is not allowed here")
    }

    /// The request contradicts an earlier one or the state of the resource.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(409, "conflict", "The request contradicts an earlier one").with_detail(detail)
    }

    /// The request's body is too large.
    pub fn too_large() -> Self {
        Self::new(413, "too-large", "The request is too large")
    }

    /// Fields of the request can be parsed, but the operation does not accept their values.
    pub fn unprocessable(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(422, "refused-fields", "The values of fields are not accepted") }
    }

    /// An internal error occurred; the log says what.
    pub fn internal() -> Self {
        Self::new(500, "internal", "An internal error occurred")
    }

    /// Something does not answer now.
    pub fn unavailable() -> Self {
        Self::new(503, "unavailable", "Temporarily unavailable; try again")
    }
}

#[cfg(feature = "axum")]
impl axum::response::IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        use axum::http::{HeaderValue, StatusCode, header};

        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // Serializing texts and numbers cannot fail.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let media_type = HeaderValue::from_static(Self::MEDIA_TYPE);
        (status, [(header::CONTENT_TYPE, media_type)], body).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_left_out() {
        let json = serde_json::to_string(&Problem::not_found()).unwrap();
        assert_eq!(json, r#"{"type":"urn:millrace:problem:not-found","title":"There is no such thing","status":404}"#);
        let invalid = Problem::invalid(vec![FieldError::new("limit", "at most 100")]);
        let json = serde_json::to_string(&invalid).unwrap();
        assert!(json.ends_with(r#""errors":[{"field":"limit","detail":"at most 100"}]}"#));
        assert_eq!(serde_json::from_str::<Problem>(&json).unwrap(), invalid);
    }

    #[cfg(feature = "axum")]
    #[test]
    fn it_answers_with_its_status_and_media_type() {
        use axum::response::IntoResponse;

        let response = Problem::unavailable().into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["content-type"], Problem::MEDIA_TYPE);
    }
}
