//! The sources that operators have declared.

use calendar::Clock;
use customers::Register;
use imports::{BatchQueue, Batches, FEED_SOURCES, Files, Import, Imports, Kind, ParsedFile, Rates, Sources, Warning};

use crate::{SplitImport, SplitImportError};

impl<F: Files, I: Imports + Batches + Rates + Sources, R: Register, Q: BatchQueue, C: Clock>
    SplitImport<F, I, R, Q, C>
{
    /// Warns of the first transfers from a source that an operator has declared.
    pub(crate) async fn note_source(&self, import: &Import, read: &mut ParsedFile) -> Result<(), SplitImportError> {
        let is_declared = read.kind == Kind::Transfers && !FEED_SOURCES.contains(&read.source.as_str());
        if !is_declared || read.found.rows_taken == 0 {
            return Ok(());
        }
        if self.imports.first_from(&read.source, import.id).await? == import.id {
            let what = format!(
                "these are the first transfers from `{}`; transfers that another source has already imported are posted twice",
                read.source
            );
            read.found.warnings.push(Warning { what, rows: read.found.rows_taken });
        }
        Ok(())
    }
}
