//! The feeds of `feeds-sandbox` behind the HTTP API.

mod config;

use axum::Router;
use feeds_sandbox::{Plan, SandboxFeed};

pub use config::{Config, ConfigError};

/// The routes of the feed, below `/sandbox`.
pub fn router(config: Config) -> Router {
    let feed = SandboxFeed::new(Plan::new(config.seed, config.size), config.faults);
    Router::new().nest("/sandbox", feeds_sandbox::router(feed))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    #[test]
    fn the_feed_is_below_sandbox() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let router = router(Config::read("small", "1", "").unwrap());
        for (path, status) in [("/sandbox/ping", 200), ("/sandbox/sepa?cursor=", 200), ("/ping", 404)] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let answer = runtime.block_on(router.clone().oneshot(request)).unwrap();
            assert_eq!(answer.status(), status, "{path}");
        }
    }
}
