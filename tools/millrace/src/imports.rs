//! `imports`: what was brought in, and what came of it.

use ::imports::{
    BatchQueue, Batches, Files, Import, ImportId, ImportList, Imports, Kind, Saved, SplitFile, State, UploadQueue,
};
use anyhow::{Result, bail};
use calendar::Moment;
use mail::outbox::Summaries;

use crate::Verdict;
use crate::control;
use crate::report;
use crate::screen::Screen;
use crate::table::{Column, NOTHING, count, counted, harmless, table};
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

/// Posts all batches of an import again: what is in the books stays as it is, what is missing is posted, and what the
/// import has reported stays. Uploading the file again would report the missing entries a second time.
pub(crate) async fn repost<I: Imports, F: Files, Q: BatchQueue>(
    screen: &Screen,
    (imports, files): (&I, &F),
    queue: &Q,
    id: ImportId,
) -> Result<Verdict> {
    let import = wait::find(imports, id).await?;
    if import.state != State::Done {
        bail!("import {id} is {}; only imports that are done are posted again", import.state.name());
    }
    let Some(index) = control::index(files, id).await? else {
        bail!("the batches of import {id} are gone, they are kept for 30 days; upload {} again", import.file_name());
    };
    let requests = index.all(id);
    queue.send(&requests).await?;
    screen.answer(&import, || {
        let batches = counted(u64::try_from(requests.len()).unwrap_or(u64::MAX), "batch", "batches");
        format!("{}: {batches} on the way to the books again", harmless(import.file_name()))
    })?;
    screen.note("`millrace audit --entries` shows when everything is in the books");
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
fn to_the_minute(moment: &str) -> String {
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

    use ::imports::testing::{FakeFiles, FakeImports, FakeQueues};
    use ::imports::{BatchIndex, Chain, Upload};

    use super::*;

    fn july() -> Import {
        Import::received(&upload("imports/accounts/4711/july.csv"))
    }

    fn upload(key: &str) -> Upload {
        Upload {
            key: key.to_owned(),
            version: "v1".to_owned(),
            size_bytes: 1,
            uploaded_at: "2026-11-21T10:00:00.25Z".parse().unwrap(),
            metadata: BTreeMap::new(),
        }
    }

    #[tokio::test]
    async fn an_import_that_is_done_is_posted_again_batch_by_batch() {
        let (imports, files, queues) = (FakeImports::default(), FakeFiles::default(), FakeQueues::default());
        let received = imports.receive(&july()).await.unwrap();
        let id = received.id;
        let again = async || repost(&Screen::new(true), (&imports, &files), &queues, id).await;
        assert!(again().await.unwrap_err().to_string().contains("is received; only imports that are done"));

        imports.save(&Import { state: State::Done, ..received }).await.unwrap();
        assert!(again().await.unwrap_err().to_string().contains("kept for 30 days; upload july.csv again"));

        let (bounds, chains) = (vec![0, 10, 20, 30, 40], vec![Chain { first: 1, last: 2 }]);
        let index = BatchIndex { v: 1, summaries: true, repeats: false, bounds, chains };
        files.upload(upload(&Import::index_key(id)), &serde_json::to_vec(&index).unwrap());
        assert_eq!(again().await.unwrap(), Verdict::Well);
        let sent: Vec<_> = queues.take_batches().iter().map(|it| (it.batch, it.from, it.to)).collect();
        assert_eq!(sent, [(0, 0, 10), (1, 10, 20), (2, 20, 30), (3, 30, 40)], "each part of the large account, too");
    }

    #[test]
    fn an_import_is_a_line() {
        insta::assert_snapshot!(told(&[july()]), @"
        ┌──────────────────┬──────────┬──────┬──────────┬──────┬──────────┬──────────────────────────────────┐
        │ Received         ┆ File     ┆ Kind ┆ State    ┆ Rows ┆ Rejected ┆ Import                           │
        ╞══════════════════╪══════════╪══════╪══════════╪══════╪══════════╪══════════════════════════════════╡
        │ 2026-11-21 10:00 ┆ july.csv ┆ —    ┆ received ┆    — ┆        — ┆ 3d99b7a782d18a2970059edd698a97f3 │
        └──────────────────┴──────────┴──────┴──────────┴──────┴──────────┴──────────────────────────────────┘
        ");
        assert!(told(&[]).contains("millrace import FILE"));
    }
}
