use std::sync::Arc;

use api_documents::ReferenceName;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use lambda_kit::Problem;
use utoipa::OpenApi;
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, Object, ObjectBuilder, OpenApi as OpenApiDocument, Ref, RefOr, Response, ResponseBuilder,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Ports;
use crate::routes::{accounts, companies, company_entries, customers, feeds, imports, portfolio, unsubscribe};

const SCHEME: &str = "user-pool";
const PROBLEM_SCHEMA: &str = "#/components/schemas/Problem";
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
        description = "All amounts are texts with all decimals of their currency; all times are UTC. Lists are read in \
                       parts: give `next` back as `cursor` until there is none. Errors are problem documents (RFC 9457).",
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
    let document = completed(routes::<P>().into_openapi());
    // Serializing texts and numbers cannot fail.
    let json = document.to_pretty_json().unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json")], format!("{json}\n"))
}

/// Adds what holds for all routes.
fn completed(mut api: OpenApiDocument) -> OpenApiDocument {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    let bearer = bearer.description(Some("An access token of the user pool, of a member of `operator` or `customer`"));
    if let Some(components) = &mut api.components {
        components.add_security_scheme(SCHEME, SecurityScheme::Http(bearer.build()));
    }
    for (path, item) in &mut api.paths.paths {
        let Some(operation) = item.get.as_mut().filter(|it| it.security.is_none()) else {
            continue;
        };
        let mut problems = vec![
            (400, "The request cannot be understood; `errors` names the fields"),
            (401, "Without an access token of this client; the gateway's own response is only a `message`"),
            (429, "Too many requests; the gateway's response is only a `message`"),
            (403, "No group of the caller may do this"),
            (500, "An internal error occurred"),
            (503, "Not now; try again"),
        ];
        if path.contains('{') {
            problems.push((404, "The resource does not exist or belongs to somebody else"));
        }
        if READ_ENTRIES.iter().any(|it| path.ends_with(it)) {
            problems.push((422, "More than one request may read; `detail` says what to request instead"));
        }
        for (status, description) in problems {
            operation.responses.responses.insert(status.to_string(), RefOr::T(refusal(status, description)));
        }
    }
    api
}

/// Our refusals are problem documents; the gateway's refusals are plain JSON.
fn refusal(status: u16, description: &str) -> Response {
    let mut response = ResponseBuilder::new().description(description);
    if status != 429 {
        let problem = ContentBuilder::new().schema(Some(Ref::new(PROBLEM_SCHEMA)));
        response = response.content(Problem::MEDIA_TYPE, problem.build());
    }
    if matches!(status, 401 | 429) {
        let message = ObjectBuilder::new().property("message", Object::with_type(Type::String));
        response = response.content("application/json", ContentBuilder::new().schema(Some(message)).build());
    }
    response.build()
}
