//! Converts messages to uploads.

use aws_lambda_events::sqs::SqsMessage;
use calendar::Clock;
use customers::Register;
use imports::{BatchQueue, Batches, Files, ImportId, Imports, Rates, Sources, SplitFile};
use lambda_kit::uploads;

use crate::{SplitImport, SplitImportError};

impl<F: Files, I: Imports + Batches + Rates + Sources, R: Register, Q: BatchQueue, C: Clock>
    SplitImport<F, I, R, Q, C>
{
    /// Splits each file of a message.
    pub async fn handle_all(&self, message: &SqsMessage) -> Result<(), SplitImportError> {
        for object in uploads::objects(message)? {
            if let Some(version) = &object.version {
                lambda_kit::about_import(ImportId::of(&object.key, version));
            }
            self.handle(SplitFile { key: object.key, version: object.version }).await?;
        }
        Ok(())
    }
}
