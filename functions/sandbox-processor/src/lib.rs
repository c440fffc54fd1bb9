//! The payment processor of `advances-sandbox` behind the HTTP API, with its state in a table.

mod config;
mod table;

use std::time::Duration;

use advances_sandbox::{Delays, Processor, Store};
use axum::Router;
use calendar::Clock;

pub use config::{Config, ConfigError};
pub use table::DynamoDbStore;

/// Longer than a client waits for an answer, and shorter than the function's time-out.
const HANG: Duration = Duration::from_secs(25);
const SLOW: Duration = Duration::from_secs(3);

/// The routes of the processor, below `/sandbox/processor`.
pub fn router<S, C>(config: Config, store: S, clock: C) -> Router
where
    S: Store + Send + Sync + 'static,
    C: Clock + Send + Sync + 'static,
{
    let Config { table: _, dedupe, faults } = config;
    let processor = Processor { store, clock, dedupe, faults };
    Router::new().nest("/sandbox/processor", advances_sandbox::router(processor, Delays { hang: HANG, slow: SLOW }))
}

#[cfg(test)]
mod tests {
    use advances_sandbox::testing::FakeStore;
    use axum::body::Body;
    use axum::http::Request;
    use lambda_kit::SystemClock;
    use tower::ServiceExt as _;

    use super::*;

    #[test]
    fn the_processor_is_below_sandbox() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let config = Config::read("T".to_owned(), "72", "1", String::new()).unwrap();
        let router = router(config, FakeStore::default(), SystemClock);
        for (path, status) in [("/sandbox/processor/ledger", 200), ("/sandbox/ledger", 404), ("/ledger", 404)] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let answer = runtime.block_on(router.clone().oneshot(request)).unwrap();
            assert_eq!(answer.status(), status, "{path}");
        }
    }
}
