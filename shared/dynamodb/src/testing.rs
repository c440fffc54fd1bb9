//! Temporary tables for contract tests on the stack at `MILLRACE_ENDPOINT`, and services with scripted responses.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub use aws_config::SdkConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use backoff::random;

use crate::Table;

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

/// An AWS service with scripted responses, which repeats the last one; status 0 closes the connection instead.
#[derive(Clone, Debug)]
pub struct ScriptedServer {
    endpoint: String,
    calls: Arc<Mutex<Vec<String>>>,
}

#[allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "for tests")]
impl ScriptedServer {
    /// A server with these responses, each a status and a body.
    pub fn new(script: &[(u16, &str)]) -> Self {
        let script: Vec<_> = script.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&calls);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut seen = seen.lock().unwrap();
                let (status, body) = script.get(seen.len()).or(script.last()).unwrap();
                seen.push(request_body(&stream));
                if *status == 0 {
                    continue;
                }
                let head = "Content-Type: application/x-amz-json-1.0\r\nConnection: close";
                let length = body.len();
                write!(stream, "HTTP/1.1 {status} x\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
            }
        });
        Self { endpoint, calls }
    }

    /// The configuration for its clients.
    pub fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("test", "test", None, None, "testing");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build()
    }

    /// The bodies of the requests.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

#[allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "for tests")]
fn request_body(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            return String::from_utf8(body).unwrap();
        }
    }
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
#[allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "for tests")]
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
    let names: BTreeSet<&str> = ["pk", "sk"].into_iter().chain(of_indexes).collect();
    let attributes = names.into_iter().map(attribute).collect();
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
