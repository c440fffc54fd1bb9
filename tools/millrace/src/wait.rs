//! Waits until an import and its mails are final.

use std::time::{Duration, Instant};

use ::imports::{Batches, Import, ImportId, ImportReport, Imports, PortError, State};
use anyhow::{Error, Result, bail};
use mail::outbox::Summaries;

use crate::progress_bar::ProgressBar;
use crate::report;

/// The maximum number of consecutive failed calls.
const MAX_FAILURES: u32 = 5;

/// The time-outs and the polling interval.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For the import.
    pub(crate) import: Duration,
    /// Then for its mails.
    pub(crate) mails: Duration,
    /// Between two checks.
    pub(crate) pause: Duration,
}

/// Waits until `id` and its mails are final, and returns the report. After a time-out of the mails it reports their
/// current states; a time-out of the import is an error.
pub(crate) async fn until_settled<I: Imports + Batches, S: Summaries>(
    imports: &I,
    summaries: &S,
    id: ImportId,
    title: &str,
    patience: Patience,
) -> Result<ImportReport> {
    let progress_bar = ProgressBar::counting(title, 0);
    let import = until_final(imports, id, patience, &progress_bar).await?;
    let started = Instant::now();
    loop {
        let report = report::of(imports, summaries, &import).await?;
        let open = report.mails.wanted.saturating_add(report.mails.sending);
        if open == 0 || import.state != State::Done || started.elapsed() >= patience.mails {
            progress_bar.done(&report.state);
            return Ok(report);
        }
        progress_bar.note("waiting for its mails");
        tokio::time::sleep(patience.pause).await;
    }
}

async fn until_final<I: Imports + Batches>(
    imports: &I,
    id: ImportId,
    patience: Patience,
    progress_bar: &ProgressBar,
) -> Result<Import> {
    let started = Instant::now();
    let mut failures = 0_u32;
    let mut seen = None;
    loop {
        match look(imports, id, progress_bar).await {
            Ok(Some(import)) if import.state.is_final() => return Ok(import),
            Ok(import) => {
                failures = 0;
                seen = import.or(seen);
            }
            Err(error @ PortError::Unavailable(..)) if failures >= MAX_FAILURES => return Err(error.into()),
            Err(PortError::Unavailable(..)) => failures = failures.saturating_add(1),
            Err(error) => return Err(error.into()),
        }
        if started.elapsed() >= patience.import {
            return Err(too_long(seen.as_ref(), id, patience.import));
        }
        tokio::time::sleep(patience.pause).await;
    }
}

async fn look<I: Imports + Batches>(
    imports: &I,
    id: ImportId,
    progress_bar: &ProgressBar,
) -> Result<Option<Import>, PortError> {
    let import = imports.find(id).await?;
    let Some(import) = import else {
        progress_bar.note("queued");
        return Ok(None);
    };
    if !import.state.is_final() {
        progress_bar.note(import.state.name());
    }
    if let Some(found) = &import.found {
        let posted = imports.finished(id).await?.len();
        progress_bar.reached(u64::try_from(posted).unwrap_or(u64::MAX), u64::from(found.batches));
    }
    Ok(Some(import))
}

fn too_long(import: Option<&Import>, id: ImportId, waited: Duration) -> Error {
    let seconds = waited.as_secs();
    let what = match import {
        None => format!(
            "the stack has not started the import within {seconds} s; the log of split-import may contain the reason"
        ),
        Some(import) => {
            format!("the import is still {} after {seconds} s; it continues in the background", import.state.name())
        }
    };
    anyhow::anyhow!("{what}. Check it with `millrace imports {id}`, or wait longer with --timeout")
}

/// The import of this id.
pub(crate) async fn find<I: Imports>(imports: &I, id: ImportId) -> Result<Import> {
    match imports.find(id).await? {
        Some(import) => Ok(import),
        None => bail!("there is no import {id}, or it has not started yet; `millrace imports` lists them"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ::imports::testing::{FakeImports, altered};
    use ::imports::{BatchOutcome, ImportStats, Upload};
    use banking::AccountNumber;
    use calendar::Moment;
    use mail::outbox::{Saved, StateCounts, SummariesError, Version};
    use mail::{SummaryKey, SummaryMail};

    use super::*;

    struct Mails(StateCounts);

    impl Summaries for Mails {
        async fn want(&self, _: &str, _: &[AccountNumber], _: Moment) -> Result<u64, SummariesError> {
            Ok(0)
        }
        async fn load(&self, _: &SummaryKey) -> Result<Option<(SummaryMail, Version)>, SummariesError> {
            Ok(None)
        }
        async fn save(&self, _: &SummaryMail, _: Version) -> Result<Saved, SummariesError> {
            Ok(Saved::Conflict)
        }
        async fn open_since(&self, _: Moment, _: usize) -> Result<Vec<SummaryKey>, SummariesError> {
            Ok(Vec::new())
        }
        async fn count_by_state(&self, _: &str) -> Result<StateCounts, SummariesError> {
            Ok(self.0)
        }
    }

    const PATIENCE: Patience = Patience {
        import: Duration::from_millis(40),
        mails: Duration::from_millis(20),
        pause: Duration::from_millis(5),
    };

    fn import(state: State) -> Import {
        let received = Import::received(&Upload {
            key: "imports/july.csv".to_owned(),
            version: "v1".to_owned(),
            size_bytes: 1,
            uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
            metadata: BTreeMap::new(),
        });
        let found = ImportStats { entries: 4, batches: 2, ..ImportStats::default() };
        altered(&received, |it| {
            it.state = state;
            it.found = Some(found);
        })
    }

    async fn wait(import: Option<Import>, mails: StateCounts) -> Result<ImportReport> {
        let imports = FakeImports::default();
        let id = ImportId::of("imports/july.csv", "v1");
        if let Some(import) = import {
            imports.receive(&import).await.unwrap();
            let outcome = BatchOutcome { posted: 2, ..BatchOutcome::default() };
            imports.finish(id, 0, outcome.clone(), import.received_at).await.unwrap();
            imports.finish(id, 1, outcome, import.received_at).await.unwrap();
        }
        until_settled(&imports, &Mails(mails), id, "july.csv", PATIENCE).await
    }

    #[tokio::test]
    async fn a_finished_import_is_reported_with_its_mails() {
        let mails = StateCounts { sent: 3, ..StateCounts::default() };
        let report = wait(Some(import(State::Done)), mails).await.unwrap();
        assert_eq!((report.state.as_str(), report.entries.posted, report.mails.sent), ("done", 4, 3));
    }

    #[tokio::test]
    async fn mails_that_take_too_long_are_reported_as_they_are() {
        let mails = StateCounts { sending: 1, ..StateCounts::default() };
        let report = wait(Some(import(State::Done)), mails).await.unwrap();
        assert_eq!((report.state.as_str(), report.mails.sending), ("done", 1));
    }

    #[tokio::test]
    async fn what_takes_too_long_says_how_far_it_is_and_what_to_do() {
        let message = wait(Some(import(State::Posting)), StateCounts::default()).await.unwrap_err().to_string();
        assert!(message.contains("still posting") && message.contains("millrace imports "), "{message}");
        let message = wait(None, StateCounts::default()).await.unwrap_err().to_string();
        assert!(message.contains("not started the import") && message.contains("--timeout"), "{message}");
    }
}
