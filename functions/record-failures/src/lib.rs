//! Records dead letters in the tables, so that no state exists only in a dead-letter queue.

mod config;
mod dead_letter;

use calendar::{Clock, Date, Moment};
use imports::{Import, ImportId, Imports, PortError, Updated, Upload, object_version, update};
use lambda_kit::{Failure, about_import};
use mail::outbox::{Saved, Summaries, SummariesError, SummaryRequest};

pub use config::Config;
pub use dead_letter::DeadLetter;

/// The maximum number of retries of a conflicting write; then SQS retries the message.
const MAX_CONFLICTS: u32 = 8;

/// Records failures.
pub struct RecordFailures<I, S, C> {
    /// The record of imports.
    pub imports: I,
    /// The record of summary mails.
    pub summaries: S,
    /// The clock.
    pub clock: C,
}

/// Why a failure was not recorded. Its dead letter stays in the queue, which raises an alarm.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordFailuresError {
    /// The message is unreadable.
    #[error("a dead letter cannot be read")]
    Message(#[from] lambda_kit::batch::MessageError),
    /// An uploaded object without a version: its import cannot be identified.
    #[error("a dead letter does not contain the version of its object")]
    NoVersion,
    /// The record of imports failed.
    #[error("cannot mark an import as failed")]
    Port(#[from] PortError),
    /// The record of summaries failed.
    #[error("cannot mark a summary as failed")]
    Summaries(#[from] SummariesError),
    /// Other instances keep changing the record.
    #[error("other instances keep changing the record")]
    Busy,
}

impl Failure for RecordFailuresError {}

impl<I: Imports, S: Summaries, C: Clock> RecordFailures<I, S, C> {
    /// Records the failure of one dead letter.
    pub async fn handle(&self, dead_letter: DeadLetter) -> Result<(), RecordFailuresError> {
        match dead_letter {
            DeadLetter::Uploads(uploads) => {
                for upload in uploads {
                    about_import(upload.id());
                    self.imports.receive(&Import::received(&upload)).await?;
                    self.import(upload.id(), "all attempts to split the file failed").await?;
                }
                Ok(())
            }
            DeadLetter::Batch(batch) => {
                about_import(batch.import);
                let reason = format!("batch {} of {} could not be posted in any attempt", batch.batch, batch.of);
                self.import(batch.import, &reason).await
            }
            DeadLetter::Summary(request) => {
                about_import(&request.import);
                self.summary(&request).await
            }
        }
    }

    async fn import(&self, id: ImportId, what: &str) -> Result<(), RecordFailuresError> {
        match update(&self.imports, id, |import| import.failed(what, self.clock.now())).await? {
            Updated::Stored => tracing::error!(import.id = %id, imports_failed = 1, "an import has failed: {what}"),
            Updated::Unchanged => {}
            Updated::Busy => return Err(RecordFailuresError::Busy),
        }
        Ok(())
    }

    async fn summary(&self, request: &SummaryRequest) -> Result<(), RecordFailuresError> {
        for _ in 0..MAX_CONFLICTS {
            let Some((record, version)) = self.summaries.load(&request.key()).await? else { return Ok(()) };
            let failed = record.give_up("all attempts of its request failed", self.clock.now());
            if failed == record {
                return Ok(());
            }
            if let Saved::Stored(_) = self.summaries.save(&failed, version).await? {
                // The alarm `MailsRefusedAlarm` looks for `mails_failed`.
                tracing::error!(import.id = request.import, mails_failed = 1, "a summary was given up");
                return Ok(());
            }
        }
        Err(RecordFailuresError::Busy)
    }
}

/// The upload of an object, for an import without a record; its id equals the id from `split-import`. A request of the
/// sweeper has no time; its import already has a record with the time. `None` if the object has neither version nor
/// `ETag`.
pub(crate) fn upload(object: lambda_kit::uploads::UploadedObject) -> Option<Upload> {
    Some(Upload {
        version: object_version(object.version.as_deref(), object.etag.as_deref())?,
        key: object.key,
        size_bytes: object.size_bytes,
        uploaded_at: object.uploaded_at.unwrap_or(Moment::day(Date::MIN)),
        metadata: std::collections::BTreeMap::new(),
    })
}
