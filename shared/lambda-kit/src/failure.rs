use std::error::Error;

/// How bad an error is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Severity {
    /// Expected now and then: refused business, or something that only has to be tried again.
    Warn,
    /// Ours to look at.
    #[default]
    Error,
}

/// An error of a handler, which knows how bad it is.
pub trait Failure: Error + 'static {
    /// How bad it is: [`Severity::Error`], if it does not say so.
    fn severity(&self) -> Severity {
        Severity::default()
    }
}

/// Writes the one log line of a failure.
pub(crate) fn log<E: Failure>(error: &E, message: &str) {
    let chain = crate::Chain(error);
    match error.severity() {
        Severity::Warn => tracing::warn!(error = %chain, "{message}"),
        Severity::Error => tracing::error!(error = %chain, "{message}"),
    }
}
