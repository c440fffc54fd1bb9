//! Writes the results of a split: registrations and the files of its import.

use banking::AccountNumber;
use calendar::Clock;
use customers::Register;
use imports::{
    BatchIndex, BatchQueue, Batches, ContentHistory, Files, Import, Imports, PackedEntries, ParsedFile, Rates, Sources,
    Upload, Warning,
};

use crate::{SplitImport, SplitImportError};

impl<F: Files, I: Imports + Batches + Rates + Sources, R: Register, Q: BatchQueue, C: Clock>
    SplitImport<F, I, R, Q, C>
{
    pub(crate) async fn register(&self, upload: &Upload, read: &mut ParsedFile) -> Result<(), SplitImportError> {
        if read.registrations.is_empty() {
            return Ok(());
        }
        let registered = self.register.register(&read.registrations, upload.uploaded_at).await?;
        if let Some(first) = registered.held_by_others.first().map(AccountNumber::as_str) {
            let what = format!(
                "an account, for example {first}, is held by another customer than the file says; \
                 `millrace account {first} --holder CUSTOMER` changes the holder"
            );
            let rows = u64::try_from(registered.held_by_others.len()).unwrap_or(u64::MAX);
            read.found.warnings.push(Warning { what, rows });
        }
        Ok(())
    }

    /// Writes rejects, batches and the list of batches, and returns the list and its version. Another split of the same
    /// import may write other batches; each list contains the version of its batches.
    pub(crate) async fn write(
        &self,
        import: &Import,
        read: &mut ParsedFile,
        history: &ContentHistory,
    ) -> Result<(BatchIndex, Option<String>), SplitImportError> {
        if read.found.rows_rejected > 0 {
            let csv = std::mem::take(&mut read.rejects_csv);
            self.files.write(&Import::rejects_key(import.id), csv, "text/csv; charset=utf-8").await?;
        }
        let PackedEntries { bytes, mut index } = read.pack();
        if bytes.is_empty() {
            return Ok((index, None));
        }
        index.repeats = import.repeats.is_some();
        index.failed_before = history.failed_before(import.id).to_vec();
        let key = Import::entries_key(import.id);
        index.version = Some(self.files.write(&key, bytes, "application/octet-stream").await?);
        let list = serde_json::to_vec(&index).map_err(|_| SplitImportError::NoIndex)?;
        let version = self.files.write(&Import::index_key(import.id), list, "application/json").await?;
        Ok((index, Some(version)))
    }
}
