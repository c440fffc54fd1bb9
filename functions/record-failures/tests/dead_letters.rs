//! Dead letters as the queues hold them, and what they change in the tables.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use aws_lambda_events::sqs::SqsMessage;
use calendar::{Clock, Moment};
use imports::testing::{FakeImports, altered};
use imports::{Import, ImportId, Imports, State, Upload, object_version};
use mail::outbox::{Summaries, SummaryRequest};
use mail::testing::{FakeSummaries, ready};
use mail::{MailState, SummaryKey};
use record_failures::{DeadLetter, RecordFailures, RecordFailuresError};

const BATCH: &str = include_str!("../../../events/post-batch.v1.json");
const SUMMARY: &str = include_str!("../../../events/summary-requested.v1.json");
const UPLOAD: &str = include_str!("../../../events/s3-object-created.json");
const KEY: &str = "imports/accounts/4711/july 2026.csv";
const VERSION: &str = "096fKKXTRTtl3on89fVO.nfljtsv6qko";

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Moment {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }
}

type Recorder = RecordFailures<FakeImports, FakeSummaries, Noon>;

fn recorder() -> Recorder {
    RecordFailures { imports: FakeImports::default(), summaries: FakeSummaries::default(), clock: Noon }
}

fn record(recorder: &Recorder, body: &str) -> Result<(), RecordFailuresError> {
    let mut message = SqsMessage::default();
    message.body = Some(body.to_owned());
    ready(recorder.handle(DeadLetter::read(&message)?))
}

/// As `split-import` records an import, of an object as the bucket describes it.
fn import(key: &str, version: &str, state: State) -> Import {
    let received = Import::received(&Upload {
        key: key.to_owned(),
        version: version.to_owned(),
        size_bytes: 83,
        uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        metadata: BTreeMap::new(),
    });
    altered(&received, |it| it.state = state)
}

fn find(recorder: &Recorder, id: ImportId) -> Option<Import> {
    ready(recorder.imports.find(id)).unwrap()
}

/// The reason for which an import has failed.
fn reason(recorder: &Recorder, id: ImportId) -> String {
    let state = find(recorder, id).unwrap().state.clone();
    let State::Failed { reason } = state else { return format!("not failed: {state:?}") };
    reason
}

#[test]
fn an_upload_that_was_never_split_is_an_import_that_has_failed() {
    let recorder = recorder();
    for _ in 0..2 {
        record(&recorder, UPLOAD).unwrap();
        let reason = reason(&recorder, ImportId::of(KEY, VERSION));
        assert!(reason.contains("to split the file failed") && reason.contains("millrace imports retry"), "{reason}");
    }
    let import = find(&recorder, ImportId::of(KEY, VERSION)).unwrap();
    assert_eq!((import.key.as_str(), import.object_version.as_str(), import.size_bytes), (KEY, VERSION, 83));
    assert_eq!(import.received_at.to_string(), "2026-11-21T10:00:00Z");
}

#[test]
fn an_uploads_letter_is_about_the_import_that_split_import_has_recorded() {
    let without = |version: &str| UPLOAD.replace(&format!("\"versionId\": \"{VERSION}\""), version);
    let e_tag = "0123456789abcdef0123456789abcdef";
    // What the bucket answers to HEAD, and what it writes into its event for the same object.
    for (described, event) in [
        (object_version(Some(VERSION), Some("\"x\"")), UPLOAD.to_owned()),
        (object_version(None, Some(&format!("\"{e_tag}\""))), without("\"x\": 1")),
        (object_version(Some("null"), Some(&format!("\"{e_tag}\""))), without("\"versionId\": \"null\"")),
        (object_version(None, Some(&format!("\"{e_tag}\""))), without("\"versionId\": \"\"")),
        // The sweeper sends the version as it is recorded.
        (Some(format!("etag:{e_tag}")), without(&format!("\"versionId\": \"etag:{e_tag}\""))),
    ] {
        let recorder = recorder();
        let described = import(KEY, &described.unwrap(), State::Splitting);
        ready(recorder.imports.receive(&described)).unwrap();
        record(&recorder, &event).unwrap();
        reason(&recorder, described.id);
    }
}

#[test]
fn a_batch_that_was_given_up_fails_its_import() {
    let recorder = recorder();
    let id: ImportId = "8f14e45fceea167a5a36dedd4bea2543".parse().unwrap();
    record(&recorder, BATCH).unwrap();
    assert_eq!(find(&recorder, id), None, "of an import that is gone there is nothing to record");
    ready(recorder.imports.receive(&altered(&import(KEY, VERSION, State::Posting), |it| it.id = id))).unwrap();
    record(&recorder, BATCH).unwrap();
    assert!(reason(&recorder, id).starts_with("batch 2 of 9 "));
}

#[test]
fn a_final_import_stays_as_it_ended() {
    let id: ImportId = "8f14e45fceea167a5a36dedd4bea2543".parse().unwrap();
    let because = |reason: &str| reason.to_owned();
    for state in [
        State::Done,
        State::Refused { reason: because("an unknown header") },
        State::Failed { reason: because("the first reason") },
    ] {
        for (dead_letter, id) in [(BATCH, id), (UPLOAD, ImportId::of(KEY, VERSION))] {
            let recorder = recorder();
            let ended = altered(&import(KEY, VERSION, state.clone()), |it| it.id = id);
            let ended = ready(recorder.imports.receive(&ended)).unwrap();
            record(&recorder, dead_letter).unwrap();
            assert_eq!(find(&recorder, id), Some(ended));
        }
    }
}

#[test]
fn a_summary_that_was_given_up_has_failed() {
    let recorder = recorder();
    let request: SummaryRequest = serde_json::from_str(SUMMARY).unwrap();
    record(&recorder, SUMMARY).unwrap();
    let load = |key: &SummaryKey| ready(recorder.summaries.load(key)).unwrap();
    assert_eq!(load(&request.key()), None, "it was never wanted");
    ready(recorder.summaries.want(&request.import, std::slice::from_ref(&request.account), Noon.now())).unwrap();
    record(&recorder, SUMMARY).unwrap();
    let failed = load(&request.key()).unwrap();
    assert!(matches!(failed.0.state, MailState::Failed { .. }), "{failed:?}");
    record(&recorder, SUMMARY).unwrap();
    assert_eq!(load(&request.key()), Some(failed), "once");
}

#[test]
fn a_letter_that_cannot_be_read_stays_in_its_queue() {
    let recorder = recorder();
    let no_version = UPLOAD.replace("\"versionId\"", "\"x\"").replace("\"eTag\"", "\"y\"");
    for body in ["", "{}", "no json", r#"{"v":1,"import":"xyz"}"#, &no_version, &BATCH.replace("\"of\"", "\"off\"")] {
        assert!(record(&recorder, body).is_err(), "{body}");
    }
}
