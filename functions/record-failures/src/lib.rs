//! Writes into the tables what was given up, so that nothing lives in a dead-letter queue alone.

mod config;
mod letters;

use calendar::{Clock, Date, Moment};
use imports::{Import, ImportId, Imports, PortError, Saved, State, Upload, object_version};
use lambda_kit::{Failure, about_import};
use mail::outbox::{Saved as SavedSummary, Summaries, SummariesError, SummaryRequest};

pub use config::Config;
pub use letters::Letter;

/// How often a write that met another is tried again before its message is.
const MOST_CONFLICTS: u32 = 8;

/// Records failures.
pub struct RecordFailures<I, S, C> {
    /// The record of imports.
    pub imports: I,
    /// The record of summary mails.
    pub summaries: S,
    /// The clock.
    pub clock: C,
}

/// Why a failure was not recorded. Its letter stays in the queue, which raises an alarm.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordFailuresError {
    /// The message is none of ours.
    #[error("a dead letter cannot be read")]
    Message(#[from] lambda_kit::batch::MessageError),
    /// An uploaded object without a version: which import it is cannot be known.
    #[error("a dead letter does not say which version of an object it is about")]
    NoVersion,
    /// The record of imports failed.
    #[error("cannot mark an import as failed")]
    Port(#[from] PortError),
    /// The record of summaries failed.
    #[error("cannot mark a summary as failed")]
    Summaries(#[from] SummariesError),
    /// Others keep changing the record.
    #[error("others keep changing the record")]
    Busy,
}

impl Failure for RecordFailuresError {}

impl<I: Imports, S: Summaries, C: Clock> RecordFailures<I, S, C> {
    /// Records what one dead letter is about.
    pub async fn handle(&self, letter: Letter) -> Result<(), RecordFailuresError> {
        match letter {
            Letter::Uploads(uploads) => {
                for upload in uploads {
                    about_import(upload.id());
                    self.imports.receive(&Import::received(&upload)).await?;
                    self.import(upload.id(), "the file was tried as often as it may be and was not split").await?;
                }
                Ok(())
            }
            Letter::Batch(batch) => {
                about_import(batch.import);
                let reason = format!("batch {} of {} was tried as often as it may be", batch.batch, batch.of);
                self.import(batch.import, &reason).await
            }
            Letter::Summary(request) => {
                about_import(&request.import);
                self.summary(&request).await
            }
        }
    }

    async fn import(&self, id: ImportId, what: &str) -> Result<(), RecordFailuresError> {
        for _ in 0..MOST_CONFLICTS {
            let Some(import) = self.imports.find(id).await? else { return Ok(()) };
            if import.state.is_final() {
                return Ok(());
            }
            let reason =
                format!("{what}; see the log, then run `millrace imports retry {id}` or upload the file again");
            let failed = Import { state: State::Failed { reason }, touched_at: self.clock.now(), ..import };
            if let Saved::Stored(_) = self.imports.save(&failed).await? {
                tracing::error!(import.id = %id, imports_failed = 1, "an import has failed: {what}");
                return Ok(());
            }
        }
        Err(RecordFailuresError::Busy)
    }

    async fn summary(&self, request: &SummaryRequest) -> Result<(), RecordFailuresError> {
        for _ in 0..MOST_CONFLICTS {
            let Some((record, version)) = self.summaries.load(&request.key()).await? else { return Ok(()) };
            let failed = record.give_up("its request was tried as often as it may be", self.clock.now());
            if failed == record {
                return Ok(());
            }
            if let SavedSummary::Stored(_) = self.summaries.save(&failed, version).await? {
                // The alarm `MailsRefusedAlarm` looks for `mails_failed`.
                tracing::error!(import.id = request.import, mails_failed = 1, "a summary was given up");
                return Ok(());
            }
        }
        Err(RecordFailuresError::Busy)
    }
}

/// The upload of an object, for an import whose file was never described; its id is the one `split-import` gives it. A
/// request of the sweeper's says no time; its import is in the record already, with its own. `None` if the object has
/// neither version nor `ETag`.
pub(crate) fn upload(object: lambda_kit::uploads::UploadedObject) -> Option<Upload> {
    Some(Upload {
        version: object_version(object.version.as_deref(), object.etag.as_deref())?,
        key: object.key,
        size_bytes: object.size_bytes,
        uploaded_at: object.uploaded_at.unwrap_or(Moment::day(Date::MIN)),
        metadata: std::collections::BTreeMap::new(),
    })
}
