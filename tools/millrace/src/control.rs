//! Control totals of an audit: compares the reports of all imports with the books.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow};
use banking::AccountNumber;
use imports::{
    BatchIndex, Batches, ControlDifference, ControlTotals, Files, Import, ImportId, ImportList, State, read_batch,
};
use ledger::{Archive, missing_entries};
use money::Money;
use serde::Serialize;

use crate::progress_bar::ProgressBar;
use crate::table::{Column, count, counted, table};

/// The number of imports on a page.
const PAGE: usize = 100;

/// The sums of the reports of all imports.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Reported {
    /// Entries that are new in the books, by currency.
    pub(crate) totals: ControlTotals,
    /// Imports that are still being split or posted.
    pub(crate) unfinished: u64,
    /// Failed imports. Their reports may lack the last postings.
    pub(crate) failed: Vec<ImportId>,
    /// Imports that have batches.
    pub(crate) with_batches: Vec<WithBatches>,
    /// Imports with unreadable records. Their batches are counted.
    pub(crate) unreadable: Vec<ImportId>,
}

/// An import that has batches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WithBatches {
    id: ImportId,
    /// The version of their list.
    index_version: Option<String>,
}

/// Reads the reports of all imports.
pub(crate) async fn reported<I: ImportList + Batches>(imports: &I) -> Result<Reported> {
    let progress_bar = ProgressBar::counting("Imports", 0);
    let (mut reported, mut after, mut number) = (Reported::default(), None, 0_u64);
    loop {
        let page = imports.recent(after.as_deref(), PAGE).await?;
        for import in page.imports {
            number = number.saturating_add(1);
            let import = match import {
                Ok(import) => import,
                Err(unreadable) => {
                    reported.unreadable.push(unreadable.id);
                    reported.add_outcomes(imports, unreadable.id).await?;
                    continue;
                }
            };
            reported.unfinished = reported.unfinished.saturating_add(u64::from(!import.state.is_final()));
            if matches!(import.state, State::Failed { .. }) {
                reported.failed.push(import.id);
            }
            if import.found.as_ref().is_some_and(|found| found.batches > 0) {
                reported.add_outcomes(imports, import.id).await?;
                reported.with_batches.push(WithBatches { id: import.id, index_version: import.index_version.clone() });
            }
        }
        after = page.next;
        if after.is_none() {
            progress_bar.done(&counted(number, "import", "imports"));
            return Ok(reported);
        }
    }
}

impl Reported {
    async fn add_outcomes<B: Batches>(&mut self, batches: &B, id: ImportId) -> Result<()> {
        for (_, outcome) in batches.finished(id).await? {
            self.totals.add_outcome(&outcome);
        }
        Ok(())
    }
}

/// The result of comparing the reports of imports with the books.
#[derive(Serialize, Debug, PartialEq, Eq)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(crate) enum Comparison {
    /// The books equal the reports.
    Equal,
    /// Imports were being posted meanwhile, so a comparison is not possible.
    NotCompared {
        /// The number of unfinished imports.
        unfinished: u64,
    },
    /// They differ.
    Different {
        /// By currency.
        differences: Vec<Difference>,
        /// Failed imports: they may have posted more than they report.
        failed: Vec<ImportId>,
    },
}

/// A currency with a difference between the books and the reports of imports. Sums ignore the sign.
#[derive(Serialize, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    currency: String,
    entries_reported: u64,
    entries_in_books: u64,
    sum_reported: Money,
    sum_in_books: Money,
}

impl Comparison {
    /// Compares the books with the reports of imports from before and after reading the books.
    pub(crate) fn of(before: &Reported, after: &Reported, kept: &ControlTotals) -> Self {
        let differences = before.totals.differences(kept);
        if differences.is_empty() {
            return Self::Equal;
        }
        if before.unfinished > 0 || before != after {
            return Self::NotCompared { unfinished: before.unfinished.max(after.unfinished) };
        }
        let differences = differences.iter().map(Difference::of).collect();
        Self::Different { differences, failed: before.failed.clone() }
    }

    /// Whether the comparison found no difference.
    pub(crate) fn is_healthy(&self) -> bool {
        !matches!(self, Self::Different { .. })
    }

    /// The text output.
    pub(crate) fn render(&self) -> String {
        match self {
            Self::Equal => "control totals: the books equal the reports of all imports".to_owned(),
            Self::NotCompared { unfinished } => format!(
                "control totals: not compared, because files are being imported ({} not finished); audit again when they are done",
                counted(*unfinished, "import", "imports")
            ),
            Self::Different { differences, failed } => {
                let rows = differences.iter().map(Difference::row);
                let columns = [
                    Column::id("Currency"),
                    Column::number("Entries reported"),
                    Column::number("In the books"),
                    Column::number("Sum reported"),
                    Column::number("In the books"),
                ];
                format!(
                    "control totals: the books differ from the reports of imports\n{}\n{}",
                    table(&columns, rows),
                    remedy(failed)
                )
            }
        }
    }
}

fn remedy(failed: &[ImportId]) -> String {
    if failed.is_empty() {
        return "an update of the books was lost: `millrace audit --entries` names the accounts and imports; \
                `millrace imports repost <id>` posts what is missing of an import"
            .to_owned();
    }
    let ids: Vec<String> = failed.iter().map(ToString::to_string).collect();
    format!("imports that failed may have posted more than they report; retry each of them first: {}", ids.join(", "))
}

impl Difference {
    fn of(difference: &ControlDifference) -> Self {
        let money = |minor: u128| Money::new(i128::try_from(minor).unwrap_or(i128::MAX), difference.currency);
        Self {
            currency: difference.currency.code().to_owned(),
            entries_reported: difference.reported.entries,
            entries_in_books: difference.kept.entries,
            sum_reported: money(difference.reported.gross_minor),
            sum_in_books: money(difference.kept.gross_minor),
        }
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.currency.clone(),
            count(self.entries_reported),
            count(self.entries_in_books),
            self.sum_reported.grouped(),
            self.sum_in_books.grouped(),
        ]
    }
}

/// Entries of an import that are missing in the books of an account.
#[derive(Serialize, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) account: AccountNumber,
    pub(crate) import: ImportId,
    pub(crate) entries: u64,
}

/// The list of an import's batches; `None` after they have expired.
pub(crate) async fn index<F: Files>(files: &F, id: ImportId, version: Option<&str>) -> Result<Option<BatchIndex>> {
    let key = Import::index_key(id);
    let Some(bytes) = files.read(&key, version, 0..u64::MAX).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).with_context(|| format!("{key} is not a list of batches")).map(Some)
}

/// Looks up every entry of the posted batches of these imports in the books. Skips imports with expired batches.
/// Returns the missing entries and the number of checked imports.
pub(crate) async fn missing<I: Batches, F: Files, A: Archive>(
    imports: &I,
    files: &F,
    archive: &A,
    with_batches: &[WithBatches],
) -> Result<(Vec<Missing>, u64)> {
    let number = u64::try_from(with_batches.len())?;
    let progress_bar = ProgressBar::counting("Entries of imports", number);
    let (mut missing, mut looked_up) = (Vec::new(), 0_u64);
    for WithBatches { id, index_version } in with_batches {
        let Some(index) = index(files, *id, index_version.as_deref()).await? else { continue };
        let posted: BTreeMap<u32, _> = imports.finished(*id).await?.into_iter().collect();
        for request in index.all(*id) {
            if !posted.contains_key(&request.batch) {
                continue;
            }
            let (key, version) = (Import::entries_key(*id), request.version.as_deref());
            let bytes = files.read(&key, version, request.from..request.to).await?;
            let bytes =
                bytes.ok_or_else(|| anyhow!("the batches of import {id} are missing, but their list exists"))?;
            for (account, entries) in read_batch(&bytes)? {
                let entries = missing_entries(&account, &archive.whole(&account).await?, entries)?;
                if entries > 0 {
                    missing.push(Missing { account, import: *id, entries });
                }
            }
        }
        looked_up = looked_up.saturating_add(1);
        progress_bar.reached(looked_up, number);
    }
    progress_bar.done(&counted(looked_up, "import", "imports"));
    Ok((missing, looked_up))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use imports::testing::{FakeImports, altered};
    use imports::{BatchOutcome, ImportStats, Imports as _, PostedSums, Upload};
    use ledger::{Figures, Split};
    use money::Currency;

    use super::*;

    fn totals(count: u64, in_minor: i128) -> ControlTotals {
        let clean = Figures { count, credits: count, in_minor, ..Figures::default() };
        let mut kept = ControlTotals::default();
        kept.add_figures(&[(Currency::EUR, Split { clean, dirty: Figures::default() })].into());
        kept
    }

    async fn imports(state: State) -> FakeImports {
        let imports = FakeImports::default();
        let upload = Upload {
            key: "imports/a.csv".to_owned(),
            version: "1".to_owned(),
            size_bytes: 1,
            uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
            metadata: BTreeMap::new(),
        };
        let import = imports.receive(&Import::received(&upload)).await.unwrap();
        let found = Some(ImportStats { batches: 1, ..ImportStats::default() });
        imports.save(&altered(&import, |it| (it.state, it.found) = (state, found))).await.unwrap();
        let sums =
            PostedSums { entries: 2, posted: Money::new(7080, Currency::EUR), dirty: Money::new(0, Currency::EUR) };
        let outcome = BatchOutcome { posted: 2, sums: vec![sums], ..BatchOutcome::default() };
        imports.finish(import.id, 0, outcome, import.received_at).await.unwrap();
        imports
    }

    #[tokio::test]
    async fn books_that_have_what_imports_report_are_equal() {
        let reported = reported(&imports(State::Done).await).await.unwrap();
        assert_eq!(Comparison::of(&reported, &reported, &totals(2, 7080)), Comparison::Equal);
    }

    #[tokio::test]
    async fn a_lost_entry_is_a_difference_in_count_and_sum() {
        let reported = reported(&imports(State::Done).await).await.unwrap();
        let comparison = Comparison::of(&reported, &reported, &totals(1, 6050));
        assert!(!comparison.is_healthy());
        let text = comparison.render();
        assert!(text.contains("70.80") && text.contains("60.50") && text.contains("was lost"), "{text}");
    }

    #[tokio::test]
    async fn a_failed_import_is_named_with_its_remedy() {
        let reported = reported(&imports(State::Failed { reason: "x".to_owned() }).await).await.unwrap();
        let text = Comparison::of(&reported, &reported, &totals(3, 9000)).render();
        assert!(text.contains("retry each of them") && text.contains(&reported.failed[0].to_string()), "{text}");
    }

    #[tokio::test]
    async fn an_import_with_an_unreadable_record_is_named_and_its_batches_count() {
        let imports = imports(State::Done).await;
        let id = reported(&imports).await.unwrap().with_batches[0].id;
        imports.break_record(id);
        let reported = reported(&imports).await.unwrap();
        assert_eq!(reported.unreadable, [id]);
        assert_eq!(Comparison::of(&reported, &reported, &totals(2, 7080)), Comparison::Equal);
    }

    #[tokio::test]
    async fn what_is_being_posted_is_not_compared() {
        let reported = reported(&imports(State::Posting).await).await.unwrap();
        let comparison = Comparison::of(&reported, &reported, &totals(1, 6050));
        assert_eq!(comparison, Comparison::NotCompared { unfinished: 1 });
        assert!(comparison.is_healthy());
    }
}
