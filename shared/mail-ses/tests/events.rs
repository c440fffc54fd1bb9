//! Events as SES publishes them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mail::events::{Feedback, MailEvent};
use mail_ses::read_event;

const BOUNCE: &str = include_str!("../../../events/ses-bounce.json");
const COMPLAINT: &str = include_str!("../../../events/ses-complaint.json");

fn read(json: &str) -> Option<MailEvent> {
    read_event(json).unwrap()
}

#[test]
fn a_report_names_the_summary_and_the_receiver() {
    for (json, feedback) in [
        (BOUNCE.to_owned(), Feedback::HardBounce),
        (BOUNCE.replace("Permanent", "Transient"), Feedback::SoftBounce),
        (BOUNCE.replace("Permanent", "Undetermined"), Feedback::SoftBounce),
        (COMPLAINT.to_owned(), Feedback::Complaint),
    ] {
        let event = read(&json).unwrap();
        assert_eq!(event.feedback, feedback);
        assert_eq!(event.key.import, "8f14e45fceea167a5a36dedd4bea2543");
        assert_eq!(event.key.account.as_str(), "DE89370400440532013000");
        assert_eq!((event.provider_id.as_str(), event.sent_at), ("010201", "2026-08-14T10:00:00Z".parse().unwrap()));
        let recipients: Vec<&str> = event.recipients.iter().map(mail::EmailAddress::as_str).collect();
        assert_eq!(recipients, ["ada@example.com"]);
    }
    let rejected = BOUNCE.replace("\"Bounce\"", "\"Reject\"").replace("\"bounce\":", "\"reject\":");
    assert_eq!(read(&rejected).map(|it| it.feedback), Some(Feedback::Rejected));
}

#[test]
fn what_changes_nothing_is_left_out_and_what_is_no_event_is_an_error_that_quotes_nothing() {
    assert_eq!(read(&BOUNCE.replace("\"Bounce\"", "\"Delivery\"")), None);
    assert_eq!(read(&BOUNCE.replace("\"import\"", "\"other\"")), None, "a mail of somebody else");
    let validated = "Successfully validated SNS topic for Amazon SES event publishing.";
    assert_eq!(read(validated), None, "SES says so when the topic is set");
    for wrong in
        ["", "{}", "ada@example.com", &BOUNCE.replace("DE893", "ada@example.com"), &BOUNCE.replace("2026", "x")]
    {
        let error = read_event(wrong).unwrap_err();
        assert!(!error.to_string().contains("ada"), "{error}");
    }
}
