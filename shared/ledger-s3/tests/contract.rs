//! The contract of the books with the vault in a bucket, kept on the local stack.

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use dynamodb::testing;
use ledger::testing::books_contract;
use ledger_dynamodb::{DynamoDbBooks, Vault};
use ledger_s3::S3Vault;

#[tokio::test]
async fn the_contract_is_kept() {
    let Some(config) = testing::stack().await else { return };
    let (dynamodb, s3) = (dynamodb::Client::new(&config), imports_s3::client(&config));
    let name = testing::unique("ledger-vault");
    testing::create_table(&dynamodb, &name, &[]).await;
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1);
    s3.create_bucket().bucket(&name).create_bucket_configuration(place.build()).send().await.unwrap();
    let vault = S3Vault::new(s3, &name);

    assert_eq!(vault.get("ab").await.unwrap(), None);
    for _ in 0..2 {
        vault.put("ab", b"once").await.unwrap();
    }
    assert_eq!(vault.get("ab").await.unwrap().as_deref(), Some(&b"once"[..]));

    let books = DynamoDbBooks::new(dynamodb, &name, vault);
    books_contract(&books, &"LARGE-1".parse().unwrap()).await;
}
