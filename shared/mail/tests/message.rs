//! The message as it goes over the wire.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests; clippy.toml allows it only inside of #[test]"
)]

mod samples;

use mail::{EmailAddress, Envelope, Reference, Summary, render};
use proptest::prelude::*;
use samples::{envelope, four_rows};

/// The headers of the message, unfolded.
fn headers(mime: &[u8]) -> Vec<(String, String)> {
    let text = std::str::from_utf8(mime).expect("the message is ASCII");
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no header: {line:?}"));
        (name.to_owned(), value.to_owned())
    };
    head.split("\r\n").map(header).collect()
}

fn names(mime: &[u8]) -> Vec<String> {
    headers(mime).into_iter().map(|(name, _)| name).collect()
}

const NAMES: [&str; 8] =
    ["Date", "Message-ID", "From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"];

#[test]
fn headers_are_those_of_the_envelope() {
    let mail = render(&four_rows(), &envelope()).unwrap();
    let reference = envelope().reference;
    let expected = [
        ("Date", "Fri, 14 Aug 2026 06:30:00 +0000".to_owned()),
        ("Message-ID", format!("<{reference}@millrace.example>")),
        ("From", "\"Millrace\" <summaries@millrace.example>".to_owned()),
        ("To", "\"Ada Lovelace\" <ada@example.com>".to_owned()),
        ("Subject", "Account summary, 14 August 2026 (account ending 3000)".to_owned()),
        ("Auto-Submitted", "auto-generated".to_owned()),
    ];
    let headers = headers(&mail.mime);
    for (name, value) in expected {
        let found = headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.replace('"', ""));
        assert_eq!(found, Some(value.replace('"', "")), "{name}");
    }
}

#[test]
fn a_receiver_can_reply_and_can_opt_out_with_one_click() {
    let contact = EmailAddress::parse("help@millrace.example").unwrap();
    let url = "https://api.millrace.example/unsubscribe?token=651c189c-36be-5a08-9949-4bce766d64e4.00ff";
    let envelope = Envelope { contact: Some(contact), unsubscribe_url: Some(url.to_owned()), ..envelope() };
    let mail = render(&four_rows(), &envelope).unwrap();
    let headers = headers(&mail.mime);
    let value = |name: &str| headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
    assert_eq!(value("Reply-To"), Some("<help@millrace.example>"));
    assert_eq!(value("List-Unsubscribe"), Some(format!("<{url}>").as_str()), "RFC 2369");
    assert_eq!(value("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"), "RFC 8058");
    for part in [&mail.text, &mail.html] {
        assert!(part.contains("help@millrace.example") && part.contains(url), "{part}");
    }
    assert_eq!(render(&four_rows(), &samples::envelope()).unwrap().text.matches("Unsubscribe").count(), 0);
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    let mail = render(&four_rows(), &envelope()).unwrap();
    assert_eq!(render(&four_rows(), &envelope()).unwrap(), mail);
    let other = Envelope { reference: Reference::parse("another").unwrap(), ..envelope() };
    assert_ne!(render(&four_rows(), &other).unwrap().mime, mail.mime);
}

#[test]
fn the_parts_are_text_and_html_with_its_images() {
    let mail = render(&four_rows(), &envelope()).unwrap();
    let mime = String::from_utf8(mail.mime).unwrap();
    let reference = envelope().reference;
    let mut rest = mime.as_str();
    for marker in [
        "Content-Type: multipart/alternative;".to_owned(),
        format!("\r\n--{reference}-alternative\r\n"),
        "Content-Type: text/plain; charset=\"utf-8\"".to_owned(),
        format!("\r\n--{reference}-alternative\r\n"),
        "Content-Type: multipart/related;".to_owned(),
        format!("\r\n--{reference}-related\r\n"),
        "Content-Type: text/html; charset=\"utf-8\"".to_owned(),
        format!("\r\n--{reference}-related\r\n"),
        "Content-Type: image/png".to_owned(),
        "Content-ID: <logo@millrace>".to_owned(),
        format!("\r\n--{reference}-related\r\n"),
        "Content-ID: <chart-eur@millrace>".to_owned(),
        format!("\r\n--{reference}-related--\r\n"),
        format!("\r\n--{reference}-alternative--\r\n"),
    ] {
        let (_, after) = rest.split_once(&marker).unwrap_or_else(|| panic!("{marker:?} is missing in order"));
        rest = after;
    }
    assert!(rest.trim().is_empty(), "nothing follows: {rest:?}");
    assert!(mime.lines().all(|line| line.len() <= 998), "RFC 5322, 2.1.1");
}

#[test]
fn hostile_names_add_no_header() {
    for name in [
        "Eve\r\nBcc: all@example.com",
        "Eve\nSubject: hello",
        "Eve\r\n\r\nbody",
        "\" <eve@example.com>, \"",
        "Eve <eve@example.com>,",
        "=?utf-8?B?RXZl?=",
        "Žofie \"Žofka\" Nováková; s.r.o.",
        "名前",
        "\u{0}\u{7}\u{1b}[0m",
        &"long ".repeat(500),
    ] {
        let summary = Summary { holder: Some(name.to_owned()), ..four_rows() };
        let mail = render(&summary, &envelope()).unwrap();
        assert_eq!(names(&mail.mime), NAMES, "{name:?}");
        let (_, to) = headers(&mail.mime).into_iter().find(|(name, _)| name == "To").unwrap();
        assert!(to.ends_with("<ada@example.com>"), "{to:?}");
        let outside: String = to.replace("\\\"", "").split('"').step_by(2).collect();
        assert_eq!(outside.matches('@').count(), 1, "one address outside of quotes: {to:?}");
    }
}

#[test]
fn what_the_register_takes_the_mailer_takes() {
    for text in
        ["ada@example.com", "a..b@example.com", ".a@example.com", "ada@exam_ple.com", "ada@-x.com", "ada@x.com\n"]
    {
        let taken = customers::EmailAddress::parse(text).is_ok();
        assert_eq!(taken, EmailAddress::parse(text).is_ok(), "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn no_name_and_no_account_breaks_the_message(
        name in proptest::option::of(".{0,120}"),
        breaks in "[\\r\\n\"<>@, a=?_]{0,12}",
        account in "[A-Z0-9._-]{1,40}",
    ) {
        let summary = Summary {
            holder: name.map(|name| name + &breaks),
            account: account.parse().unwrap(),
            ..four_rows()
        };
        let mail = render(&summary, &envelope()).unwrap();
        prop_assert_eq!(names(&mail.mime), NAMES);
        prop_assert!(mail.mime.iter().all(u8::is_ascii));
        for (index, byte) in mail.mime.iter().enumerate() {
            match byte {
                b'\r' => prop_assert_eq!(mail.mime.get(index + 1), Some(&b'\n')),
                b'\n' => prop_assert_eq!(mail.mime[index - 1], b'\r'),
                _ => {}
            }
        }
        prop_assert!(!mail.subject.contains(['\r', '\n']));
        let stored = serde_json::to_string(&summary).unwrap();
        let again = render(&serde_json::from_str(&stored).unwrap(), &envelope()).unwrap();
        prop_assert_eq!(again, mail, "what was stored gives the same bytes");
    }

    #[test]
    fn what_is_an_address_is_safe_in_a_header(text in "[ -~\\r\\n\\t]{1,40}(@[ -~\\r\\n]{1,20})?") {
        if let Ok(address) = EmailAddress::parse(&text) {
            let bad = |it: char| it.is_control() || it.is_whitespace() || "<>,;\"()".contains(it);
            prop_assert!(!address.as_str().contains(bad), "{:?}", address.as_str());
            let mail = render(&four_rows(), &Envelope { to: address, ..envelope() }).unwrap();
            prop_assert_eq!(names(&mail.mime), NAMES);
        }
    }
}
