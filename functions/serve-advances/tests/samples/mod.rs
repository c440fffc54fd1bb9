//! The API over fakes, and requests as the gateway sends them.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "examples for tests")]

use std::sync::{Arc, Mutex};

use advances::ports::{PortError, RunQueue, RunRequest};
use advances::testing::{FakeAdvances, FakeBreaks, FakeGate, FakePaymentQueue, FakeRuns};
use api_kit::Clients;
use axum::Router;
use calendar::{Clock, Moment};
use customers::testing::FakeRegister;
use customers::{Account, Customer, CustomerId, CustomerKind, Register, Registration};
use serde_json::{Value, json};
use serve_advances::{ServeAdvances, router};
use tower::ServiceExt;

const CLIENT: &str = "2h3k4l5m6n7p8q9r0s1t2u3v4w";
const EVENT: &str = include_str!("../../../../events/aws/serve-advances.json");

pub const IBAN: &str = "DE89370400440532013000";
pub const OTHER_IBAN: &str = "GB33BUKB20201555555555";

pub fn ada() -> CustomerId {
    CustomerId::of_company("ada")
}

pub fn eve() -> CustomerId {
    CustomerId::of_company("eve")
}

pub fn now() -> Moment {
    "2026-03-02T12:00:00Z".parse().unwrap()
}

pub struct Noon;

impl Clock for Noon {
    fn now(&self) -> Moment {
        now()
    }
}

/// The requests of runs in memory; its clones are the same.
#[derive(Clone, Default)]
pub struct FakeRunQueue(Arc<Mutex<Vec<RunRequest>>>);

impl FakeRunQueue {
    pub fn all(&self) -> Vec<RunRequest> {
        self.0.lock().unwrap().clone()
    }
}

impl RunQueue for FakeRunQueue {
    async fn send(&self, request: RunRequest) -> Result<(), PortError> {
        self.0.lock().unwrap().push(request);
        Ok(())
    }
}

/// What the API reads and writes.
#[derive(Clone, Default)]
pub struct Stores {
    pub advances: FakeAdvances,
    pub breaks: FakeBreaks,
    pub runs: FakeRuns,
    pub gate: FakeGate,
    pub payments: FakePaymentQueue,
    pub run_requests: FakeRunQueue,
}

/// The API over these stores, with a register of Ada's and Eve's accounts.
pub async fn api(stores: &Stores) -> Router {
    let register = FakeRegister::default();
    let registrations = [(ada(), IBAN), (eve(), OTHER_IBAN)].map(|(id, iban)| Registration {
        customer: Customer {
            id,
            kind: CustomerKind::Company,
            name: None,
            born_on: None,
            email: None,
            owner: None,
            address: None,
            first_email: None,
        },
        accounts: vec![Account { number: iban.parse().unwrap(), customer: id, r#type: None }],
    });
    register.register(&registrations, now()).await.unwrap();
    let Stores { advances, breaks, runs, gate, payments, run_requests } = stores.clone();
    router(ServeAdvances {
        advances,
        breaks,
        runs,
        gate,
        customers: register,
        payments,
        run_requests,
        clock: Noon,
        clients: Clients::new(CLIENT, "a-machine".to_owned()),
    })
}

/// The token of a request.
#[derive(Clone, Copy, Debug)]
pub enum Token {
    None,
    Operator,
    Customer(CustomerId),
    /// A program that only reads.
    Reader,
}

/// The sample event, as another request.
fn event(method: &str, target: &str, token: Token) -> Value {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    event["rawPath"] = json!(path);
    event["rawQueryString"] = json!(query);
    event["requestContext"]["http"]["method"] = json!(method);
    event["requestContext"]["http"]["path"] = json!(path);
    event["headers"].as_object_mut().unwrap().remove("x-amzn-trace-id");
    let claims = &mut event["requestContext"]["authorizer"]["jwt"]["claims"];
    match token {
        Token::None => drop(event["requestContext"].as_object_mut().unwrap().remove("authorizer")),
        Token::Operator => {}
        Token::Customer(id) => {
            claims["cognito:groups"] = json!("[customer]");
            claims["username"] = json!(id.to_string());
        }
        Token::Reader => {
            claims["client_id"] = json!("a-machine");
            claims["scope"] = json!("millrace/read");
        }
    }
    event
}

/// An answer of the API.
pub struct Answer {
    pub status: u16,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The fields that a problem names.
    pub fn fields(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|it| it["field"].as_str().unwrap().to_owned()).collect()
    }
}

async fn send(api: &Router, event: &Value) -> Answer {
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    let response = api.clone().oneshot(request.map(axum::body::Body::new)).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

pub async fn get(api: &Router, target: &str, token: Token) -> Answer {
    send(api, &event("GET", target, token)).await
}

pub async fn post(api: &Router, target: &str, token: Token, body: &Value) -> Answer {
    let mut event = event("POST", target, token);
    event["headers"]["content-type"] = json!("application/json");
    event["body"] = json!(body.to_string());
    send(api, &event).await
}

/// Requests an advance under `key`.
pub async fn request(api: &Router, token: Token, key: &str, body: &Value) -> Answer {
    let mut event = event("POST", "/advances", token);
    event["headers"]["content-type"] = json!("application/json");
    event["headers"]["idempotency-key"] = json!(key);
    event["body"] = json!(body.to_string());
    send(api, &event).await
}

/// 100.00 EUR to Ada's account.
pub fn hundred() -> Value {
    json!({"account": IBAN, "amount": "100.00", "currency": "EUR"})
}
