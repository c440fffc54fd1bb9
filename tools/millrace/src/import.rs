//! `import`: files go up, and come back as reports.

use std::time::Duration;

use ::imports::{Batches, ImportId, ImportReport, Imports};
use anyhow::Result;
use mail::outbox::Summaries;
use serde::Serialize;

use crate::Verdict;
use crate::arguments::{Global, ImportFiles};
use crate::parcel::parcel;
use crate::report;
use crate::screen::Screen;
use crate::source;
use crate::stack::Stack;
use crate::upload::{Bucket, file_name};
use crate::wait::{self, Patience};

/// How long mails may take after the import is done.
const MAILS: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(250);

/// A file that is in the bucket.
#[derive(Serialize)]
struct Uploaded {
    id: ImportId,
    file: String,
    key: String,
}

/// Uploads all files, then waits for each.
pub(crate) async fn run(screen: &Screen, global: &Global, asked: ImportFiles) -> Result<Verdict> {
    // Before anything goes up, all of it is looked at.
    let parcels = asked.files.iter().map(|file| parcel(file, &asked.instructions));
    let parcels = parcels.collect::<Result<Vec<_>>>()?;
    let stack = Stack::open(screen, global).await?;
    source::check(&stack.imports()?, asked.instructions.source.as_deref()).await?;
    let bucket = Bucket { client: stack.s3(), name: stack.output("FilesBucket")?.to_owned(), files: stack.files()? };
    let mut uploaded = Vec::new();
    for parcel in &parcels {
        uploaded.push(Uploaded { id: bucket.take(parcel).await?, file: file_name(parcel), key: parcel.key.clone() });
    }
    if !asked.wait {
        answer(screen, uploaded.len(), &uploaded, told)?;
        return Ok(Verdict::Well);
    }
    let patience = Patience { import: Duration::from_secs(asked.timeout), mails: MAILS, pause: PAUSE };
    let (reports, trouble) = settle(&stack.imports()?, &stack.summaries()?, &uploaded, patience).await;
    // What is known of the files before one that takes too long is told too.
    if !reports.is_empty() {
        answer(screen, uploaded.len(), &reports, report::text)?;
    }
    trouble?;
    let amiss = reports.iter().any(|it| report::verdict(it) == Verdict::Amiss);
    Ok(if amiss { Verdict::Amiss } else { Verdict::Well })
}

async fn settle<I: Imports + Batches, S: Summaries>(
    imports: &I,
    summaries: &S,
    uploaded: &[Uploaded],
    patience: Patience,
) -> (Vec<ImportReport>, Result<()>) {
    let mut reports = Vec::new();
    for file in uploaded {
        match wait::until_settled(imports, summaries, file.id, &file.file, patience).await {
            Ok(report) => reports.push(report),
            Err(error) => return (reports, Err(error.context(file.file.clone()))),
        }
    }
    (reports, Ok(()))
}

/// One document where one file was asked for, else an array.
fn answer<T: Serialize>(screen: &Screen, asked: usize, items: &[T], text: impl Fn(&T) -> String) -> Result<()> {
    let texts = || items.iter().map(&text).collect::<Vec<_>>().join("\n\n");
    match items {
        [one] if asked == 1 => screen.answer(one, texts),
        several => screen.answer(several, texts),
    }
}

fn told(uploaded: &Uploaded) -> String {
    format!("{}: uploaded as {}\nsee what comes of it: millrace imports {}", uploaded.file, uploaded.key, uploaded.id)
}
