//! The API of advances: requests, plans, breaks, runs, the stop switch and the lender's journal.
//!
//! A request is checked by [`Caller`](api_kit::Caller), the path's id and the query or body; each may refuse it. Then
//! its route in `routes` calls the ports and returns one of the `documents`. What may change is decided by `advances`.

mod clock;
mod config;
mod documents;
mod error;
mod openapi;
mod ports;
mod query;
mod routes;

use api_kit::Clients;
use axum::Router;

pub use clock::read_clock;
pub use config::Config;
pub use openapi::document;
pub use ports::Ports;

/// The ports of the API and the accepted clients.
pub struct ServeAdvances<A, B, U, G, R, P, Q, T> {
    /// The facts and the lists of advances.
    pub advances: A,
    /// The breaks.
    pub breaks: B,
    /// The runs.
    pub runs: U,
    /// The gate of calls.
    pub gate: G,
    /// The register.
    pub customers: R,
    /// The queue of payments.
    pub payments: P,
    /// The queue of runs.
    pub run_requests: Q,
    /// The clock, for the times of requests and changes.
    pub clock: T,
    /// The applications with accepted access tokens.
    pub clients: Clients,
}

/// The API over these ports.
pub fn router<P: Ports>(ports: P) -> Router {
    api_kit::finish(Router::from(openapi::routes::<P>()), ports)
}
