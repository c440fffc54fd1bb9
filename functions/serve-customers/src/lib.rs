//! The API of customers, their figures, accounts, entries and imports. It only reads, except that customers opt out of
//! mails.
//!
//! A request is checked by [`Caller`](api_kit::Caller), the path's ids and the query; each may refuse it. Then its route in
//! `routes` calls the ports and returns one of the [documents](api_documents).

mod config;
mod error;
mod openapi;
mod ports;
mod query;
mod routes;

use api_kit::Clients;
use axum::Router;

pub use config::Config;
pub use ports::Ports;

/// The ports of the API and the accepted clients.
pub struct ServeCustomers<C, B, I, S, D, F, K, T> {
    /// The register.
    pub customers: C,
    /// The books.
    pub books: B,
    /// The records of imports, of their batches and of exchange rates.
    pub imports: I,
    /// The records of summaries.
    pub summaries: S,
    /// The signer of links.
    pub downloads: D,
    /// The record of feeds.
    pub feeds: F,
    /// The key of the unsubscribe links.
    pub unsubscribe_keys: K,
    /// The clock, for the time of an opt-out.
    pub clock: T,
    /// The maximum number of entries that one request may decode; see [`MAX_ENTRIES`].
    pub max_entries: u64,
    /// The applications with accepted access tokens.
    pub clients: Clients,
}

/// The maximum number of entries that one request decodes. With 512 MB, which is 0.29 of a processor, the function
/// folds 85,000 (different counterparties) to 200,000 entries a second; half a million take 6 of its 15 seconds.
pub const MAX_ENTRIES: u64 = 500_000;

/// The API over these ports.
pub fn router<P: Ports>(ports: P) -> Router {
    api_kit::finish(Router::from(openapi::routes::<P>()), ports)
}
