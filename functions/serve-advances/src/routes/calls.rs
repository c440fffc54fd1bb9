use std::sync::Arc;

use advances::change_gate;
use advances::ports::CallGate as _;
use api_kit::{Body, Caller, CallerName, NoParams, Query};
use axum::Json;
use axum::extract::State;
use lambda_kit::Problem;

use super::check_reason;
use crate::Ports;
use crate::documents::{CallsDocument, Reason};
use crate::error::ServeError;

/// Whether the processor is called
///
/// For operators.
#[utoipa::path(get, path = "/advances/calls", tag = "calls", operation_id = "getCalls",
    responses((status = 200, description = "The gate of calls", body = CallsDocument)))]
pub(crate) async fn show<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Query(NoParams): Query<NoParams>,
) -> Result<Json<CallsDocument>, ServeError> {
    caller.may_see_all()?;
    Ok(Json(ports.gate().load().await?.into()))
}

/// Stop all calls
///
/// For operators. No payment is sent until somebody resumes. A call that has begun ends.
#[utoipa::path(post, path = "/advances/calls/stop", tag = "calls", operation_id = "stopCalls", request_body = Reason,
    responses((status = 200, description = "The calls are stopped", body = CallsDocument),
        (status = 422, description = "The reason is not accepted", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn stop<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    CallerName(name): CallerName,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<CallsDocument>, ServeError> {
    caller.may_change_all()?;
    check_reason(&reason)?;
    let now = ports.now();
    change_gate(ports.gate(), |gate| gate.stop(now, &name, &reason)).await?;
    tracing::warn!(calls_stopped = 1, by = name, "an operator has stopped all calls");
    Ok(Json(ports.gate().load().await?.into()))
}

/// Resume the calls
///
/// For operators. The latest run requests the payments again that were not sent.
#[utoipa::path(post, path = "/advances/calls/resume", tag = "calls", operation_id = "resumeCalls", request_body = Reason,
    responses((status = 200, description = "The processor is called again", body = CallsDocument),
        (status = 422, description = "The reason is not accepted", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn resume<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    CallerName(name): CallerName,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<CallsDocument>, ServeError> {
    caller.may_change_all()?;
    check_reason(&reason)?;
    advances::resume(ports.gate(), ports.runs(), ports.run_requests()).await?;
    tracing::info!(by = name, reason, "an operator has resumed the calls");
    Ok(Json(ports.gate().load().await?.into()))
}
