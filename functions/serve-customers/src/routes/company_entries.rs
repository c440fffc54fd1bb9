use std::sync::Arc;

use api_documents::{CompanyEntryDocument, Part, ViewName};
use api_kit::{Caller, Id, Query, cursor};
use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LINK};
use axum::http::{HeaderMap, HeaderValue};
use calendar::Date;
use customers::CustomerId;
use ledger::View;
use treasury::{entries_csv, page_of_company_entries};

use crate::Ports;
use crate::error::ServeError;
use crate::query::{CsvQuery, EntriesQuery};
use crate::routes::companies::accounts_of;

/// The maximum number of rows of one page of CSV.
const MAX_ROWS: usize = 2_000;
/// The maximum size of one page with several rows: a response of a function has at most 6 MB.
const MAX_BYTES: usize = 4_000_000;

/// The entries of a customer
///
/// Sorted by account, oldest first within an account.
#[utoipa::path(get, path = "/customers/{customer}/entries", tag = "figures", operation_id = "listCustomerEntries",
    params(("customer" = String, Path, description = "The customer's id", format = "uuid"), EntriesQuery),
    responses((status = 200, description = "A part of the list", body = Part<CompanyEntryDocument>)))]
pub(crate) async fn list<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(id): Id<CustomerId>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<Part<CompanyEntryDocument>>, ServeError> {
    let accounts = accounts_of(&*ports, caller, id).await?;
    let days = (query.from.unwrap_or(Date::MIN), query.to.unwrap_or(Date::MAX));
    let list = list_name(id, days, query.view);
    let after = cursor::read(&list, query.cursor.as_deref())?;
    let (view, budget) = (query.view, &ports.entry_budget());
    let page = page_of_company_entries(ports.books(), &accounts, days, view, after, query.limit, budget);
    let (found, next) = page.await?;
    Ok(Json(Part {
        items: found.into_iter().map(CompanyEntryDocument::from).collect(),
        next: next.map(|next| cursor::write(&list, &next)),
    }))
}

/// The entries of a customer as CSV
///
/// In the order of the list, with a header row on the first page. If there are more rows, the `Link` header contains
/// the address of the next page (RFC 8288), to append to this one.
#[utoipa::path(get, path = "/customers/{customer}/entries.csv", tag = "figures", operation_id = "getEntriesCsv",
    params(("customer" = String, Path, description = "The customer's id", format = "uuid"), CsvQuery),
    responses((status = 200, description = "A part of the rows", body = String, content_type = "text/csv",
        headers(("link" = Option<String>, description = "The next part: `rel=\"next\"`")))))]
pub(crate) async fn csv<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(id): Id<CustomerId>,
    Query(query): Query<CsvQuery>,
) -> Result<(HeaderMap, String), ServeError> {
    let accounts = accounts_of(&*ports, caller, id).await?;
    let days = (query.from.unwrap_or(Date::MIN), query.to.unwrap_or(Date::MAX));
    let list = list_name(id, days, query.view);
    let after = cursor::read(&list, query.cursor.as_deref())?;
    let (mut rows, budget) = (MAX_ROWS, &ports.entry_budget());
    let (text, next) = loop {
        let page = page_of_company_entries(ports.books(), &accounts, days, query.view, after.clone(), rows, budget);
        let (entries, next) = page.await?;
        let text = entries_csv(&entries, after.is_none());
        if text.len() <= MAX_BYTES || rows == 1 {
            break (text, next);
        }
        rows = rows.div_euclid(2);
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"entries.csv\""));
    if let Some(next) = next {
        let link = next_link(&query, &cursor::write(&list, &next));
        // Dates, words and base64url: always valid in a header.
        headers.extend(HeaderValue::try_from(link).ok().map(|link| (LINK, link)));
    }
    Ok((headers, text))
}

/// The list that a cursor of these entries is bound to.
fn list_name(customer: CustomerId, (from, to): (Date, Date), view: View) -> String {
    format!("entries of {customer} from {from} to {to}, {}", ViewName::from(view).name())
}

/// The relative address of the next page, so that it is valid for every stage and domain.
fn next_link(query: &CsvQuery, cursor: &str) -> String {
    let from = query.from.map(|it| format!("from={it}&")).unwrap_or_default();
    let to = query.to.map(|it| format!("to={it}&")).unwrap_or_default();
    let view = ViewName::from(query.view).name();
    format!("<entries.csv?{from}{to}view={view}&cursor={cursor}>; rel=\"next\"")
}
