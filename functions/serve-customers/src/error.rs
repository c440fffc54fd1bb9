use api_kit::cursor;
use axum::response::{IntoResponse, Response};
use customers::RegisterError;
use imports::PortError;
use lambda_kit::{Chain, FieldError, Problem};
use ledger::BooksError;
use mail::UnsubscribeKeysError;
use mail::outbox::SummariesError;
use treasury::QueryError;

/// Why a request failed. The client gets a problem document; the log gets the error chain.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error("the request is refused: {}", .0.title)]
    Refused(Problem),
    #[error("cannot read the register")]
    Register(#[from] RegisterError),
    #[error("cannot read the books")]
    Books(#[from] BooksError),
    #[error("cannot read the imports")]
    Imports(#[from] PortError),
    #[error("cannot compute figures")]
    Figures(#[source] QueryError),
    #[error("cannot count the summaries")]
    Summaries(#[from] SummariesError),
    #[error("cannot check an unsubscribe link")]
    UnsubscribeKeys(#[from] UnsubscribeKeysError),
}

impl From<Problem> for ServeError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<QueryError> for ServeError {
    fn from(error: QueryError) -> Self {
        let invalid = |field, detail: String| Problem::invalid(vec![FieldError::new(field, detail)]).into();
        match error {
            QueryError::Books(error) => error.into(),
            QueryError::Rates(error) => error.into(),
            QueryError::Register(error) => error.into(),
            QueryError::TooManyBuckets => {
                invalid("by", "more than 1,000 buckets; request fewer days or larger buckets".to_owned())
            }
            QueryError::NotAhead { first, last } => {
                invalid("to", format!("not from {first} to {last}, the last possible day"))
            }
            QueryError::TooManyCustomers { .. } => too_many_customers(&error).into(),
            other => Self::Figures(other),
        }
    }
}

/// The problem of a request that would exceed the function's time-out.
fn too_many_entries(most: u64) -> Problem {
    let detail = format!(
        "this would read more than {most} entries; request fewer days with `from` and `to`, larger buckets with `by`, \
         a balance `on` the last day of a month, or use the command `millrace`, which has no such limit"
    );
    Problem::new(422, "too-many-entries", "The request reads too many entries").with_detail(detail)
}

/// The problem of a portfolio that would exceed the function's time-out.
fn too_many_customers(error: &QueryError) -> Problem {
    let detail = format!("{error}; use the command `millrace portfolio`, which has no such limit");
    Problem::new(422, "too-many-customers", "The request reads too many customers").with_detail(detail)
}

impl ServeError {
    fn problem(&self) -> Problem {
        match self {
            Self::Refused(problem) => problem.clone(),
            Self::Register(RegisterError::BadCursor) | Self::Imports(PortError::BadCursor) => cursor::invalid(),
            Self::Books(BooksError::TooManyEntries { most }) => too_many_entries(*most),
            Self::Register(RegisterError::Unavailable(_))
            | Self::Books(BooksError::Unavailable(_) | BooksError::Unsettled)
            | Self::Imports(PortError::Unavailable(..))
            | Self::Summaries(SummariesError::Unavailable(_))
            | Self::UnsubscribeKeys(_) => Problem::unavailable(),
            _ => Problem::internal(),
        }
    }
}

impl IntoResponse for ServeError {
    fn into_response(self) -> Response {
        let problem = self.problem();
        match problem.status {
            ..500 => {}
            503 => tracing::warn!(error = %Chain(&self), "a question waits"),
            _ => tracing::error!(error = %Chain(&self), "a question has no answer"),
        }
        problem.into_response()
    }
}

#[cfg(test)]
mod tests {
    use ledger::CodecError;

    use super::*;

    #[test]
    fn changing_books_can_be_retried_and_corrupt_ones_cannot() {
        assert_eq!(ServeError::Books(BooksError::Unsettled).problem().status, 503);
        assert_eq!(ServeError::Books(CodecError::Broken("cut off").into()).problem().status, 500);
    }
}
