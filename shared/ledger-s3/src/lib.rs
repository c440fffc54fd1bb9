//! Months of the books that are too large for the table, as objects `months/<sha256>`.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use ledger_dynamodb::{Vault, VaultError};

/// What S3 answers where an object is already that must not be.
const PRECONDITION_FAILED: u16 = 412;

/// The vault in a bucket.
#[derive(Clone, Debug)]
pub struct S3Vault {
    client: Client,
    bucket: String,
}

impl S3Vault {
    /// The vault in the bucket of this name.
    pub fn new(client: Client, bucket: impl Into<String>) -> Self {
        Self { client, bucket: bucket.into() }
    }
}

impl Vault for S3Vault {
    async fn put(&self, hash: &str, bytes: &[u8]) -> Result<(), VaultError> {
        // The name says what is in it: one that is there already needs no second version.
        let request = self.client.put_object().bucket(&self.bucket).key(key(hash)).if_none_match("*");
        let body = ByteStream::from(bytes.to_vec());
        match request.content_type("application/octet-stream").body(body).send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.raw().status().as_u16() == PRECONDITION_FAILED => Ok(()),
            Err(error) => Err(VaultError(error.into())),
        }
    }

    async fn get(&self, hash: &str) -> Result<Option<Vec<u8>>, VaultError> {
        let request = self.client.get_object().bucket(&self.bucket).key(key(hash));
        let object = match request.send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => return Ok(None),
            Err(error) => return Err(VaultError(error.into())),
        };
        let bytes = object.body.collect().await.map_err(|error| VaultError(error.into()))?;
        Ok(Some(bytes.to_vec()))
    }
}

fn key(hash: &str) -> String {
    format!("months/{hash}")
}
