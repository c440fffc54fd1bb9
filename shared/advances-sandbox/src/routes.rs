use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use calendar::{Clock, Moment};
use lambda_kit::{Chain, FieldError, Problem};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Faults, Order, PerformError, Processor, ReferenceStatus, Reply, Store, Transaction};

/// How long answers take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delays {
    /// An answer that hangs: longer than a client waits.
    pub hang: Duration,
    /// An answer that is slow: shorter than a client waits.
    pub slow: Duration,
}

struct Server<S, C> {
    processor: Processor<S, C>,
    delays: Delays,
}

type Shared<S, C> = State<Arc<Server<S, C>>>;

/// The routes of the processor.
pub fn router<S, C>(processor: Processor<S, C>, delays: Delays) -> Router
where
    S: Store + Send + Sync + 'static,
    C: Clock + Send + Sync + 'static,
{
    Router::new()
        .route("/transactions", post(perform::<S, C>))
        .route("/transactions/{reference}", get(status::<S, C>))
        .route("/reports/{date}", get(report::<S, C>))
        .route("/clock", get(clock::<S, C>).post(set_clock::<S, C>))
        .route("/faults", get(faults::<S, C>).post(set_faults::<S, C>))
        .route("/ledger", get(ledger::<S, C>))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .with_state(Arc::new(Server { processor, delays }))
}

/// The accepted order.
#[derive(Serialize)]
struct TransactionDocument {
    transaction: String,
    #[serde(flatten)]
    order: Order,
    accepted_at: Moment,
}

async fn perform<S: Store, C: Clock>(State(server): Shared<S, C>, body: Bytes) -> Result<Response, Problem> {
    let order: Order = read(&body)?;
    let errors = order.errors(server.processor.recognises_references());
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let reply = server.processor.perform(&order).await.map_err(failed)?;
    Ok(match reply {
        Reply::Accepted { transaction, accepted_at, slow } => {
            if slow {
                tokio::time::sleep(server.delays.slow).await;
            }
            (StatusCode::CREATED, Json(TransactionDocument { transaction, order, accepted_at })).into_response()
        }
        Reply::Refused(reason) => refused(&reason, order.reference.as_deref()),
        Reply::OtherOrder => Problem::conflict("the reference was used for another order").into_response(),
        Reply::Unavailable => Problem::unavailable().into_response(),
        Reply::Lost => lost(),
        Reply::Hang => {
            tokio::time::sleep(server.delays.hang).await;
            lost()
        }
    })
}

/// What a gateway says if the connection to the server behind it breaks.
fn lost() -> Response {
    StatusCode::BAD_GATEWAY.into_response()
}

/// The only final refusal.
fn refused(reason: &str, reference: Option<&str>) -> Response {
    let problem = Problem::new(422, "transaction-refused", "The transaction is refused and will not be executed");
    let problem = problem.with_detail(reason);
    let mut document = json!(problem);
    if let (Some(fields), Some(reference)) = (document.as_object_mut(), reference) {
        fields.insert("reference".to_owned(), reference.into());
    }
    (StatusCode::UNPROCESSABLE_ENTITY, [(CONTENT_TYPE, Problem::MEDIA_TYPE)], document.to_string()).into_response()
}

async fn status<S: Store, C: Clock>(
    State(server): Shared<S, C>,
    Path(reference): Path<String>,
) -> Result<Response, Problem> {
    if !server.processor.recognises_references() {
        return Err(Problem::not_found());
    }
    let status = match server.processor.status(&reference).await.map_err(failed)? {
        ReferenceStatus::Accepted(transaction) => {
            json!({ "reference": reference, "status": "accepted", "transaction": transaction })
        }
        ReferenceStatus::NotKnown(as_of) => json!({ "reference": reference, "status": "not_known", "as_of": as_of }),
    };
    Ok(Json(status).into_response())
}

async fn report<S: Store, C: Clock>(
    State(server): Shared<S, C>,
    Path(date): Path<String>,
) -> Result<Response, Problem> {
    let day = date.parse().map_err(|_| Problem::invalid(vec![FieldError::new("date", "not a date, as YYYY-MM-DD")]))?;
    let report = server.processor.report(day).await.map_err(failed)?;
    let none = || Problem::new(404, "report-not-available", "The report is not available yet");
    report.map(|it| Json(it).into_response()).ok_or_else(none)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockDocument {
    at: Moment,
}

async fn clock<S: Store, C: Clock>(State(server): Shared<S, C>) -> Result<Json<ClockDocument>, Problem> {
    let at = server.processor.now().await.map_err(failed)?;
    Ok(Json(ClockDocument { at }))
}

async fn set_clock<S: Store, C: Clock>(
    State(server): Shared<S, C>,
    body: Bytes,
) -> Result<Json<ClockDocument>, Problem> {
    let document: ClockDocument = read(&body)?;
    if !document.at.is_instant() {
        return Err(Problem::invalid(vec![FieldError::new("at", "not an instant, as 2026-01-05T10:00:00Z")]));
    }
    server.processor.set_clock(document.at).await.map_err(failed)?;
    Ok(Json(document))
}

async fn faults<S: Store, C: Clock>(State(server): Shared<S, C>) -> Result<Json<Faults>, Problem> {
    server.processor.faults().await.map(Json).map_err(failed)
}

async fn set_faults<S: Store, C: Clock>(State(server): Shared<S, C>, body: Bytes) -> Result<Json<Faults>, Problem> {
    let faults: Faults = read(&body)?;
    server.processor.set_faults(faults.clone()).await.map_err(failed)?;
    Ok(Json(faults))
}

#[derive(Serialize)]
struct LedgerDocument {
    at: Moment,
    transactions: Vec<Transaction>,
}

async fn ledger<S: Store, C: Clock>(State(server): Shared<S, C>) -> Result<Json<LedgerDocument>, Problem> {
    let (at, transactions) = server.processor.ledger().await.map_err(failed)?;
    Ok(Json(LedgerDocument { at, transactions }))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        Problem::bad_request(format!("the JSON cannot be read at line {}, column {}", error.line(), error.column()))
    })
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(error: PerformError) -> Problem {
    match &error {
        PerformError::Past(_) => Problem::conflict(error.to_string()),
        PerformError::Faults(why) => Problem::invalid(vec![FieldError::new("chances", why.to_string())]),
        PerformError::Busy => Problem::unavailable(),
        PerformError::Store(_) => {
            tracing::error!(error = %Chain(&error), "the store fails");
            Problem::unavailable()
        }
    }
}
