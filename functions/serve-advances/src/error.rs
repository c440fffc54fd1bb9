use advances::ports::PortError;
use advances::{AppendError, BooksError, CreateError, FoldError};
use api_kit::cursor;
use axum::response::{IntoResponse, Response};
use customers::RegisterError;
use lambda_kit::{Chain, Problem};

/// Why a request failed. The client gets a problem document; the log gets the error chain.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error("the request is refused: {}", .0.title)]
    Refused(Problem),
    #[error("cannot serve advances")]
    Port(#[from] PortError),
    #[error("cannot change an advance")]
    Append(#[from] AppendError),
    #[error("cannot store an advance")]
    Create(#[from] CreateError),
    #[error("cannot read the facts of an advance")]
    Fold(#[from] FoldError),
    #[error("cannot read the journal")]
    Books(#[from] BooksError),
    #[error("cannot read the register")]
    Register(#[from] RegisterError),
    #[error("the customer of advance {0} has no valid id")]
    Customer(advances::AdvanceId),
}

impl From<Problem> for ServeError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl ServeError {
    fn problem(&self) -> Problem {
        match self {
            Self::Refused(problem) => problem.clone(),
            Self::Port(PortError::BadCursor) => cursor::invalid(),
            Self::Books(BooksError::TooManyAdvances(max)) => too_many_advances(*max),
            Self::Port(PortError::Unavailable(..))
            | Self::Append(AppendError::Port(PortError::Unavailable(..)) | AppendError::Busy(_))
            | Self::Create(CreateError::Port(PortError::Unavailable(..)))
            | Self::Books(BooksError::Port(PortError::Unavailable(..)))
            | Self::Register(RegisterError::Unavailable(_)) => Problem::unavailable(),
            _ => Problem::internal(),
        }
    }
}

/// The problem of a journal that would exceed the function's time-out.
fn too_many_advances(max: usize) -> Problem {
    let detail =
        format!("there are more than {max} advances; use `millrace advances journal`, which has no such limit");
    Problem::new(422, "too-many-advances", "The request reads too many advances").with_detail(detail)
}

impl IntoResponse for ServeError {
    fn into_response(self) -> Response {
        let problem = self.problem();
        match problem.status {
            ..500 => {}
            503 => tracing::warn!(error = %Chain(&self), "a request has to be repeated"),
            _ => tracing::error!(error = %Chain(&self), "a request has failed"),
        }
        problem.into_response()
    }
}
