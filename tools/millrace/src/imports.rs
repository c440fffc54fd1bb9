//! `imports`: the imports and their reports.

use ::imports::{
    BatchQueue, Batches, Files, Import, ImportId, ImportList, Imports, Kind, Saved, SplitFile, State, UnreadableImport,
    UploadQueue,
};
use anyhow::{Result, bail};
use calendar::Moment;
use lambda_kit::Chain;
use mail::outbox::Summaries;
use serde::Serialize;

use crate::Verdict;
use crate::control;
use crate::output::Output;
use crate::report;
use crate::table::{Column, NOTHING, count, counted, harmless, table};
use crate::wait;

/// The page size of a request.
const PAGE: usize = 100;

/// The latest imports.
pub(crate) async fn list<L: ImportList>(output: &Output, list: &L, limit: usize) -> Result<Verdict> {
    let mut imports: Vec<Listed> = Vec::new();
    let mut after = None;
    while imports.len() < limit {
        let left = limit.saturating_sub(imports.len()).min(PAGE);
        let page = list.recent(after.as_deref(), left).await?;
        imports.extend(page.imports.into_iter().map(Listed::of));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    output.answer(&imports, || render_text(&imports))?;
    if after.is_some() {
        output.note(&format!("the latest {limit}; more with --limit"));
    }
    Ok(Verdict::Ok)
}

/// An import in the list.
#[derive(Serialize, Debug)]
#[serde(untagged)]
enum Listed {
    Import(Box<Import>),
    /// Its record cannot be read.
    Unreadable {
        id: ImportId,
        received_at: Moment,
        state: Unreadable,
    },
}

/// Shown instead of an import's state.
#[derive(Serialize, Debug)]
#[serde(tag = "name", rename = "unreadable")]
struct Unreadable {
    reason: String,
}

impl Listed {
    fn of(import: Result<Import, UnreadableImport>) -> Self {
        match import {
            Ok(import) => Self::Import(Box::new(import)),
            Err(UnreadableImport { id, received_at, source }) => {
                Self::Unreadable { id, received_at, state: Unreadable { reason: Chain(&source).to_string() } }
            }
        }
    }

    fn row(&self) -> Vec<String> {
        let import = match self {
            Self::Import(import) => import,
            Self::Unreadable { id, received_at, .. } => {
                let [file, kind, rows, rejected] = [NOTHING; 4].map(str::to_owned);
                let received = to_the_minute(&received_at.to_string());
                return vec![received, file, kind, "unreadable".to_owned(), rows, rejected, id.to_string()];
            }
        };
        let found = |number: fn(&::imports::ImportStats) -> u64| {
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
    }
}

/// Retries a failed import.
pub(crate) async fn retry<I: Imports, Q: UploadQueue>(
    output: &Output,
    imports: &I,
    uploads: &Q,
    id: ImportId,
    now: Moment,
) -> Result<Verdict> {
    let import = wait::find(imports, id).await?;
    let Ok(retried) = import.retried(now) else {
        bail!("import {id} has not failed: it is {}; only failed imports are retried", import.state.name());
    };
    if imports.save(&retried).await? == Saved::Conflict {
        bail!("import {id} has just changed; look at it with `millrace imports {id}`");
    }
    // If this fails, the sweeper sends it a quarter of an hour later.
    let version = Some(retried.object_version.clone());
    uploads.send(&SplitFile { key: retried.key.clone(), version }).await?;
    output.answer(&retried, || format!("{}: {}\nimport {id}", harmless(retried.file_name()), retried.state.name()))?;
    output.note(&format!("it continues; `millrace imports {id}` shows its progress"));
    Ok(Verdict::Ok)
}

/// Posts all batches of an import again: existing entries do not change, missing ones are posted, and the report of the
/// import does not change. Uploading the file again would report the missing entries a second time.
pub(crate) async fn repost<I: Imports, F: Files, Q: BatchQueue>(
    output: &Output,
    (imports, files): (&I, &F),
    queue: &Q,
    id: ImportId,
) -> Result<Verdict> {
    let import = wait::find(imports, id).await?;
    if import.state != State::Done {
        bail!("import {id} is {}; only imports that are done are posted again", import.state.name());
    }
    let Some(index) = control::index(files, id, import.index_version.as_deref()).await? else {
        bail!("the batches of import {id} have expired after 30 days; upload {} again", import.file_name());
    };
    let requests = index.all(id);
    queue.send(&requests).await?;
    output.answer(&import, || {
        let batches = counted(u64::try_from(requests.len()).unwrap_or(u64::MAX), "batch", "batches");
        format!("{}: {batches} on the way to the books again", harmless(import.file_name()))
    })?;
    output.note("`millrace audit --entries` shows when everything is in the books");
    Ok(Verdict::Ok)
}

fn render_text(imports: &[Listed]) -> String {
    if imports.is_empty() {
        return "nothing was imported yet; run `millrace import FILE`".to_owned();
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
    let rows = imports.iter().map(Listed::row);
    table(&columns, rows)
}

/// `2026-11-21T10:00:00.25Z` as `2026-11-21 10:00`.
pub(crate) fn to_the_minute(moment: &str) -> String {
    moment.get(..16).unwrap_or(moment).replace('T', " ")
}

/// The report of one import.
pub(crate) async fn show<I: Imports + Batches, S: Summaries>(
    output: &Output,
    imports: &I,
    summaries: &S,
    id: ImportId,
) -> Result<Verdict> {
    let import = wait::find(imports, id).await?;
    let report = report::of(imports, summaries, &import).await?;
    output.answer(&report, || report::text(&report))?;
    Ok(Verdict::Ok)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ::imports::testing::{FakeFiles, FakeImports, FakeQueues, altered};
    use ::imports::{BatchIndex, Chain, PortError, Upload};

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
        let again = async || repost(&Output::new(true), (&imports, &files), &queues, id).await;
        assert!(again().await.unwrap_err().to_string().contains("is received; only imports that are done"));

        imports.save(&altered(&received, |it| it.state = State::Done)).await.unwrap();
        assert!(again().await.unwrap_err().to_string().contains("expired after 30 days; upload july.csv again"));

        let (bounds, chains) = (vec![0, 10, 20, 30, 40], vec![Chain { first: 1, last: 2 }]);
        let index =
            BatchIndex { v: 1, summaries: true, repeats: false, failed_before: vec![], version: None, bounds, chains };
        files.upload(upload(&Import::index_key(id)), &serde_json::to_vec(&index).unwrap());
        assert_eq!(again().await.unwrap(), Verdict::Ok);
        let sent: Vec<_> = queues.take_batches().iter().map(|it| (it.batch, it.from, it.to)).collect();
        assert_eq!(sent, [(0, 0, 10), (1, 10, 20), (2, 20, 30), (3, 30, 40)], "each part of the large account, too");
    }

    #[test]
    fn an_import_is_a_line() {
        insta::assert_snapshot!(render_text(&[Listed::of(Ok(july()))]), @"
        ┌──────────────────┬──────────┬──────┬──────────┬──────┬──────────┬──────────────────────────────────┐
        │ Received         ┆ File     ┆ Kind ┆ State    ┆ Rows ┆ Rejected ┆ Import                           │
        ╞══════════════════╪══════════╪══════╪══════════╪══════╪══════════╪══════════════════════════════════╡
        │ 2026-11-21 10:00 ┆ july.csv ┆ —    ┆ received ┆    — ┆        — ┆ 3d99b7a782d18a2970059edd698a97f3 │
        └──────────────────┴──────────┴──────┴──────────┴──────┴──────────┴──────────────────────────────────┘
        ");
        let received_at = "2026-11-21T10:00:00.25Z".parse().unwrap();
        let source = PortError::Broken("the record of imports", "the document ends too early".into());
        let broken = Listed::of(Err(UnreadableImport { id: ImportId::of("a", "1"), received_at, source }));
        let line = render_text(std::slice::from_ref(&broken));
        assert!(line.contains("2026-11-21 10:00") && line.contains("unreadable"), "{line}");
        let json = serde_json::to_value(&broken).unwrap();
        assert_eq!(json["state"]["name"], "unreadable");
        let reason = "stored data in the record of imports is corrupt: the document ends too early";
        assert_eq!(json["state"]["reason"], reason);
        assert!(render_text(&[]).contains("millrace import FILE"));
    }
}
