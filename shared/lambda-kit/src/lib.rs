//! What every function needs and no domain knows of: batches of messages, the environment, the clock, the chain of
//! an error's sources, and problem documents. No finance, no AWS client.

pub mod batch;
mod chain;
mod clock;
mod environment;
mod failure;
mod logging;
mod problem;
pub mod uploads;

pub use batch::Pace;
pub use chain::Chain;
pub use clock::SystemClock;
pub use environment::{Environment, MissingEnvironment};
pub use failure::{Failure, Severity};
pub use logging::{about_import, init_tracing};
pub use problem::{FieldError, Problem};
