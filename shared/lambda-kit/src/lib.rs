//! What every function needs and no domain knows of: batches of messages, the environment, the clock, the chain of
//! an error's sources, and problem documents. No finance, no AWS client.

pub mod batch;
mod chain;
mod clock;
mod environment;
mod failure;
mod problem;
pub mod uploads;

pub use batch::Pace;
pub use chain::Chain;
pub use clock::SystemClock;
pub use environment::{Environment, MissingEnvironment};
pub use failure::{Failure, Severity};
pub use problem::{FieldError, Problem};

/// Sends log lines to standard output, as JSON where Lambda asks for it (`AWS_LAMBDA_LOG_FORMAT`). Call it once, first.
pub fn init_tracing() {
    lambda_runtime::tracing::init_default_subscriber();
}
