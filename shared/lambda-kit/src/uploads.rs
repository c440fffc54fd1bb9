//! What S3 says of uploaded objects, through SQS.

use aws_lambda_events::s3::S3Event;
use aws_lambda_events::sqs::SqsMessage;
use calendar::Moment;
use percent_encoding::percent_decode_str;

use crate::batch::{MessageError, read};

/// An object that was uploaded, as the event tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadedObject {
    /// Its key, decoded.
    pub key: String,
    /// Its version, if the bucket has versioning.
    pub version: Option<String>,
    /// Its entity tag.
    pub etag: Option<String>,
    /// Its size.
    pub size_bytes: u64,
    /// When it was uploaded; none where the event does not say so.
    pub uploaded_at: Option<Moment>,
}

/// The objects of a message; none for the test event that S3 sends when notifications are set up.
pub fn objects(message: &SqsMessage) -> Result<Vec<UploadedObject>, MessageError> {
    let json: serde_json::Value = read(message)?;
    if json.get("Event").is_some_and(|it| it == "s3:TestEvent") {
        return Ok(Vec::new());
    }
    let event: S3Event = read(message)?;
    Ok(event.records.into_iter().filter_map(object).collect())
}

fn object(record: aws_lambda_events::s3::S3EventRecord) -> Option<UploadedObject> {
    let object = record.s3.object;
    let micros = record.event_time.timestamp_micros();
    Some(UploadedObject {
        key: decoded(&object.key?),
        version: object.version_id.filter(|it| !it.is_empty() && it != "null"),
        etag: object.e_tag,
        size_bytes: object.size.and_then(|it| u64::try_from(it).ok()).unwrap_or(0),
        uploaded_at: Moment::instant(micros).ok().filter(|_| micros != 0),
    })
}

/// A key as it is: in events S3 writes it as in a form, `+` for a space and `%2B` for a plus.
fn decoded(key: &str) -> String {
    let key = key.replace('+', " ");
    percent_decode_str(&key).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_decoded_once() {
        assert_eq!(decoded("imports/a+b%2Bc%C3%A4.csv"), "imports/a b+cä.csv");
        assert_eq!(decoded("imports/a%2520b.csv"), "imports/a%20b.csv");
    }

    fn message(body: &str) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.body = Some(body.to_owned());
        message
    }

    #[test]
    fn the_key_of_an_upload_is_decoded() {
        let body = include_str!("../../../events/s3-object-created.json");
        let [object] = objects(&message(body)).unwrap().try_into().unwrap();
        assert_eq!(object.key, "imports/accounts/4711/july 2026.csv");
        assert_eq!(object.version.as_deref(), Some("096fKKXTRTtl3on89fVO.nfljtsv6qko"));
        assert_eq!(object.uploaded_at.unwrap().to_string(), "2026-11-21T10:00:00Z");
    }

    #[test]
    fn the_test_event_contains_no_upload() {
        let body = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#;
        assert_eq!(objects(&message(body)).unwrap(), []);
        assert!(objects(&message("no json")).is_err());
    }
}
