use std::sync::Arc;

use api_documents::ReferenceName;
use api_kit::complete;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use lambda_kit::Problem;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Ports;
use crate::routes::{accounts, companies, company_entries, customers, feeds, imports, portfolio, unsubscribe};

/// The routes that read entries.
const READ_ENTRIES: [&str; 10] = [
    "/balance",
    "/balances",
    "/history",
    "/countries",
    "/counterparties",
    "/interest",
    "/forecast",
    "/entries",
    "/entries.csv",
    "/portfolio",
];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Millrace: customers, their figures, accounts, entries, imports and feeds",
        description = "All amounts are strings with all decimals of their currency; all times are UTC. Lists have \
                       pages: pass `next` as `cursor` until it is absent. Errors are problem documents (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(Problem, ReferenceName)),
    security(("user-pool" = []))
)]
struct Api;

/// All routes, each with its part of the document: a handler names its method and path itself.
pub(crate) fn routes<P: Ports>() -> OpenApiRouter<Arc<P>> {
    OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(customers::list))
        .routes(routes!(customers::one))
        .routes(routes!(companies::balances))
        .routes(routes!(companies::history))
        .routes(routes!(companies::countries))
        .routes(routes!(companies::counterparties))
        .routes(routes!(companies::interest))
        .routes(routes!(companies::forecast))
        .routes(routes!(company_entries::list))
        .routes(routes!(company_entries::csv))
        .routes(routes!(portfolio::show))
        .routes(routes!(accounts::list))
        .routes(routes!(accounts::one))
        .routes(routes!(accounts::balance))
        .routes(routes!(accounts::history))
        .routes(routes!(accounts::entries))
        .routes(routes!(imports::list))
        .routes(routes!(imports::one))
        .routes(routes!(imports::rejects))
        .routes(routes!(feeds::list))
        .routes(routes!(feeds::one))
        .routes(routes!(unsubscribe::confirm, unsubscribe::unsubscribe))
        .routes(routes!(show))
}

/// This document
#[utoipa::path(get, path = "/openapi.json", tag = "document", operation_id = "getOpenApi", security(()),
    responses((status = 200, description = "The OpenAPI document", body = Object)))]
async fn show<P: Ports>(_: State<Arc<P>>) -> impl IntoResponse {
    let document = complete(routes::<P>().into_openapi(), explained);
    // Serializing texts and numbers cannot fail.
    let json = document.to_pretty_json().unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json")], format!("{json}\n"))
}

/// The refusals that only some of the routes have.
fn explained(path: &str) -> Option<(u16, &'static str)> {
    READ_ENTRIES
        .iter()
        .any(|it| path.ends_with(it))
        .then_some((422, "The request would read more than the limit; `detail` says what to request instead"))
}
