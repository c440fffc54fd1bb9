use lambda_kit::Problem;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, Object, ObjectBuilder, OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder,
};

const SCHEME: &str = "user-pool";
const PROBLEM_SCHEMA: &str = "#/components/schemas/Problem";

/// Adds what holds for all routes to the document of an API: how to sign in, and the refusals of each operation that
/// requires it. `more` is the refusal that only some paths have: a status with its description.
pub fn complete(mut api: OpenApi, more: impl Fn(&str) -> Option<(u16, &'static str)>) -> OpenApi {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    let bearer = bearer.description(Some("An access token of the user pool, of a member of `operator` or `customer`"));
    if let Some(components) = &mut api.components {
        components.add_security_scheme(SCHEME, SecurityScheme::Http(bearer.build()));
    }
    for (path, item) in &mut api.paths.paths {
        let has_id = path.contains('{');
        let more = more(path);
        let PathItem { get, put, post, delete, patch, .. } = item;
        for (operation, changes) in [(get, false), (put, true), (post, true), (delete, true), (patch, true)] {
            let Some(operation) = operation.as_mut().filter(|it| it.security.is_none()) else { continue };
            let found = has_id.then_some((404, "The resource does not exist or belongs to another customer"));
            for (status, description) in common(changes).into_iter().chain(found).chain(more) {
                add(operation, status, description);
            }
        }
    }
    api
}

fn common(changes: bool) -> Vec<(u16, &'static str)> {
    let mut refusals = vec![
        (400, "The request cannot be understood; `errors` names the fields"),
        (401, "Without an access token of this client; the gateway's own response is only a `message`"),
        (429, "Too many requests; the gateway's response is only a `message`"),
        (403, "The groups of the caller do not permit this"),
        (500, "An internal error occurred"),
        (503, "Temporarily unavailable; try again"),
    ];
    if changes {
        refusals.extend([(413, "The body is larger than 256 KB"), (415, "The body is not JSON")]);
    }
    refusals
}

/// A description of the operation itself wins.
fn add(operation: &mut Operation, status: u16, description: &str) {
    let responses = &mut operation.responses.responses;
    responses.entry(status.to_string()).or_insert_with(|| RefOr::T(refusal(status, description)));
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
