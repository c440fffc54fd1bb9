use std::sync::Arc;

use advances::Saved;
use advances::ports::{RunQueue as _, RunRequest, Runs as _};
use api_kit::{Caller, CallerName, Id, NoParams, Query};
use axum::Json;
use axum::extract::State;
use calendar::Date;
use lambda_kit::Problem;

use crate::Ports;
use crate::documents::RunDocument;
use crate::error::ServeError;

/// The run for a date
///
/// For operators.
#[utoipa::path(get, path = "/runs/{date}", tag = "runs", operation_id = "getRun",
    params(("date" = String, Path, description = "The business date", format = Date)),
    responses((status = 200, description = "The run", body = RunDocument)))]
pub(crate) async fn one<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(date): Id<Date>,
    Query(NoParams): Query<NoParams>,
) -> Result<Json<RunDocument>, ServeError> {
    caller.may_see_all()?;
    let run = ports.runs().load(date).await?;
    Ok(Json(run.ok_or_else(Problem::not_found)?.into()))
}

/// Approve a run
///
/// For operators. A run with more payments than usual waits for it; it continues at once.
#[utoipa::path(post, path = "/runs/{date}/approval", tag = "runs", operation_id = "approveRun",
    params(("date" = String, Path, description = "The business date", format = Date)),
    responses((status = 200, description = "It continues", body = RunDocument),
        (status = 409, description = "It does not wait for an approval", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn approve<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    CallerName(name): CallerName,
    Id(date): Id<Date>,
) -> Result<Json<RunDocument>, ServeError> {
    caller.may_change_all()?;
    let run = ports.runs().load(date).await?.ok_or_else(Problem::not_found)?;
    let not_waiting = || Problem::conflict("the run does not wait for an approval");
    // A repeated request sends the message again.
    let approved = if run.approved_by.is_some() {
        run
    } else {
        let approved = run.approve(&name).ok_or_else(not_waiting)?;
        if ports.runs().save(&approved).await? == Saved::Conflict {
            let stored = ports.runs().load(date).await?.ok_or_else(Problem::not_found)?;
            if stored.approved_by.is_none() {
                return Err(not_waiting().into());
            }
        }
        approved
    };
    ports.run_requests().send(RunRequest::new(date)).await?;
    Ok(Json(approved.into()))
}
