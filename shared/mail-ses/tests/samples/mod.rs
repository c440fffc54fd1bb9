//! A mail to send.
#![allow(clippy::unwrap_used, reason = "examples for tests")]

use mail::{EmailAddress, Envelope, Mail, Reference, Summary, render};

pub(crate) fn mail() -> Mail {
    let account: banking::AccountNumber = "DE89370400440532013000".parse().unwrap();
    let envelope = Envelope {
        from: EmailAddress::parse("books@example.com").unwrap(),
        to: EmailAddress::parse("ada@example.com").unwrap(),
        reference: Reference::of_summary(&account, "import"),
        sent_on: "2026-08-14T10:00:00Z".parse().unwrap(),
        contact: None,
        unsubscribe_url: None,
    };
    let as_of = "2026-08-13".parse().unwrap();
    let summary = Summary { holder: Some("Ada".to_owned()), account, as_of, last_entry: None, currencies: vec![] };
    render(&summary, &envelope).unwrap()
}
