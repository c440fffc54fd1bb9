use std::sync::Arc;

use api_documents::{FeedDocument, Part};
use api_kit::{Caller, Id, NoParams, Query};
use axum::Json;
use axum::extract::State;
use feeds::{Feed, FeedStatus};

use crate::Ports;
use crate::error::ServeError;

/// The bank's feeds
///
/// For operators. The progress of each feed, and whether everything it declared is in the books.
#[utoipa::path(get, path = "/feeds", tag = "feeds", operation_id = "listFeeds",
    responses((status = 200, description = "All feeds", body = Part<FeedDocument>)))]
pub(crate) async fn list<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Query(NoParams): Query<NoParams>,
) -> Result<Json<Part<FeedDocument>>, ServeError> {
    caller.may_see_all()?;
    let mut items = Vec::new();
    for feed in Feed::ALL {
        items.push(document(&*ports, feed).await?);
    }
    Ok(Json(Part { items, next: None }))
}

/// One of the bank's feeds
///
/// For operators. Its proof covers all its pages: declared = received = read = taken + rejected rows; made = posted +
/// duplicate entries; `gaps` names everything that does not add up.
#[utoipa::path(get, path = "/feeds/{feed}", tag = "feeds", operation_id = "getFeed",
    params(("feed" = String, Path, description = "The feed", pattern = "^(company-info|exchange-rates|sepa|swift)$")),
    responses((status = 200, description = "The feed", body = FeedDocument)))]
pub(crate) async fn one<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(feed): Id<Feed>,
    Query(NoParams): Query<NoParams>,
) -> Result<Json<FeedDocument>, ServeError> {
    caller.may_see_all()?;
    Ok(Json(document(&*ports, feed).await?))
}

async fn document<P: Ports>(ports: &P, feed: Feed) -> Result<FeedDocument, ServeError> {
    Ok(FeedStatus::load(ports.feeds(), feed).await?.into())
}
