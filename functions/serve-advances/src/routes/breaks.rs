use std::sync::Arc;

use advances::ports::Breaks as _;
use advances::{BreakKind, Saved};
use api_kit::{Body, Caller, CallerName, Id, Query, cursor};
use axum::Json;
use axum::extract::State;
use lambda_kit::Problem;

use super::check_reason;
use crate::Ports;
use crate::documents::{BreakDocument, Part, Reason};
use crate::error::ServeError;
use crate::query::BreaksQuery;

/// The breaks
///
/// For operators. Oldest first: disagreements between the plan, the processor's reports and the customers' accounts.
#[utoipa::path(get, path = "/breaks", tag = "breaks", operation_id = "listBreaks", params(BreaksQuery),
    responses((status = 200, description = "A part of the list", body = Part<BreakDocument>)))]
pub(crate) async fn list<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Query(query): Query<BreaksQuery>,
) -> Result<Json<Part<BreakDocument>>, ServeError> {
    caller.may_see_all()?;
    let list = format!("breaks of {:?}, closed {:?}", query.kind.map(BreakKind::name), query.state);
    let after: Option<String> = cursor::read(&list, query.cursor.as_deref())?;
    let page = ports.breaks().list(query.kind, query.state, after.as_deref(), query.limit).await?;
    Ok(Json(Part {
        items: page.items.into_iter().map(BreakDocument::from).collect(),
        next: page.cursor.map(|it| cursor::write(&list, &it)),
    }))
}

/// Close a break
///
/// For operators. The reason stays in the journal; nothing is repaired.
#[utoipa::path(post, path = "/breaks/{break}/closing", tag = "breaks", operation_id = "closeBreak",
    params(("break" = String, Path, description = "The break's id", pattern = "^[0-9a-f]{24}$")),
    request_body = Reason,
    responses((status = 200, description = "It is closed", body = BreakDocument),
        (status = 409, description = "It was closed before", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The reason is not accepted", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn close<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    CallerName(name): CallerName,
    Id(id): Id<String>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<BreakDocument>, ServeError> {
    caller.may_change_all()?;
    check_reason(&reason)?;
    let found = ports.breaks().load(&id).await?.ok_or_else(Problem::not_found)?;
    let closed_before = || Problem::conflict("the break was closed before");
    let closed = found.close(ports.now(), &name, &reason).ok_or_else(closed_before)?;
    // A repeated write may find its own effect.
    if ports.breaks().close(&closed).await? == Saved::Conflict
        && ports.breaks().load(&id).await?.as_ref() != Some(&closed)
    {
        return Err(closed_before().into());
    }
    Ok(Json(closed.into()))
}
