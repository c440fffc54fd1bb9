//! Reads an uploaded file, registers its accounts, and splits its entries into batches for `post-entries`.

mod config;
mod error;
mod events;
mod read;
mod repeated;
mod source;
mod write;

use calendar::Clock;
use customers::Register;
use imports::{
    BatchIndex, BatchQueue, Batches, ContentHistory, Files, Import, Imports, ParsedFile, Rates, Refusal, Saved,
    Sources, SplitFile, State, Upload,
};
use money::Currency;

pub use config::Config;
pub use error::SplitImportError;

/// Splits uploaded files.
pub struct SplitImport<F, I, R, Q, C> {
    /// The bucket.
    pub files: F,
    /// The record of imports and rates.
    pub imports: I,
    /// The register of customers and accounts.
    pub register: R,
    /// The queue of batches.
    pub batches: Q,
    /// The clock, to detect stalled work.
    pub clock: C,
    /// The currency of amounts without a currency.
    pub default_currency: Currency,
}

impl<F: Files, I: Imports + Batches + Rates + Sources, R: Register, Q: BatchQueue, C: Clock>
    SplitImport<F, I, R, Q, C>
{
    /// Processes an upload until its batches are on the queue, continuing after an earlier delivery.
    pub async fn handle(&self, file: SplitFile) -> Result<State, SplitImportError> {
        let Some(upload) = self.files.describe(&file.key, file.version.as_deref()).await? else {
            tracing::warn!("an uploaded object is gone; there is nothing to import");
            return Ok(State::Refused { reason: "the object is gone".to_owned() });
        };
        let import = self.imports.receive(&Import::received(&upload)).await?;
        let import = match import.state {
            State::Received | State::Splitting => self.split(&upload, import).await?,
            State::Posting => self.send_again(import).await?,
            _ => import,
        };
        tracing::info!(import.id = %import.id, import.state = import.state.name(), "an upload was taken in");
        Ok(import.state.clone())
    }

    async fn split(&self, upload: &Upload, import: Import) -> Result<Import, SplitImportError> {
        let read = match self.read(upload, upload.uploaded_at.date()).await? {
            Ok(read) => read,
            Err(refusal) => return self.save(import.refused(&refusal, self.clock.now())?).await,
        };
        let history = self.imports.first_with(&read.content, &import).await?;
        match self.dated_as_first(upload, read, &history).await? {
            Ok(read) => self.take(upload, import, read, &history).await,
            Err(refusal) => self.save(import.refused(&refusal, self.clock.now())?).await,
        }
    }

    /// Reads a file with dates without a year again, if the first import of its content was on another day: otherwise
    /// the dates could get other years, and its rows would not be recognised as duplicates.
    async fn dated_as_first(
        &self,
        upload: &Upload,
        read: ParsedFile,
        history: &ContentHistory,
    ) -> Result<Result<ParsedFile, Refusal>, SplitImportError> {
        let reference = history.received_at.date();
        if !read.assumes_years || reference == upload.uploaded_at.date() {
            return Ok(Ok(read));
        }
        drop(read);
        self.read(upload, reference).await
    }

    /// Registers and stores the parsed content. After a crash everything is repeated with the same result.
    async fn take(
        &self,
        upload: &Upload,
        import: Import,
        mut read: ParsedFile,
        history: &ContentHistory,
    ) -> Result<Import, SplitImportError> {
        let import = self.save(import.splitting(&read, history.repeated_by(import.id), self.clock.now())?).await?;
        self.register(upload, &mut read).await?;
        self.note_source(&import, &mut read).await?;
        self.note_repeated(&import, upload, &mut read).await?;
        if !read.rates.is_empty() {
            self.imports.keep(&import, &read.rates).await?;
        }
        let (index, index_version) = self.write(&import, &mut read, history).await?;
        let import = self.save(import.split(read.found, index_version, self.clock.now())?).await?;
        self.batches.send(&index.unfinished(import.id, &[])).await?;
        Ok(import)
    }

    /// Requests the unposted batches again. If all are posted, the process that posted the last one stopped before it
    /// ended the import: this ends it.
    async fn send_again(&self, import: Import) -> Result<Import, SplitImportError> {
        let version = import.index_version.as_deref();
        let list = self.files.read(&Import::index_key(import.id), version, 0..u64::MAX).await?;
        let list = list.ok_or(SplitImportError::NoIndex)?;
        let index: BatchIndex = serde_json::from_slice(&list).map_err(|_| SplitImportError::NoIndex)?;
        let finished = self.imports.finished(import.id).await?;
        let requests = index.unfinished(import.id, &finished);
        if requests.is_empty() {
            return self.save(import.posted(self.clock.now())?).await;
        }
        self.batches.send(&requests).await?;
        Ok(import)
    }

    async fn save(&self, import: Import) -> Result<Import, SplitImportError> {
        match self.imports.save(&import).await? {
            Saved::Stored(version) => Ok(import.with_version(version)),
            Saved::Conflict => Err(SplitImportError::InProgress),
        }
    }
}
