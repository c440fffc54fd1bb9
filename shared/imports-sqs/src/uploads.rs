use aws_sdk_sqs::Client;
use imports::{PortError, SplitFile, UploadQueue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use sqs::Queue;

use crate::failed;

/// The characters that S3 does not encode in the key of an event.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// The queue of uploads, with messages in the format of S3.
#[derive(Clone, Debug)]
pub struct SqsUploadQueue {
    queue: Queue,
    bucket: String,
}

impl SqsUploadQueue {
    /// The queue at this URL, for objects of this bucket.
    pub fn new(client: Client, queue_url: impl Into<String>, bucket: impl Into<String>) -> Self {
        Self { queue: Queue::new(client, queue_url), bucket: bucket.into() }
    }
}

impl UploadQueue for SqsUploadQueue {
    async fn send(&self, request: &SplitFile) -> Result<(), PortError> {
        self.queue.send(&[event(&self.bucket, request)]).await.map_err(failed)
    }
}

/// The part of S3's event for a created object that the functions read.
fn event(bucket: &str, request: &SplitFile) -> Value {
    let mut object = serde_json::json!({ "key": utf8_percent_encode(&request.key, KEPT).to_string() });
    if let (Some(version), Some(object)) = (&request.version, object.as_object_mut()) {
        object.insert("versionId".to_owned(), version.as_str().into());
    }
    let record = serde_json::json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventTime": "1970-01-01T00:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {},
        "requestParameters": {},
        "s3": { "s3SchemaVersion": "1.0", "bucket": { "name": bucket }, "object": object },
    });
    serde_json::json!({ "Records": [record] })
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::sqs::SqsMessage;

    use super::*;

    fn check(key: &str, version: Option<&str>, encoded: &str) {
        let request = SplitFile { key: key.to_owned(), version: version.map(str::to_owned) };
        let mut message = SqsMessage::default();
        message.body = Some(event("b", &request).to_string());
        assert!(message.body.as_ref().unwrap().contains(encoded), "{encoded}");
        let [object] = lambda_kit::uploads::objects(&message).unwrap().try_into().unwrap();
        assert_eq!((object.key, object.version, object.uploaded_at), (request.key, request.version, None));
    }

    #[test]
    fn the_event_is_read_as_one_of_s3s() {
        check("imports/accounts/1/july 2026+ä.csv", Some("v"), "accounts/1/july%202026%2B%C3%A4.csv");
        check("imports/a%20b.csv", None, "imports/a%2520b.csv");
    }
}
