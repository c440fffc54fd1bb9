use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use datamaker::Feed;
use futures_util::{StreamExt as _, stream};
use lambda_kit::{Chain, FieldError, Problem};
use serde::Deserialize;

use crate::cursor::{Table, row_of};
use crate::faults::Fault;
use crate::{SandboxFeed, Served, Transport};

const BEFORE_THE_CUT: Duration = Duration::from_millis(20);

/// The routes of a feed.
pub fn router(feed: SandboxFeed) -> Router {
    let page = |table: Table| {
        get(async move |State(feed): State<Arc<SandboxFeed>>, params: Result<Query<PageParams>, QueryRejection>| {
            answer(&feed, table, params).await
        })
    };
    Router::new()
        .route("/ping", get(async || Json(serde_json::json!({ "ok": true }))))
        .route("/faults", get(faults))
        .route("/company_info", page(Table::Companies))
        .route("/exchange_rates", page(Table::Rates))
        .route("/sepa", page(Table::Transfers(Feed::Sepa)))
        .route("/swift", page(Table::Transfers(Feed::Swift)))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .with_state(Arc::new(feed))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PageParams {
    #[serde(default)]
    cursor: String,
}

async fn faults(State(feed): State<Arc<SandboxFeed>>) -> Json<Served> {
    Json(feed.served())
}

async fn answer(
    feed: &SandboxFeed,
    table: Table,
    params: Result<Query<PageParams>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(params) =
        params.map_err(|_| Problem::bad_request("the query may have a cursor, once, and nothing else"))?;
    let row = row_of(table, &params.cursor).filter(|row| *row <= feed.rows(table));
    let mut row = row.ok_or_else(|| Problem::invalid(vec![FieldError::new("cursor", "not a cursor of this feed")]))?;
    let mut request = feed.failing.next_request();
    if request.fault == Some(Fault::RepeatPage) {
        match request.earlier_page(&feed.pages_before(table, row)) {
            Some(earlier) => row = earlier,
            None => request.fault = None,
        }
    }
    let body = feed.page(table, row, request).map_err(|error| {
        tracing::error!(error = %Chain(&error), "a page cannot be made");
        Problem::internal()
    })?;
    let rows_repeated = if request.fault == Some(Fault::Crash) { 0 } else { body.rows_repeated };
    feed.failing.count(request.fault, rows_repeated);
    Ok(deliver(feed, request.fault, body.json).await)
}

/// Sends a response with the failure of the request.
pub(crate) async fn deliver(feed: &SandboxFeed, fault: Option<Fault>, mut json: Vec<u8>) -> Response {
    let faults = feed.failing.faults();
    let half = json.len().div_euclid(2);
    match (fault, faults.transport) {
        (None | Some(Fault::RepeatPage), _) => whole(json),
        (Some(Fault::Crash), _) => Problem::internal().into_response(),
        (Some(Fault::Cut), Transport::Connection) => {
            json.truncate(half);
            let sent = stream::once(async { Ok(json) });
            let end = stream::once(async {
                // The sent bytes must leave before the connection ends.
                tokio::time::sleep(BEFORE_THE_CUT).await;
                Err(io::Error::other("the connection is cut"))
            });
            ([(CONTENT_TYPE, "application/json")], Body::from_stream(sent.chain(end))).into_response()
        }
        (Some(Fault::Cut), Transport::Gateway) | (Some(Fault::Truncate), _) => {
            json.truncate(half);
            whole(json)
        }
        (Some(Fault::Hang | Fault::Slow), _) => {
            feed.failing.wait(fault).await;
            whole(json)
        }
    }
}

fn whole(json: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/json")], json).into_response()
}
