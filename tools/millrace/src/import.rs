//! `import`: uploads files and prints their reports.

use std::time::Duration;

use ::imports::{Batches, ImportId, ImportReport, Imports};
use anyhow::Result;
use api_documents::{ImportReportDocument, Part};
use mail::outbox::Summaries;
use serde::Serialize;

use crate::Verdict;
use crate::arguments::{Global, ImportArgs};
use crate::interrupt;
use crate::output::Output;
use crate::pending_upload::pending_upload;
use crate::report;
use crate::source;
use crate::stack::Stack;
use crate::upload::file_name;
use crate::wait::{self, Patience};

/// The time-out for mails after the import is done.
const MAILS: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(250);

/// A file in the bucket.
#[derive(Clone, Serialize)]
struct Uploaded {
    id: ImportId,
    file: String,
    key: String,
}

/// Uploads all files, then waits for each.
pub(crate) async fn run(output: &Output, global: &Global, args: ImportArgs) -> Result<Verdict> {
    // Checks all files before the first upload.
    let pending_uploads = args.files.iter().map(|file| pending_upload(file, &args.instructions));
    let pending_uploads = pending_uploads.collect::<Result<Vec<_>>>()?;
    let stack = Stack::open(output, global).await?;
    source::check(&stack.imports()?, args.instructions.source.as_deref()).await?;
    let bucket = stack.bucket()?;
    let mut uploaded = Vec::new();
    for pending_upload in &pending_uploads {
        uploaded.push(Uploaded {
            id: bucket.take(pending_upload).await?,
            file: file_name(pending_upload),
            key: pending_upload.key.clone(),
        });
    }
    if !args.wait {
        answer(output, uploaded.len(), &uploaded, Uploaded::clone, render_text)?;
        return Ok(Verdict::Ok);
    }
    let patience = Patience { import: Duration::from_secs(args.timeout), mails: MAILS, pause: PAUSE };
    let (reports, trouble) = settle(&stack.imports()?, &stack.summaries()?, &uploaded, patience).await;
    // Also prints the results of earlier files if one takes too long.
    if !reports.is_empty() {
        let document = |it: &ImportReport| ImportReportDocument::from(it.clone());
        answer(output, uploaded.len(), &reports, document, report::text)?;
    }
    trouble?;
    let has_problems = reports.iter().any(|it| report::verdict(it) == Verdict::Problems);
    Ok(if has_problems { Verdict::Problems } else { Verdict::Ok })
}

async fn settle<I: Imports + Batches, S: Summaries>(
    imports: &I,
    summaries: &S,
    uploaded: &[Uploaded],
    patience: Patience,
) -> (Vec<ImportReport>, Result<()>) {
    let mut reports = Vec::new();
    for (at, file) in uploaded.iter().enumerate() {
        interrupt::end_with(continues(uploaded.get(at..).unwrap_or_default()));
        match wait::until_settled(imports, summaries, file.id, &file.file, patience).await {
            Ok(report) => reports.push(report),
            Err(error) => return (reports, Err(error.context(file.file.clone()))),
        }
    }
    (reports, Ok(()))
}

/// What Ctrl-C says while it waits for these files.
fn continues(waiting: &[Uploaded]) -> String {
    let looks = waiting.iter().map(|it| format!("\n  millrace imports {}  # {}", it.id, it.file));
    format!(
        "only the waiting ended; the import continues in the background. Look at it with:{}",
        looks.collect::<String>()
    )
}

/// One document for one file, otherwise a list.
fn answer<T, D: Serialize>(
    output: &Output,
    args: usize,
    items: &[T],
    document: impl Fn(&T) -> D,
    text: impl Fn(&T) -> String,
) -> Result<()> {
    let texts = || items.iter().map(&text).collect::<Vec<_>>().join("\n\n");
    match items {
        [one] if args == 1 => output.answer(|| document(one), texts),
        several => output.answer(|| Part::whole(several.iter().map(&document)), texts),
    }
}

fn render_text(uploaded: &Uploaded) -> String {
    format!("{}: uploaded as {}\nshow its report: millrace imports {}", uploaded.file, uploaded.key, uploaded.id)
}
