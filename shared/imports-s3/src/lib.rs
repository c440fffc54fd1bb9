//! Uploads, batches, rejects: the files of imports in an S3 bucket.

mod client;
mod error;
mod files;
mod links;
mod read;
mod version;

pub use client::client;
pub use files::S3Files;
