//! Temporary tables for contract tests on the stack at `MILLRACE_ENDPOINT`.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};

use crate::Table;
use crate::backoff::random;

/// The configuration of the local stack; without a stack, prints a note and returns `None`.
#[allow(clippy::disallowed_methods, clippy::print_stderr, reason = "tests without a stack are skipped with a note")]
pub async fn stack() -> Option<SdkConfig> {
    let Ok(endpoint) = std::env::var("MILLRACE_ENDPOINT") else {
        eprintln!("skipped: MILLRACE_ENDPOINT is not set");
        return None;
    };
    let config = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "testing"));
    Some(config.load().await)
}

/// A unique name: `prefix` and a random number.
pub fn unique(prefix: &str) -> String {
    format!("{prefix}-{:016x}", random())
}

/// Creates a table with `pk` and `sk` and with indexes, each with a name, a hash key and a range key, all of type
/// string.
///
/// # Panics
///
/// If the stack does not create it.
#[allow(clippy::unwrap_used, reason = "for tests")]
pub async fn create_table(client: &Client, name: &str, indexes: &[(&str, &str, &str)]) -> Table {
    let schema = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let keys = |hash: &str, range: &str| Some(vec![schema(hash, KeyType::Hash), schema(range, KeyType::Range)]);
    let attribute = |name: &str| {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        attribute.attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let index = |(name, hash, range): &(&str, &str, &str)| {
        GlobalSecondaryIndex::builder()
            .index_name(*name)
            .set_key_schema(keys(hash, range))
            .projection(Projection::builder().projection_type(ProjectionType::All).build())
            .build()
            .unwrap()
    };
    let of_indexes = indexes.iter().flat_map(|(_, hash, range)| [*hash, *range]);
    let attributes = ["pk", "sk"].into_iter().chain(of_indexes).map(attribute).collect();
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(keys("pk", "sk"))
        .set_attribute_definitions(Some(attributes))
        .set_global_secondary_indexes((!indexes.is_empty()).then(|| indexes.iter().map(index).collect()))
        .send()
        .await
        .unwrap();
    Table::new(client.clone(), name)
}
