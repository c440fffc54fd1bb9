use std::sync::Arc;

use api_documents::{ImportDocument, ImportReportDocument, LinkDocument, Part, import_report};
use api_kit::{Caller, Id, NoParams, Query, cursor};
use axum::Json;
use axum::extract::State;
use imports::{Batches, Downloads, Import, ImportId, ImportList, Imports};
use lambda_kit::{Chain, Problem};
use mail::outbox::Summaries;

use crate::Ports;
use crate::error::ServeError;

const LIST: &str = "imports";

/// The imports
///
/// Latest first. For operators.
#[utoipa::path(get, path = "/imports", tag = "imports", operation_id = "listImports", params(api_kit::Part),
    responses((status = 200, description = "A part of the list", body = Part<ImportDocument>)))]
pub(crate) async fn list<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Query(part): Query<api_kit::Part>,
) -> Result<Json<Part<ImportDocument>>, ServeError> {
    caller.may_see_all()?;
    let after: Option<String> = cursor::read(LIST, part.cursor.as_deref())?;
    let page = ports.imports().recent(after.as_deref(), part.limit).await?;
    for unreadable in page.imports.iter().filter_map(|it| it.as_ref().err()) {
        let error = Chain(unreadable);
        tracing::error!(import.id = %unreadable.id, %error, imports_unreadable = 1, "an import cannot be listed");
    }
    Ok(Json(Part {
        items: page.imports.iter().map(ImportDocument::from).collect(),
        next: page.next.map(|next| cursor::write(LIST, &next)),
    }))
}

/// The report of an import
///
/// For operators. Rows read = taken + rejected; after completion, entries made = posted + duplicates + not posted.
#[utoipa::path(get, path = "/imports/{import}", tag = "imports", operation_id = "getImport",
    params(("import" = String, Path, description = "The import's id", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The report", body = ImportReportDocument)))]
pub(crate) async fn one<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(id): Id<ImportId>,
    Query(NoParams): Query<NoParams>,
) -> Result<Json<ImportReportDocument>, ServeError> {
    caller.may_see_all()?;
    let import = find(&*ports, id).await?;
    let posted = ports.imports().finished(id).await?;
    let mails = ports.summaries().count_by_state(&id.to_string()).await?;
    Ok(Json(import_report(&import, &posted, mails).into()))
}

/// A link to the rejected rows
///
/// For operators. A CSV of line, reason and row; the link is valid for a minute.
#[utoipa::path(get, path = "/imports/{import}/rejects", tag = "imports", operation_id = "getRejects",
    params(("import" = String, Path, description = "The import's id", pattern = "^[0-9a-f]{32}$")),
    responses((status = 200, description = "The link", body = LinkDocument)))]
pub(crate) async fn rejects<P: Ports>(
    State(ports): State<Arc<P>>,
    caller: Caller,
    Id(id): Id<ImportId>,
    Query(NoParams): Query<NoParams>,
) -> Result<Json<LinkDocument>, ServeError> {
    caller.may_see_all()?;
    let import = find(&*ports, id).await?;
    if import.found.as_ref().is_none_or(|it| it.rows_rejected == 0) {
        return Err(Problem::not_found().with_detail("no row of this import was rejected").into());
    }
    let name = import.file_name();
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let url = ports.downloads().link(&Import::rejects_key(id), &format!("{stem}-rejects.csv")).await?;
    Ok(Json(LinkDocument::new(url)))
}

async fn find<P: Ports>(ports: &P, id: ImportId) -> Result<Import, ServeError> {
    let import = ports.imports().find(id).await?;
    Ok(import.ok_or_else(Problem::not_found)?)
}
