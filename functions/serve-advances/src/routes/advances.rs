use std::sync::Arc;

use ::advances::ports::{AdvanceList as _, Advances as _, PaymentQueue as _};
use ::advances::{Advance, AdvanceId, Fact, Status, change, changes};
use api_kit::{Body, Caller, CallerName, Id, IdempotencyKey, NoParams, Query, cursor};
use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use customers::CustomerId;
use futures_util::future::try_join_all;
use lambda_kit::Problem;

use super::{check_reason, request};
use crate::Ports;
use crate::documents::{AdvanceDocument, AdvanceRequest, AdvanceStory, Part, Reason, RefundApproval};
use crate::error::ServeError;
use crate::query::AdvancesQuery;

/// How many advances are loaded concurrently.
const CONCURRENT: usize = 16;

/// Request an advance
///
/// The holder of the account is credited, and pays back in twelve weekly instalments. A repeated request with the same
/// `Idempotency-Key` has the same response; with another body it is refused.
#[utoipa::path(post, path = "/advances", tag = "advances", operation_id = "requestAdvance",
    params(("Idempotency-Key" = String, Header, description = "A new text, such as a UUID, for each advance", min_length = 1, max_length = 100)),
    request_body = AdvanceRequest,
    responses((status = 201, description = "The advance is requested", body = AdvanceDocument),
        (status = 200, description = "It was requested before, with the same key and body", body = AdvanceDocument),
        (status = 409, description = "Another request with this key is running: repeat it", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field is not accepted, or the key belongs to a request with another body", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn request<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    CallerName(name): CallerName,
    key: IdempotencyKey,
    Body(body): Body<AdvanceRequest>,
) -> Result<impl IntoResponse, ServeError> {
    if caller == Caller::Reader {
        return Err(Problem::forbidden().into());
    }
    let valid = request::ValidRequest::read(&body)?;
    let id = AdvanceId::of_request(&name, key.as_str());
    let (status, advance) = request::request(&*ports, caller, id, valid).await?;
    // The daily run requests the payment, too.
    ports.payments().send(&advance.requests()).await?;
    let location = format!("/advances/{}", advance.id());
    Ok((status, [(LOCATION, location)], Json(AdvanceDocument::from(&advance))))
}

/// The advances
///
/// Latest first. A customer sees only their own.
#[utoipa::path(get, path = "/advances", tag = "advances", operation_id = "listAdvances", params(AdvancesQuery),
    responses((status = 200, description = "A part of the list", body = Part<AdvanceDocument>)))]
pub(crate) async fn list<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Query(query): Query<AdvancesQuery>,
) -> Result<Json<Part<AdvanceDocument>>, ServeError> {
    let customer = match (caller, query.customer) {
        (Caller::Customer(own), None) => Some(own),
        (_, customer) => customer,
    };
    customer.map_or(Ok(()), |it| caller.may_see(it))?;
    let customer = customer.map(|it| it.to_string());
    let list = format!("advances of {customer:?} in {:?}", query.state.map(Status::name));
    let after: Option<String> = cursor::read(&list, query.cursor.as_deref())?;
    let page = ports.advances().list(customer.as_deref(), query.state, after.as_deref(), query.limit).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for ids in page.items.chunks(CONCURRENT) {
        let loaded = try_join_all(ids.iter().map(|id| ports.advances().load(id))).await?;
        for facts in loaded {
            items.push(AdvanceDocument::from(&Advance::fold(&facts)?));
        }
    }
    Ok(Json(Part { items, next: page.cursor.map(|it| cursor::write(&list, &it)) }))
}

/// An advance with its plan
///
/// With every attempt of a payment, and the reason of each change.
#[utoipa::path(get, path = "/advances/{advance}", tag = "advances", operation_id = "getAdvance",
    params(("advance" = String, Path, description = "The advance's id", pattern = "^[0-9a-f]{24}$")),
    responses((status = 200, description = "The advance", body = AdvanceStory)))]
pub(crate) async fn one<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(id): Id<AdvanceId>,
    Query(NoParams): Query<NoParams>,
) -> Result<Json<AdvanceStory>, ServeError> {
    let (advance, facts) = find(&*ports, caller, &id).await?;
    Ok(Json(AdvanceStory::new(&advance, changes(&facts)?)))
}

/// Cancel an advance
///
/// Before its credit is sent. Cancelling it again has no effect.
#[utoipa::path(post, path = "/advances/{advance}/cancellation", tag = "advances", operation_id = "cancelAdvance",
    params(("advance" = String, Path, description = "The advance's id", pattern = "^[0-9a-f]{24}$")),
    request_body = Reason,
    responses((status = 200, description = "It is cancelled", body = AdvanceDocument),
        (status = 409, description = "Its credit is sent", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The reason is not accepted", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn cancel<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    CallerName(name): CallerName,
    Id(id): Id<AdvanceId>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<AdvanceDocument>, ServeError> {
    let (found, _) = find(&*ports, caller, &id).await?;
    caller.may_change(customer_of(&found)?)?;
    check_reason(&reason)?;
    let now = ports.now();
    let cancelled =
        change(ports.advances(), &id, |it| Ok(it.cancel(&name, &reason, now).into_iter().collect())).await?;
    let advance = cancelled.ok_or_else(Problem::not_found)?;
    if advance.status() != Status::Cancelled {
        return Err(Problem::conflict("the credit is sent, so the advance cannot be cancelled any more").into());
    }
    Ok(Json(AdvanceDocument::from(&advance)))
}

/// Approve a refund
///
/// For operators. The next run pays the refund of the instalment.
#[utoipa::path(post, path = "/advances/{advance}/refund-approval", tag = "advances", operation_id = "approveRefund",
    params(("advance" = String, Path, description = "The advance's id", pattern = "^[0-9a-f]{24}$")),
    request_body = RefundApproval,
    responses((status = 200, description = "It is approved", body = AdvanceDocument),
        (status = 409, description = "There is no refund that waits for an approval", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn approve_refund<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    CallerName(name): CallerName,
    Id(id): Id<AdvanceId>,
    Body(RefundApproval { instalment }): Body<RefundApproval>,
) -> Result<Json<AdvanceDocument>, ServeError> {
    caller.may_change_all()?;
    let (now, mut is_approved) = (ports.now(), false);
    let approve = |advance: &Advance| {
        let fact: Option<Fact> = advance.approve_refund(instalment, &name, now);
        is_approved = fact.is_some();
        Ok(fact.into_iter().collect())
    };
    let advance = change(ports.advances(), &id, approve).await?.ok_or_else(Problem::not_found)?;
    if !is_approved {
        return Err(Problem::conflict("no refund of this instalment waits for an approval").into());
    }
    Ok(Json(AdvanceDocument::from(&advance)))
}

/// An advance that the caller may see.
async fn find<P: Ports>(ports: &P, caller: Caller, id: &AdvanceId) -> Result<(Advance, Vec<Fact>), ServeError> {
    let facts = ports.advances().load(id).await?;
    if facts.is_empty() {
        return Err(Problem::not_found().into());
    }
    let advance = Advance::fold(&facts)?;
    caller.may_see(customer_of(&advance)?)?;
    Ok((advance, facts))
}

pub(crate) fn customer_of(advance: &Advance) -> Result<CustomerId, ServeError> {
    advance.customer().parse().map_err(|_| ServeError::Customer(advance.id().clone()))
}
