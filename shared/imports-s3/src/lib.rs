//! Uploads, batches, rejects: the files of imports in a bucket of S3.

mod client;
mod error;
mod files;
mod links;
mod read;
mod version;

pub use client::client;
pub use files::S3Files;
