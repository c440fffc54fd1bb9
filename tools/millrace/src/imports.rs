//! `imports`: the imports and their reports.

use ::imports::{
    BatchQueue, Batches, Files, Import, ImportId, ImportList, Imports, Kind, Saved, SplitFile, State, UnreadableImport,
    UploadQueue,
};
use anyhow::{Result, bail};
use api_documents::{ImportDocument, ImportReportDocument, Part};
use calendar::Moment;
use lambda_kit::Chain;
use mail::outbox::Summaries;

use crate::Verdict;
use crate::arguments::ListArgs;
use crate::control;
use crate::output::Output;
use crate::report;
use crate::subject;
use crate::table::{Column, NOTHING, count, counted, harmless, table};
use crate::wait;

/// The page size of a request.
const PAGE: usize = 100;
/// The maximum number of candidates for an import's name.
const MAX_CANDIDATES: usize = 10;

/// An import, or the id and time of one with an unreadable record.
type Listed = Result<Import, UnreadableImport>;

/// Lists imports, the latest first.
pub(crate) async fn list<L: ImportList>(
    output: &Output,
    list: &L,
    kind: Option<Kind>,
    args: &ListArgs,
) -> Result<Verdict> {
    let limit = output.limit(args);
    let is_listed = |it: &Listed| match it {
        Ok(import) => {
            let texts = [import.file_name(), import.source.as_deref().unwrap_or_default(), import.state.name()];
            kind.is_none_or(|kind| import.kind == Some(kind)) && args.finds(texts)
        }
        Err(_) => kind.is_none() && args.finds(["unreadable"]),
    };
    let (mut imports, more) = latest(list, limit, is_listed).await?;
    imports.truncate(limit);
    output.answer(|| Part::whole(imports.iter().map(ImportDocument::from)), || render_text(&imports))?;
    for unreadable in imports.iter().filter_map(|it| it.as_ref().err()) {
        output.note(&format!("import {} cannot be read: {}", unreadable.id, Chain(&unreadable.source)));
    }
    if more {
        output.note(&format!("the latest {}; more with --limit", count(u64::try_from(limit)?)));
    }
    Ok(Verdict::Ok)
}

/// The latest imports that `is_listed` selects, up to a page more than `limit`, and whether there are more than that.
async fn latest<L: ImportList>(
    list: &L,
    limit: usize,
    is_listed: impl Fn(&Listed) -> bool,
) -> Result<(Vec<Listed>, bool)> {
    let mut imports = Vec::new();
    let mut after = None;
    loop {
        let page = list.recent(after.as_deref(), PAGE).await?;
        imports.extend(page.imports.into_iter().filter(|it| is_listed(it)));
        after = page.next;
        if after.is_none() || imports.len() > limit {
            let more = imports.len() > limit;
            return Ok((imports, more));
        }
    }
}

/// The id of an import, given as an id, its first digits, or a part of the file's name. Of several imports of one file
/// the caller must select one: a retry of another one would have another effect.
pub(crate) async fn id_of<L: ImportList>(list: &L, text: &str) -> Result<ImportId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let lower = text.to_lowercase();
    let id = |it: &Listed| it.as_ref().map_or_else(|it| it.id, |it| it.id);
    let has_name = |it: &Import| it.file_name().to_lowercase().contains(&lower);
    let is_meant = |it: &Listed| id(it).to_string().starts_with(&lower) || it.as_ref().is_ok_and(has_name);
    let (found, _) = latest(list, MAX_CANDIDATES, is_meant).await?;
    match found.as_slice() {
        [one] => Ok(id(one)),
        [] => bail!("there is no import `{text}`, or it has not started yet; `millrace imports` lists them"),
        several => {
            let line = |it: &Listed| {
                let (received_at, file) = match it {
                    Ok(it) => (it.received_at, it.file_name()),
                    Err(it) => (it.received_at, "unreadable"),
                };
                format!("{}  {}  {file}", id(it), to_the_minute(&received_at.to_string()))
            };
            let lines = subject::lines(several.iter().map(line).collect());
            bail!("several imports match `{text}`, the latest first:{lines}\ngive the id of one of them")
        }
    }
}

fn row(import: &Listed) -> Vec<String> {
    let import = match import {
        Ok(import) => import,
        Err(UnreadableImport { id, received_at, .. }) => {
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

/// Retries a failed import.
pub(crate) async fn retry<I: Imports + ImportList, Q: UploadQueue>(
    output: &Output,
    imports: &I,
    uploads: &Q,
    text: &str,
    now: Moment,
) -> Result<Verdict> {
    let id = id_of(imports, text).await?;
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
    let text = || format!("{}: {}\nimport {id}", harmless(retried.file_name()), retried.state.name());
    output.answer(|| ImportDocument::from(&retried), text)?;
    output.note(&format!("it continues; `millrace imports {id}` shows its progress"));
    Ok(Verdict::Ok)
}

/// Posts all batches of an import again: existing entries do not change, missing ones are posted, and the report of the
/// import does not change. Uploading the file again would report the missing entries a second time.
pub(crate) async fn repost<I: Imports + ImportList, F: Files, Q: BatchQueue>(
    output: &Output,
    (imports, files): (&I, &F),
    queue: &Q,
    text: &str,
) -> Result<Verdict> {
    let id = id_of(imports, text).await?;
    let import = wait::find(imports, id).await?;
    if import.state != State::Done {
        bail!("import {id} is {}; only imports that are done are posted again", import.state.name());
    }
    let Some(index) = control::index(files, id, import.index_version.as_deref()).await? else {
        bail!("the batches of import {id} have expired after 30 days; upload {} again", import.file_name());
    };
    let requests = index.all(id);
    queue.send(&requests).await?;
    let batches = counted(u64::try_from(requests.len())?, "batch", "batches");
    let text = format!("{}: {batches} on the way to the books again", harmless(import.file_name()));
    output.answer(|| ImportDocument::from(&import), || text)?;
    output.note("`millrace audit --entries` shows when everything is in the books");
    Ok(Verdict::Ok)
}

fn render_text(imports: &[Listed]) -> String {
    if imports.is_empty() {
        return "there are no such imports; run `millrace import FILE`".to_owned();
    }
    let columns = [
        Column::text("Received"),
        Column::text("File"),
        Column::text("Kind").optional(1),
        Column::text("State"),
        Column::number("Rows").optional(3),
        Column::number("Rejected").optional(2),
        Column::id("Import"),
    ];
    table(&columns, imports.iter().map(row))
}

/// `2026-11-21T10:00:00.25Z` as `2026-11-21 10:00`.
pub(crate) fn to_the_minute(moment: &str) -> String {
    moment.get(..16).unwrap_or(moment).replace('T', " ")
}

/// The report of one import.
pub(crate) async fn show<I: Imports + ImportList + Batches, S: Summaries>(
    output: &Output,
    imports: &I,
    summaries: &S,
    text: &str,
) -> Result<Verdict> {
    let import = wait::find(imports, id_of(imports, text).await?).await?;
    let report = report::of(imports, summaries, &import).await?;
    output.answer(|| ImportReportDocument::from(report.clone()), || report::text(&report))?;
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
        let again = async || repost(&Output::new(true), (&imports, &files), &queues, &id.to_string()).await;
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

    #[tokio::test]
    async fn an_import_is_found_by_its_id_or_the_only_file_with_this_name() {
        let imports = FakeImports::default();
        for key in ["imports/june.csv", "imports/july.csv", "imports/a/July.csv"] {
            imports.receive(&Import::received(&upload(key))).await.unwrap();
        }
        let june = ImportId::of("imports/june.csv", "v1");
        for text in [june.to_string(), june.to_string()[..12].to_uppercase(), "JUNE".to_owned()] {
            assert_eq!(id_of(&imports, &text).await.unwrap(), june, "{text}");
        }
        let several = id_of(&imports, "july").await.unwrap_err().to_string();
        assert!(several.starts_with("several imports match `july`, the latest first:\n"), "{several}");
        assert!(
            several.contains("2026-11-21 10:00  July.csv") && several.ends_with("the id of one of them"),
            "{several}"
        );
        assert!(id_of(&imports, "may").await.unwrap_err().to_string().contains("there is no import `may`"));
    }

    #[test]
    fn an_import_is_a_line() {
        insta::assert_snapshot!(render_text(&[Ok(july())]), @"
        ┌──────────────────┬──────────┬──────┬──────────┬──────┬──────────┬──────────────────────────────────┐
        │ Received         ┆ File     ┆ Kind ┆ State    ┆ Rows ┆ Rejected ┆ Import                           │
        ╞══════════════════╪══════════╪══════╪══════════╪══════╪══════════╪══════════════════════════════════╡
        │ 2026-11-21 10:00 ┆ july.csv ┆ —    ┆ received ┆    — ┆        — ┆ 3d99b7a782d18a2970059edd698a97f3 │
        └──────────────────┴──────────┴──────┴──────────┴──────┴──────────┴──────────────────────────────────┘
        ");
        let received_at = "2026-11-21T10:00:00.25Z".parse().unwrap();
        let source = PortError::Broken("the record of imports", "the document ends too early".into());
        let line = render_text(&[Err(UnreadableImport { id: ImportId::of("a", "1"), received_at, source })]);
        assert!(line.contains("2026-11-21 10:00") && line.contains("unreadable"), "{line}");
        assert!(render_text(&[]).contains("millrace import FILE"));
    }
}
