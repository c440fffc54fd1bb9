//! Feeds that require credentials.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datamaker::Noise;
use percent_encoding::percent_decode_str;
use serde_json::json;

/// The random stream of tokens.
const TOKENS: u64 = 111;
/// The number of valid tokens, the latest ones.
const MAX_TOKENS: usize = 100;

/// The clients that may read the feeds.
#[derive(Clone)]
pub enum Access {
    /// Everybody.
    Open,
    /// Clients with this bearer token.
    Bearer(String),
    /// Clients with a bearer token that `POST /token` issued for this client (RFC 6749, section 4.4).
    Client {
        /// Its id.
        id: String,
        /// Its secret.
        secret: String,
        /// How long a token is valid.
        life: Duration,
    },
}

struct Guard {
    access: Access,
    seed: u64,
    issued: Mutex<Issued>,
}

#[derive(Default)]
struct Issued {
    count: u64,
    valid: VecDeque<(String, Instant)>,
}

/// The same routes with access control, and with `POST /token` if tokens are issued. `GET /ping` is public.
pub fn guarded(routes: Router, access: Access, seed: u64) -> Router {
    if matches!(access, Access::Open) {
        return routes;
    }
    let issues = matches!(access, Access::Client { .. });
    let guard = Arc::new(Guard { access, seed, issued: Mutex::default() });
    let routes = routes.layer(middleware::from_fn_with_state(Arc::clone(&guard), check));
    let tokens = Router::new().route("/token", post(token)).with_state(guard);
    if issues { routes.merge(tokens) } else { routes }
}

async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    if request.uri().path() == "/ping" {
        return next.run(request).await;
    }
    let token = after(request.headers(), "Bearer ");
    match token {
        Some(token) if guard.admits(token) => next.run(request).await,
        Some(_) => unauthorized("Bearer realm=\"feeds\", error=\"invalid_token\""),
        None => unauthorized("Bearer realm=\"feeds\""),
    }
}

fn unauthorized(challenge: &'static str) -> Response {
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)]).into_response()
}

/// The credentials after the scheme in the header `authorization`.
fn after<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (start, rest) = value.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

impl Guard {
    fn admits(&self, token: &str) -> bool {
        match &self.access {
            Access::Open => true,
            Access::Bearer(expected) => token == expected,
            Access::Client { .. } => {
                let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
                issued.valid.iter().any(|(it, until)| it == token && Instant::now() < *until)
            }
        }
    }

    fn issue(&self, life: Duration) -> String {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let number = issued.count;
        issued.count = number.saturating_add(1);
        let token = format!("sandbox-{number}-{:016x}", Noise::new(self.seed, TOKENS, number).below(u64::MAX));
        let now = Instant::now();
        issued.valid.push_back((token.clone(), now.checked_add(life).unwrap_or(now)));
        if issued.valid.len() > MAX_TOKENS {
            issued.valid.pop_front();
        }
        token
    }
}

/// Issues a token to the client that the header `authorization` names.
async fn token(State(guard): State<Arc<Guard>>, headers: HeaderMap, form: String) -> Response {
    let Access::Client { id, secret, life } = &guard.access else { return StatusCode::NOT_FOUND.into_response() };
    let refused = |status: StatusCode, code: &str| (status, Json(json!({ "error": code })));
    if client(&headers).as_ref() != Some(&(id.clone(), secret.clone())) {
        let challenge = [(WWW_AUTHENTICATE, "Basic realm=\"feeds\"")];
        return (challenge, refused(StatusCode::UNAUTHORIZED, "invalid_client")).into_response();
    }
    if !form.split('&').any(|it| it == "grant_type=client_credentials") {
        return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type").into_response();
    }
    let token = json!({ "access_token": guard.issue(*life), "token_type": "Bearer", "expires_in": life.as_secs() });
    ([(CACHE_CONTROL, "no-store")], Json(token)).into_response()
}

/// Id and secret, form-encoded by the client (RFC 6749, section 2.3.1).
fn client(headers: &HeaderMap) -> Option<(String, String)> {
    let pair = STANDARD.decode(after(headers, "Basic ")?).ok()?;
    let (id, secret) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
    let decoded = |text: &str| Some(percent_decode_str(&text.replace('+', " ")).decode_utf8().ok()?.into_owned());
    Some((decoded(id)?, decoded(secret)?))
}
