use std::ops::Range;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use calendar::Moment;
use imports::{Files, PortError, Upload, object_version};

use crate::error::{Answer, answer, broken, unavailable};
use crate::version::wanted;

/// The files in a bucket.
#[derive(Clone, Debug)]
pub struct S3Files {
    pub(crate) client: Client,
    pub(crate) bucket: String,
}

impl S3Files {
    /// The files in the bucket of this name. Create `client` with [`crate::client`].
    pub fn new(client: Client, bucket: impl Into<String>) -> Self {
        Self { client, bucket: bucket.into() }
    }
}

impl Files for S3Files {
    async fn describe(&self, key: &str, version: Option<&str>) -> Result<Option<Upload>, PortError> {
        let wanted = wanted(version);
        let request = self.client.head_object().bucket(&self.bucket).key(key);
        let request = request.set_version_id(wanted.version_id).set_if_match(wanted.if_match);
        match request.send().await {
            Ok(head) => upload(key, &head).map(Some),
            Err(error) if answer(&error) == Answer::Gone => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn read(&self, key: &str, version: Option<&str>, range: Range<u64>) -> Result<Option<Vec<u8>>, PortError> {
        if range.is_empty() {
            let there = self.describe(key, version).await?;
            return Ok(there.map(|_| Vec::new()));
        }
        self.read_parts(key, wanted(version), range).await
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<String, PortError> {
        let request = self.client.put_object().bucket(&self.bucket).key(key);
        let request = request.content_type(content_type).body(ByteStream::from(bytes));
        let written = request.send().await.map_err(unavailable)?;
        object_version(written.version_id(), written.e_tag()).ok_or_else(|| broken("an object has no version"))
    }

    async fn list(&self, prefix: &str, after: &str) -> Result<Vec<String>, PortError> {
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let request = request.set_start_after((!after.is_empty()).then(|| after.to_owned()));
        let mut pages = request.into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let contents = page.map_err(unavailable)?.contents.unwrap_or_default();
            keys.extend(contents.into_iter().filter_map(|it| it.key));
        }
        Ok(keys)
    }
}

fn upload(key: &str, head: &HeadObjectOutput) -> Result<Upload, PortError> {
    let time = head.last_modified.ok_or_else(|| broken("an object has no time"))?;
    let micros = i64::try_from(time.as_nanos().div_euclid(1000)).map_err(broken)?;
    let metadata = head.metadata.iter().flatten();
    Ok(Upload {
        key: key.to_owned(),
        version: object_version(head.version_id(), head.e_tag()).ok_or_else(|| broken("an object has no version"))?,
        size_bytes: u64::try_from(head.content_length.unwrap_or_default()).map_err(broken)?,
        uploaded_at: Moment::instant(micros).map_err(broken)?,
        metadata: metadata.map(|(name, value)| (name.to_lowercase(), value.clone())).collect(),
    })
}
