//! Tests the contract of the files on the local stack.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions, reason = "a test fails by panicking")]

use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, VersioningConfiguration,
};
use dynamodb::testing;
use imports::testing::files_contract;
use imports::{Downloads, Files};
use imports_s3::S3Files;

#[tokio::test]
async fn the_contract_is_kept_in_a_bucket_with_versions() {
    let Some((client, files)) = files(true).await else { return };
    files_contract(&*files, "imports/sepa/july é+1.csv").await;

    let (key, metadata) = ("imports/versions.csv", [("Account", "4711"), ("profile", "berka")]);
    for body in ["one", "two!"] {
        let request = client.put_object().bucket(&files.1).key(key).body(body.as_bytes().to_vec().into());
        let request = metadata.iter().fold(request, |request, (name, value)| request.metadata(*name, *value));
        request.send().await.unwrap();
    }
    let latest = files.describe(key, None).await.unwrap().unwrap();
    assert_eq!(latest.size_bytes, 4);
    assert_eq!(latest.metadata["account"], "4711");
    assert!(latest.uploaded_at.is_instant());
    let same = files.describe(key, Some(&latest.version)).await.unwrap().unwrap();
    assert_eq!(same, latest);

    client.put_object().bucket(&files.1).key(key).body(b"three".to_vec().into()).send().await.unwrap();
    let bytes = files.read(key, Some(&latest.version), 0..99).await.unwrap();
    assert_eq!(bytes.as_deref(), Some(&b"two!"[..]), "the requested version");
    client.delete_object().bucket(&files.1).key(key).send().await.unwrap();
    assert_eq!(files.describe(key, None).await.unwrap(), None, "deleted");
    assert_eq!(files.read(key, None, 0..1).await.unwrap(), None);
    assert!(files.read(key, Some(&latest.version), 0..1).await.unwrap().is_some(), "a version stays");
}

#[tokio::test]
async fn the_contract_is_kept_in_a_bucket_without_versions() {
    let Some((_, files)) = files(false).await else { return };
    files_contract(&*files, "work/1/entries.bin").await;

    files.write("work/2", b"one".to_vec(), "text/csv").await.unwrap();
    let old = files.describe("work/2", None).await.unwrap().unwrap();
    assert_eq!(files.read("work/2", Some(&old.version), 1..2).await.unwrap().as_deref(), Some(&b"n"[..]));
    files.write("work/2", b"two".to_vec(), "text/csv").await.unwrap();
    assert_eq!(files.describe("work/2", Some(&old.version)).await.unwrap(), None);
    assert_eq!(files.read("work/2", Some(&old.version), 0..9).await.unwrap(), None);
}

#[tokio::test]
async fn large_objects_are_read_in_parts() {
    let Some((_, files)) = files(true).await else { return };
    let bytes: Vec<u8> = (0..20_000_000_u32).map(|at| (at % 251) as u8).collect();
    files.write("large", bytes.clone(), "application/octet-stream").await.unwrap();
    for range in [0..u64::MAX, 0..20_000_000, 3..8_388_611, 8_388_607..16_777_217, 19_999_999..20_000_005] {
        let read = files.read("large", None, range.clone()).await.unwrap().unwrap();
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        assert!(read == bytes[place(range.start)..place(range.end)], "{range:?}");
    }
    assert_eq!(files.read("large", None, 20_000_000..20_000_001).await.unwrap(), Some(vec![]));
    assert_eq!(files.read("large", None, 5..5).await.unwrap(), Some(vec![]));
}

#[tokio::test]
async fn a_link_is_signed_and_short_lived() {
    let Some((_, files)) = files(true).await else { return };
    let link = files.link("rejects/1.csv", "rejects july.csv").await.unwrap();
    assert!(link.contains("X-Amz-Expires=60") && link.contains("X-Amz-Signature="));
    assert!(link.contains("attachment%3B%20filename%3D%22rejects_july.csv%22"), "{link}");
}

struct Bucket(S3Files, String);

impl std::ops::Deref for Bucket {
    type Target = S3Files;

    fn deref(&self) -> &S3Files {
        &self.0
    }
}

async fn files(versions: bool) -> Option<(aws_sdk_s3::Client, Bucket)> {
    let client = imports_s3::client(&testing::stack().await?);
    let name = testing::unique("files");
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1);
    let request = client.create_bucket().bucket(&name).create_bucket_configuration(place.build());
    request.send().await.unwrap();
    if versions {
        let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let request = client.put_bucket_versioning().bucket(&name).versioning_configuration(enabled);
        request.send().await.unwrap();
    }
    Some((client.clone(), Bucket(S3Files::new(client, &name), name)))
}
