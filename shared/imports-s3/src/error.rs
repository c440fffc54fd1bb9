use std::error::Error;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::SdkError;
use imports::PortError;

pub(crate) fn unavailable(error: impl Into<Box<dyn Error + Send + Sync>>) -> PortError {
    PortError::Unavailable("the bucket", error.into())
}

pub(crate) fn broken(error: impl Into<Box<dyn Error + Send + Sync>>) -> PortError {
    PortError::Broken("the bucket", error.into())
}

/// The meaning of an error response for an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// The object or version does not exist, was deleted or has changed.
    Gone,
    /// The range begins after its end.
    BehindEnd,
    /// Something else.
    Other,
}

/// By status, because a response to HEAD has no body.
pub(crate) fn answer<E>(error: &SdkError<E, HttpResponse>) -> Answer {
    match error.raw_response().map(|it| it.status().as_u16()) {
        Some(404 | 405 | 412) => Answer::Gone,
        Some(416) => Answer::BehindEnd,
        _ => Answer::Other,
    }
}
