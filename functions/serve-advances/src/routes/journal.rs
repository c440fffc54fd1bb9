use std::sync::Arc;

use advances::{JournalEntry, journal_of_days};
use api_kit::{Caller, Query};
use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use calendar::Date;

use crate::Ports;
use crate::documents::{JournalDocument, journal_csv};
use crate::error::ServeError;
use crate::query::JournalQuery;

/// The maximum number of advances that one request reads.
const MAX_ADVANCES: usize = 2_000;

/// The lender's journal
///
/// For operators. Balanced double entries by day, with the trial balance of these days.
#[utoipa::path(get, path = "/advances/journal", tag = "journal", operation_id = "getJournal", params(JournalQuery),
    responses((status = 200, description = "The entries", body = JournalDocument)))]
pub(crate) async fn list<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Query(query): Query<JournalQuery>,
) -> Result<Json<JournalDocument>, ServeError> {
    Ok(Json(JournalDocument::new(&entries(&*ports, caller, &query).await?)))
}

/// The lender's journal as CSV
///
/// For operators. One line for each posting, with a header row.
#[utoipa::path(get, path = "/advances/journal.csv", tag = "journal", operation_id = "getJournalCsv",
    params(JournalQuery),
    responses((status = 200, description = "The postings", body = String, content_type = "text/csv")))]
pub(crate) async fn csv<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Query(query): Query<JournalQuery>,
) -> Result<impl IntoResponse, ServeError> {
    let text = journal_csv(&entries(&*ports, caller, &query).await?);
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"journal.csv\"")];
    Ok((headers, text))
}

async fn entries<P: Ports>(ports: &P, caller: Caller, query: &JournalQuery) -> Result<Vec<JournalEntry>, ServeError> {
    caller.may_see_all()?;
    let days = (query.from.unwrap_or(Date::MIN), query.to.unwrap_or(Date::MAX));
    Ok(journal_of_days(ports.advances(), ports.breaks(), days, MAX_ADVANCES).await?)
}
