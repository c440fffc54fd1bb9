//! The events that Lambda delivers, one for each function, are read by the function they are for.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use feeds::PollFeed;
use imports::PostBatch;
use lambda_kit::{batch, uploads};
use mail::events::Feedback;
use mail::outbox::SummaryRequest;
use record_failures::DeadLetter;

fn envelope(function: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../events/aws/{function}.json"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn messages(function: &str) -> Vec<SqsMessage> {
    let event: SqsEvent = serde_json::from_str(&envelope(function)).unwrap();
    assert!(event.records.iter().all(|it| it.message_id.is_some() && it.event_source.as_deref() == Some("aws:sqs")));
    event.records
}

#[test]
fn each_queue_s_consumer_reads_its_message() {
    let [upload] = messages("split-import").try_into().unwrap();
    assert_eq!(uploads::objects(&upload).unwrap()[0].key, "imports/accounts/4711/july 2026.csv");
    let [batch] = messages("post-entries").try_into().unwrap();
    assert_eq!(batch::read::<PostBatch>(&batch).unwrap().of, 9);
    let [summary] = messages("mail-summary").try_into().unwrap();
    assert!(batch::read::<SummaryRequest>(&summary).is_ok());
    let [poll] = messages("poll-feed").try_into().unwrap();
    assert_eq!(batch::read::<PollFeed>(&poll).unwrap().feed, None);
    let reports = messages("record-mail-events");
    let reports = reports.iter().map(|it| mail_ses::read_event(it.body.as_deref().unwrap()).unwrap().unwrap().feedback);
    assert_eq!(reports.collect::<Vec<_>>(), [Feedback::HardBounce, Feedback::Complaint]);
    let letters: Vec<DeadLetter> = messages("record-failures").iter().map(|it| DeadLetter::read(it).unwrap()).collect();
    assert!(matches!(letters.as_slice(), [DeadLetter::Batch(_), DeadLetter::Summary(_)]), "{letters:?}");
}

#[test]
fn the_schedule_s_input_is_what_the_template_says() {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml");
    let event: serde_json::Value = serde_json::from_str(&envelope("sweep-imports")).unwrap();
    assert!(std::fs::read_to_string(template).unwrap().contains(&format!("Input: '{event}'")));
}

#[test]
fn the_functions_behind_the_api_read_requests() {
    for (function, path) in [
        ("serve-customers", "/accounts"),
        ("sandbox-feed", "/sandbox/sepa"),
        ("sandbox-processor", "/sandbox/processor/clock"),
    ] {
        let request = lambda_http::request::from_str(&envelope(function)).unwrap();
        assert_eq!(request.uri().path(), path);
    }
}

#[test]
fn each_function_has_its_envelope() {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    for entry in std::fs::read_dir(functions).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let _: serde_json::Value = serde_json::from_str(&envelope(&name)).unwrap();
    }
}
