//! The routes: each calls the ports and builds a document.

pub(crate) mod advances;
pub(crate) mod breaks;
pub(crate) mod calls;
pub(crate) mod journal;
pub(crate) mod request;
pub(crate) mod runs;

use lambda_kit::{FieldError, Problem};

/// The longest reason of a change, in bytes.
const MAX_REASON_BYTES: usize = 500;

/// Refuses a reason that says nothing, or too much.
fn check_reason(reason: &str) -> Result<(), Problem> {
    let is_valid = !reason.trim().is_empty() && reason.len() <= MAX_REASON_BYTES;
    let error = || Problem::unprocessable(vec![FieldError::new("reason", "give a reason of 1 to 500 bytes")]);
    is_valid.then_some(()).ok_or_else(error)
}
