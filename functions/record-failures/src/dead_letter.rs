//! The content of dead letters.

use aws_lambda_events::sqs::SqsMessage;
use imports::{PostBatch, Upload};
use lambda_kit::batch::read;
use lambda_kit::uploads;
use mail::outbox::SummaryRequest;

use crate::RecordFailuresError;

/// A message after its last retry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeadLetter {
    /// Of the queue `uploads`.
    Uploads(Vec<Upload>),
    /// Of the queue `batches`.
    Batch(PostBatch),
    /// Of the queue `summaries`.
    Summary(SummaryRequest),
}

impl DeadLetter {
    /// Reads a message of any of the three dead-letter queues; each has its own format.
    pub fn read(message: &SqsMessage) -> Result<Self, RecordFailuresError> {
        if let Ok(batch) = read(message) {
            return Ok(Self::Batch(batch));
        }
        if let Ok(request) = read(message) {
            return Ok(Self::Summary(request));
        }
        let uploads = uploads::objects(message)?.into_iter().map(crate::upload);
        uploads.collect::<Option<_>>().map(Self::Uploads).ok_or(RecordFailuresError::NoVersion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dead_letter(body: &str) -> Result<DeadLetter, RecordFailuresError> {
        let mut message = SqsMessage::default();
        message.body = Some(body.to_owned());
        DeadLetter::read(&message)
    }

    #[test]
    fn the_dead_letters_of_each_queue_are_distinguished() {
        let batch = dead_letter(include_str!("../../../events/post-batch.v1.json")).unwrap();
        assert!(matches!(batch, DeadLetter::Batch(it) if it.batch == 2));
        let summary = dead_letter(include_str!("../../../events/summary-requested.v1.json")).unwrap();
        assert!(matches!(summary, DeadLetter::Summary(it) if it.account.as_str() == "DE89370400440532013000"));
        let uploads = dead_letter(include_str!("../../../events/s3-object-created.json")).unwrap();
        assert!(matches!(uploads, DeadLetter::Uploads(it) if it.len() == 1));
        assert!(dead_letter("{}").is_err() && dead_letter("").is_err());
    }
}
