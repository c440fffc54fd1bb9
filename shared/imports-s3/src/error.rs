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

/// What an unsuccessful answer says of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// There is no such object or version, or it is deleted, or is another by now.
    Gone,
    /// The range begins behind its end.
    BehindEnd,
    /// Something else.
    Other,
}

/// By status, because an answer to HEAD has no body that could say more.
pub(crate) fn answer<E>(error: &SdkError<E, HttpResponse>) -> Answer {
    match error.raw_response().map(|it| it.status().as_u16()) {
        Some(404 | 405 | 412) => Answer::Gone,
        Some(416) => Answer::BehindEnd,
        _ => Answer::Other,
    }
}
