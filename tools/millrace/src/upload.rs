//! Uploads a file, in parts if it is large.

use std::fs::File;
use std::io::Read as _;

use ::imports::{Files, ImportId};
use anyhow::{Context as _, Result};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use crate::pending_upload::PendingUpload;
use crate::progress_bar::ProgressBar;

/// The size of a part; S3 requires at least 5 MiB for each part except the last.
const PART_BYTES: u64 = 8 * 1024 * 1024;

/// The bucket for uploads.
pub(crate) struct Bucket<F> {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) files: F,
}

impl<F: Files> Bucket<F> {
    /// Uploads a file and returns the id of its import.
    pub(crate) async fn take(&self, pending_upload: &PendingUpload) -> Result<ImportId> {
        let progress_bar = ProgressBar::bytes(&file_name(pending_upload), pending_upload.size_bytes);
        let file =
            File::open(&pending_upload.path).with_context(|| format!("opening {}", pending_upload.path.display()))?;
        let version = if pending_upload.size_bytes > PART_BYTES {
            self.in_parts(pending_upload, file, &progress_bar).await
        } else {
            self.at_once(pending_upload, file).await
        };
        let version = version.with_context(|| format!("uploading {}", pending_upload.path.display()))?;
        let id = if let Some(version) = version {
            ImportId::of(&pending_upload.key, &version)
        } else {
            // A bucket without versioning: the import gets its id from the object's description.
            let upload = self.files.describe(&pending_upload.key, None).await?;
            upload.context("the uploaded object no longer exists")?.id()
        };
        progress_bar.done("uploaded");
        Ok(id)
    }

    async fn at_once(&self, pending_upload: &PendingUpload, mut file: File) -> Result<Option<String>> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let request = self.client.put_object().bucket(&self.name).key(&pending_upload.key);
        let request = request.set_metadata(Some(pending_upload.metadata.clone().into_iter().collect()));
        let answer = request.body(ByteStream::from(bytes)).send().await?;
        Ok(answer.version_id)
    }

    async fn in_parts(
        &self,
        pending_upload: &PendingUpload,
        file: File,
        progress_bar: &ProgressBar,
    ) -> Result<Option<String>> {
        let request = self.client.create_multipart_upload().bucket(&self.name).key(&pending_upload.key);
        let request = request.set_metadata(Some(pending_upload.metadata.clone().into_iter().collect()));
        let upload = request.send().await?.upload_id.context("S3 gave the upload no id")?;
        let whole = async {
            let parts = self.parts(pending_upload, &upload, file, progress_bar).await?;
            let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
            let request = self.client.complete_multipart_upload().bucket(&self.name).key(&pending_upload.key);
            let answer = request.upload_id(&upload).multipart_upload(parts).send().await?;
            Ok(answer.version_id)
        };
        let version = whole.await;
        if version.is_err() {
            // Remaining parts cost money; if the abort fails, too, the first error is more useful.
            let request = self.client.abort_multipart_upload().bucket(&self.name).key(&pending_upload.key);
            let _ = request.upload_id(&upload).send().await;
        }
        version
    }

    async fn parts(
        &self,
        pending_upload: &PendingUpload,
        upload: &str,
        mut file: File,
        progress_bar: &ProgressBar,
    ) -> Result<Vec<CompletedPart>> {
        let mut parts = Vec::new();
        let mut sent_bytes = 0_u64;
        for number in 1_i32.. {
            let mut bytes = Vec::new();
            file.by_ref().take(PART_BYTES).read_to_end(&mut bytes)?;
            if bytes.is_empty() {
                break;
            }
            sent_bytes = sent_bytes.saturating_add(u64::try_from(bytes.len())?);
            let request = self.client.upload_part().bucket(&self.name).key(&pending_upload.key);
            let request = request.upload_id(upload).part_number(number);
            let answer = request.body(ByteStream::from(bytes)).send().await?;
            let part = CompletedPart::builder().part_number(number).set_e_tag(answer.e_tag);
            let part = part.set_checksum_crc32(answer.checksum_crc32);
            parts.push(part.build());
            progress_bar.reached(sent_bytes, pending_upload.size_bytes);
        }
        Ok(parts)
    }
}

/// The name of the uploaded file.
pub(crate) fn file_name(pending_upload: &PendingUpload) -> String {
    pending_upload.key.rsplit('/').next().unwrap_or_default().to_owned()
}
