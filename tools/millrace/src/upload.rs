//! Uploading a file: at once, or in parts where it is large.

use std::fs::File;
use std::io::Read as _;

use ::imports::{Files, ImportId};
use anyhow::{Context as _, Result};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use crate::meter::Meter;
use crate::parcel::Parcel;

/// What one request carries; S3 wants at least 5 MiB in each part but the last.
const PART_BYTES: u64 = 8 * 1024 * 1024;

/// The bucket, as uploads need it.
pub(crate) struct Bucket<F> {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) files: F,
}

impl<F: Files> Bucket<F> {
    /// Uploads a file and tells which import it is.
    pub(crate) async fn take(&self, parcel: &Parcel) -> Result<ImportId> {
        let meter = Meter::bytes(&file_name(parcel), parcel.size_bytes);
        let file = File::open(&parcel.path).with_context(|| format!("opening {}", parcel.path.display()))?;
        let version = if parcel.size_bytes > PART_BYTES {
            self.in_parts(parcel, file, &meter).await
        } else {
            self.at_once(parcel, file).await
        };
        let version = version.with_context(|| format!("uploading {}", parcel.path.display()))?;
        let id = if let Some(version) = version {
            ImportId::of(&parcel.key, &version)
        } else {
            // A bucket that keeps no versions: the import names what it sees there.
            let upload = self.files.describe(&parcel.key, None).await?;
            upload.context("the upload is gone already")?.id()
        };
        meter.done("uploaded");
        Ok(id)
    }

    async fn at_once(&self, parcel: &Parcel, mut file: File) -> Result<Option<String>> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let request = self.client.put_object().bucket(&self.name).key(&parcel.key);
        let request = request.set_metadata(Some(parcel.metadata.clone().into_iter().collect()));
        let answer = request.body(ByteStream::from(bytes)).send().await?;
        Ok(answer.version_id)
    }

    async fn in_parts(&self, parcel: &Parcel, file: File, meter: &Meter) -> Result<Option<String>> {
        let request = self.client.create_multipart_upload().bucket(&self.name).key(&parcel.key);
        let request = request.set_metadata(Some(parcel.metadata.clone().into_iter().collect()));
        let upload = request.send().await?.upload_id.context("S3 gave the upload no id")?;
        let whole = async {
            let parts = self.parts(parcel, &upload, file, meter).await?;
            let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
            let request = self.client.complete_multipart_upload().bucket(&self.name).key(&parcel.key);
            let answer = request.upload_id(&upload).multipart_upload(parts).send().await?;
            Ok(answer.version_id)
        };
        let version = whole.await;
        if version.is_err() {
            // Parts that are left cost money; that this fails too would say nothing new.
            let request = self.client.abort_multipart_upload().bucket(&self.name).key(&parcel.key);
            let _ = request.upload_id(&upload).send().await;
        }
        version
    }

    async fn parts(&self, parcel: &Parcel, upload: &str, mut file: File, meter: &Meter) -> Result<Vec<CompletedPart>> {
        let mut parts = Vec::new();
        let mut sent_bytes = 0_u64;
        for number in 1_i32.. {
            let mut bytes = Vec::new();
            file.by_ref().take(PART_BYTES).read_to_end(&mut bytes)?;
            if bytes.is_empty() {
                break;
            }
            sent_bytes = sent_bytes.saturating_add(u64::try_from(bytes.len())?);
            let request = self.client.upload_part().bucket(&self.name).key(&parcel.key);
            let request = request.upload_id(upload).part_number(number);
            let answer = request.body(ByteStream::from(bytes)).send().await?;
            let part = CompletedPart::builder().part_number(number).set_e_tag(answer.e_tag);
            let part = part.set_checksum_crc32(answer.checksum_crc32);
            parts.push(part.build());
            meter.reached(sent_bytes, parcel.size_bytes);
        }
        Ok(parts)
    }
}

/// The file's name, as its sender knows it.
pub(crate) fn file_name(parcel: &Parcel) -> String {
    parcel.key.rsplit('/').next().unwrap_or_default().to_owned()
}
