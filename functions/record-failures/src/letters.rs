//! What a dead letter is about.

use aws_lambda_events::sqs::SqsMessage;
use imports::{PostBatch, Upload};
use lambda_kit::batch::read;
use lambda_kit::uploads;
use mail::outbox::SummaryRequest;

use crate::RecordFailuresError;

/// A message that was given up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Letter {
    /// Of the queue `uploads`.
    Uploads(Vec<Upload>),
    /// Of the queue `batches`.
    Batch(PostBatch),
    /// Of the queue `summaries`.
    Summary(SummaryRequest),
}

impl Letter {
    /// Reads a message of any of the three dead-letter queues; each has a shape of its own.
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

    fn letter(body: &str) -> Result<Letter, RecordFailuresError> {
        let mut message = SqsMessage::default();
        message.body = Some(body.to_owned());
        Letter::read(&message)
    }

    #[test]
    fn each_queues_letters_are_told_apart() {
        let batch = letter(include_str!("../../../events/post-batch.v1.json")).unwrap();
        assert!(matches!(batch, Letter::Batch(it) if it.batch == 2));
        let summary = letter(include_str!("../../../events/summary-requested.v1.json")).unwrap();
        assert!(matches!(summary, Letter::Summary(it) if it.account.as_str() == "DE89370400440532013000"));
        let uploads = letter(include_str!("../../../events/s3-object-created.json")).unwrap();
        assert!(matches!(uploads, Letter::Uploads(it) if it.len() == 1));
        assert!(letter("{}").is_err() && letter("").is_err());
    }
}
