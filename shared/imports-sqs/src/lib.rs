//! The queues of uploads and batches.

mod batches;
mod send;
mod uploads;

pub use batches::SqsBatchQueue;
pub use uploads::SqsUploadQueue;
