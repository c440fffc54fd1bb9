use aws_sdk_sqs::Client;
use imports::{PortError, SplitFile, UploadQueue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::send::{failed, send_all};

/// What S3 leaves as it is in the key of an event.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// The queue of uploads, with messages as S3 sends them.
#[derive(Clone, Debug)]
pub struct SqsUploadQueue {
    client: Client,
    queue_url: String,
    bucket: String,
}

impl SqsUploadQueue {
    /// The queue at this URL, for objects of this bucket.
    pub fn new(client: Client, queue_url: impl Into<String>, bucket: impl Into<String>) -> Self {
        Self { client, queue_url: queue_url.into(), bucket: bucket.into() }
    }
}

impl UploadQueue for SqsUploadQueue {
    async fn send(&self, request: &SplitFile) -> Result<(), PortError> {
        send_all(&self.client, &self.queue_url, vec![event(&self.bucket, request)]).await.map_err(failed)
    }
}

/// The event S3 sends when an object is created, as far as anyone here reads it.
fn event(bucket: &str, request: &SplitFile) -> String {
    let mut object = serde_json::json!({ "key": utf8_percent_encode(&request.key, KEPT).to_string() });
    if let (Some(version), Some(object)) = (&request.version, object.as_object_mut()) {
        object.insert("versionId".to_owned(), version.as_str().into());
    }
    let record = serde_json::json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventTime": "1970-01-01T00:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "s3": { "s3SchemaVersion": "1.0", "bucket": { "name": bucket }, "object": object },
    });
    serde_json::json!({ "Records": [record] }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_has_its_key_encoded() {
        let request = SplitFile { key: "imports/accounts/1/july 2026+ä.csv".to_owned(), version: Some("v".to_owned()) };
        let event: serde_json::Value = serde_json::from_str(&event("b", &request)).unwrap();
        let object = &event["Records"][0]["s3"]["object"];
        assert_eq!(object["key"], "imports/accounts/1/july%202026%2B%C3%A4.csv");
        assert_eq!(object["versionId"], "v");
    }
}
