use std::sync::Arc;

use api_kit::complete;
use lambda_kit::Problem;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Ports;
use crate::documents::{AdvanceState, BreakKindName, BreakState};
use crate::routes::{advances, breaks, calls, journal, runs};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Millrace: advances, their breaks and runs",
        description = "All amounts are strings with all decimals of their currency; all times are UTC. Lists have \
                       pages: pass `next` as `cursor` until it is absent. Errors are problem documents (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(Problem, AdvanceState, BreakKindName, BreakState)),
    security(("user-pool" = []))
)]
struct Api;

/// All routes, each with its part of the document: a handler names its method and path itself.
pub(crate) fn routes<P: Ports>() -> OpenApiRouter<Arc<P>> {
    OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(advances::list, advances::request))
        .routes(routes!(advances::one))
        .routes(routes!(advances::cancel))
        .routes(routes!(advances::approve_refund))
        .routes(routes!(journal::list))
        .routes(routes!(journal::csv))
        .routes(routes!(calls::show))
        .routes(routes!(calls::stop))
        .routes(routes!(calls::resume))
        .routes(routes!(breaks::list))
        .routes(routes!(breaks::close))
        .routes(routes!(runs::one))
        .routes(routes!(runs::approve))
}

/// The OpenAPI document of all routes, as JSON.
pub fn document<P: Ports>() -> String {
    let document = complete(routes::<P>().into_openapi(), |_| None);
    // Serializing texts and numbers cannot fail.
    format!("{}\n", document.to_pretty_json().unwrap_or_default())
}
