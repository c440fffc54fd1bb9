//! The queues of uploads and batches.

mod batches;
mod uploads;

pub use batches::SqsBatchQueue;
pub use uploads::SqsUploadQueue;

fn failed(error: sqs::SendError) -> imports::PortError {
    imports::PortError::Unavailable("a queue", error.into())
}
