//! Tables, buckets and users: what cannot be made again.

use super::super::Finding;
use super::super::template::{Resource, Template};
use super::access::denies_plain_http;

const TABLE: &str = "AWS::DynamoDB::Table";
const BUCKET: &str = "AWS::S3::Bucket";

fn refuse<'a>(resources: impl Iterator<Item = Resource<'a>>, what: &str) -> Vec<Finding> {
    resources.map(|it| Finding::new(it.id, what)).collect()
}

pub(super) fn table_recovery(template: &Template) -> Vec<Finding> {
    let pointer = "/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled";
    refuse(template.of_type(TABLE).filter(|it| !it.is_true(pointer)), "cannot be recovered to a point in time")
}

/// By a parameter or always, but said.
pub(super) fn table_protection(template: &Template) -> Vec<Finding> {
    let open = template.of_type(TABLE).filter(|it| match it.property("/DeletionProtectionEnabled") {
        Some(value) => value.as_bool() == Some(false),
        None => true,
    });
    refuse(open, "is not protected from deletion")
}

pub(super) fn table_encryption(template: &Template) -> Vec<Finding> {
    refuse(template.of_type(TABLE).filter(|it| !it.is_true("/SSESpecification/SSEEnabled")), "is not encrypted")
}

/// What holds data outlives its stack.
pub(super) fn retained(template: &Template) -> Vec<Finding> {
    let lost = template.resources().filter(|it| {
        let holds_data = [TABLE, BUCKET, "AWS::Cognito::UserPool"].contains(&it.kind());
        let policy = |key: &str| it.body.get(key).and_then(serde_json::Value::as_str);
        // A first deployment that fails may delete what is empty and would be in the way of the next.
        let is_kept = matches!(policy("DeletionPolicy"), Some("Retain" | "RetainExceptOnCreate"));
        holds_data && !(is_kept && policy("UpdateReplacePolicy") == Some("Retain"))
    });
    refuse(lost, "is not retained when it is deleted or replaced")
}

pub(super) fn bucket_private(template: &Template) -> Vec<Finding> {
    let blocks = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
    let open = template
        .of_type(BUCKET)
        .filter(|it| !blocks.iter().all(|block| it.is_true(&format!("/PublicAccessBlockConfiguration/{block}"))));
    refuse(open, "does not block public access")
}

pub(super) fn bucket_encryption(template: &Template) -> Vec<Finding> {
    let pointer = "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/SSEAlgorithm";
    refuse(template.of_type(BUCKET).filter(|it| it.text(pointer).is_none()), "is not encrypted")
}

pub(super) fn bucket_versions(template: &Template) -> Vec<Finding> {
    let single = template.of_type(BUCKET).filter(|it| it.text("/VersioningConfiguration/Status") != Some("Enabled"));
    refuse(single, "keeps no versions")
}

pub(super) fn bucket_tls(template: &Template) -> Vec<Finding> {
    let open = template.of_type(BUCKET).filter(|bucket| {
        !template
            .of_type("AWS::S3::BucketPolicy")
            .any(|policy| policy.target("/Bucket") == Some(bucket.id) && denies_plain_http(&policy))
    });
    refuse(open, "has no policy that refuses plain HTTP")
}
