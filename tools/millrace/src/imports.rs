//! `imports`: what was brought in, and what came of it.

use ::imports::{Batches, Import, ImportId, ImportList, Imports, Kind, Saved, SplitFile, UploadQueue};
use anyhow::{Result, bail};
use calendar::Moment;
use mail::outbox::Summaries;

use crate::Verdict;
use crate::report;
use crate::screen::Screen;
use crate::table::{Column, NOTHING, count, harmless, table};
use crate::wait;

/// How many one question asks for.
const PAGE: usize = 100;

/// The latest imports.
pub(crate) async fn list<L: ImportList>(screen: &Screen, list: &L, limit: usize) -> Result<Verdict> {
    let mut imports: Vec<Import> = Vec::new();
    let mut after = None;
    while imports.len() < limit {
        let left = limit.saturating_sub(imports.len()).min(PAGE);
        let (some, next) = list.recent(after.as_deref(), left).await?;
        imports.extend(some);
        after = next;
        if after.is_none() {
            break;
        }
    }
    screen.answer(&imports, || told(&imports))?;
    if after.is_some() {
        screen.note(&format!("the latest {limit}; more with --limit"));
    }
    Ok(Verdict::Well)
}

/// Retries a failed import.
pub(crate) async fn retry<I: Imports, Q: UploadQueue>(
    screen: &Screen,
    imports: &I,
    uploads: &Q,
    id: ImportId,
    now: Moment,
) -> Result<Verdict> {
    let import = wait::find(imports, id).await?;
    let Some(retried) = import.retried(now) else {
        bail!("import {id} has not failed: it is {}; only failed imports are retried", import.state.name());
    };
    if imports.save(&retried).await? == Saved::Conflict {
        bail!("import {id} has just changed; look at it with `millrace imports {id}`");
    }
    // If this fails, the sweeper sends it a quarter of an hour later.
    let version = Some(retried.object_version.clone());
    uploads.send(&SplitFile { key: retried.key.clone(), version }).await?;
    screen.answer(&retried, || format!("{}: {}\nimport {id}", harmless(retried.file_name()), retried.state.name()))?;
    screen.note(&format!("it goes on; `millrace imports {id}` shows how far it is"));
    Ok(Verdict::Well)
}

fn told(imports: &[Import]) -> String {
    if imports.is_empty() {
        return "nothing was imported yet; `millrace import FILE` does".to_owned();
    }
    let columns = [
        Column::Id("Received"),
        Column::Text("File"),
        Column::Text("Kind"),
        Column::Text("State"),
        Column::Number("Rows"),
        Column::Number("Rejected"),
        Column::Id("Import"),
    ];
    let rows = imports.iter().map(|import| {
        let found = |number: fn(&::imports::Found) -> u64| {
            let found = import.found.as_ref();
            found.map_or_else(|| NOTHING.to_owned(), |it| count(number(it)))
        };
        vec![
            to_the_minute(&import.received_at.to_string()),
            import.file_name().to_owned(),
            import.kind.map_or(NOTHING, Kind::name).to_owned(),
            import.state.name().to_owned(),
            found(|it| it.rows_read),
            found(|it| it.rows_rejected),
            import.id.to_string(),
        ]
    });
    table(&columns, rows)
}

/// `2026-11-21T10:00:00.25Z` as `2026-11-21 10:00`.
pub(crate) fn to_the_minute(moment: &str) -> String {
    moment.get(..16).unwrap_or(moment).replace('T', " ")
}

/// The report of one import.
pub(crate) async fn show<I: Imports + Batches, S: Summaries>(
    screen: &Screen,
    imports: &I,
    summaries: &S,
    id: ImportId,
) -> Result<Verdict> {
    let import = wait::find(imports, id).await?;
    let report = report::of(imports, summaries, &import).await?;
    screen.answer(&report, || report::text(&report))?;
    Ok(Verdict::Well)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ::imports::Upload;

    use super::*;

    #[test]
    fn an_import_is_a_line() {
        let import = Import::received(&Upload {
            key: "imports/accounts/4711/july.csv".to_owned(),
            version: "v1".to_owned(),
            size_bytes: 1,
            uploaded_at: "2026-11-21T10:00:00.25Z".parse().unwrap(),
            metadata: BTreeMap::new(),
        });
        insta::assert_snapshot!(told(&[import]), @"
        ┌──────────────────┬──────────┬──────┬──────────┬──────┬──────────┬──────────────────────────────────┐
        │ Received         ┆ File     ┆ Kind ┆ State    ┆ Rows ┆ Rejected ┆ Import                           │
        ╞══════════════════╪══════════╪══════╪══════════╪══════╪══════════╪══════════════════════════════════╡
        │ 2026-11-21 10:00 ┆ july.csv ┆ —    ┆ received ┆    — ┆        — ┆ 3d99b7a782d18a2970059edd698a97f3 │
        └──────────────────┴──────────┴──────┴──────────┴──────┴──────────┴──────────────────────────────────┘
        ");
        assert!(told(&[]).contains("millrace import FILE"));
    }
}
