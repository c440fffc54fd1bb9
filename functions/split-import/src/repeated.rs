//! Content that is imported again with other instructions.

use calendar::Clock;
use customers::Register;
use imports::{BatchQueue, Batches, Files, Import, Imports, Instructions, ParsedFile, Rates, Sources, Upload, Warning};

use crate::{SplitImport, SplitImportError};

impl<F: Files, I: Imports + Batches + Rates + Sources, R: Register, Q: BatchQueue, C: Clock>
    SplitImport<F, I, R, Q, C>
{
    /// Warns if the same content was imported for another account, year or currency: then its entries differ, and the
    /// books have both.
    pub(crate) async fn note_repeated(
        &self,
        import: &Import,
        upload: &Upload,
        read: &mut ParsedFile,
    ) -> Result<(), SplitImportError> {
        let Some(earlier) = import.repeats else { return Ok(()) };
        let Some(earlier) = self.imports.find(earlier).await? else { return Ok(()) };
        let before = self.files.describe(&earlier.key, Some(&earlier.object_version)).await?;
        let before = before.and_then(|it| it.instructions().ok());
        let Some((before, now)) = before.zip(upload.instructions().ok()) else { return Ok(()) };
        let others = differences(&before, &now);
        if !others.is_empty() {
            let what = format!(
                "import {} has read the same content {}: entries that it posted so stay in the books beside these",
                earlier.id,
                others.join(" and ")
            );
            read.found.warnings.push(Warning { what, rows: read.found.rows_taken });
        }
        Ok(())
    }
}

/// The instructions of the earlier import that differ.
fn differences(before: &Instructions, now: &Instructions) -> Vec<String> {
    let mut others = Vec::new();
    if before.account != now.account {
        let account = before.account.as_ref().map_or("no account", |it| it.as_str());
        others.push(format!("for {account}"));
    }
    if before.year != now.year {
        others.push(before.year.map_or_else(|| "without a year".to_owned(), |it| format!("with the year {it}")));
    }
    if before.currency != now.currency {
        others.push(before.currency.map_or_else(|| "without a currency".to_owned(), |it| format!("in {it}")));
    }
    others
}
