//! What every function of the API needs, so that all of them check callers, read requests and refuse them alike.
//!
//! A handler takes extractors in the order of their checks: [`Caller`], the [`Id`] of the path, then [`Query`] or
//! [`Body`] with the [`IdempotencyKey`]; each refuses with a problem document (RFC 9457).

mod body;
mod caller;
pub mod cursor;
mod idempotency;
mod openapi;
mod path;
mod query;
mod router;

pub use body::{Body, MAX_BODY_BYTES};
pub use caller::{AcceptedClients, Caller, CallerName, Clients};
pub use idempotency::{IdempotencyKey, IdempotencyKeyError};
pub use openapi::complete;
pub use path::Id;
pub use query::{Fields, FromQuery, NoParams, Part, Query};
pub use router::finish;
