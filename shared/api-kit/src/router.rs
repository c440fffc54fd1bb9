use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::Response;
use lambda_kit::Problem;

/// The API with these routes and ports: unknown paths and methods are refused with a problem document, and no response
/// may be cached.
pub fn finish<P: Send + Sync + 'static>(routes: Router<Arc<P>>, ports: P) -> Router {
    routes
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(map_response(with_default_headers))
        .with_state(Arc::new(ports))
}

/// Responses must not be cached; a response 401 names the scheme to sign in (RFC 9110, 15.5.2).
async fn with_default_headers(mut response: Response) -> Response {
    let unauthorized = response.status() == StatusCode::UNAUTHORIZED;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if unauthorized {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
