//! What the adapter sends, and what it makes of documented, odd and hostile answers over a real connection.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::time::Duration;

use advances::ports::{PortError, Processor, ReportSource};
use advances::{
    AdvanceId, Answer, Direction, Order, Outcome, Payment, ProcessorRules, Reference, ReferenceKind, ReferenceStatus,
};
use advances_http::HttpProcessor;
use http_client::testing::{FakeSecrets, FakeServer, answer};
use money::{Currency, Money};
use tokio::net::TcpListener;

const DEDUPE: Duration = Duration::from_hours(72);
const ADVANCE: &str = "0123456789abcdef01234567";

fn rules(references: ReferenceKind) -> ProcessorRules {
    ProcessorRules { references, landing: Duration::from_hours(24), lease: Duration::from_mins(15) }
}

fn processor(address: &str, time_out: Duration, references: ReferenceKind) -> HttpProcessor {
    HttpProcessor::new(address, time_out, "4711".parse().unwrap(), rules(references)).unwrap()
}

fn recognising(address: &str) -> HttpProcessor {
    processor(address, Duration::from_secs(10), ReferenceKind::Recognised { dedupe: DEDUPE })
}

fn order(payment: Payment) -> Order {
    let reference = Reference { advance: ADVANCE.parse::<AdvanceId>().unwrap(), payment };
    let amount = Money::new(833, Currency::EUR);
    Order { reference, direction: payment.direction(), account: "DE12500105170648489890".parse().unwrap(), amount }
}

const DEBIT: Payment = Payment::Debit { instalment: 3 };

/// The documented answer to the order of [`DEBIT`].
const ACCEPTED: &str = r#"{"transaction":"T1","reference":"0123456789abcdef01234567-D3","source":"DE12500105170648489890","destination":"4711","amount":"8.33","currency":"EUR","direction":"debit","accepted_at":"2026-01-05T10:00:00Z"}"#;
const REFUSED: &str = r#"{"type":"urn:millrace:problem:transaction-refused","title":"Refused","status":422,"detail":"account closed","reference":"0123456789abcdef01234567-D3"}"#;

async fn performed(response: String) -> Answer {
    let server = FakeServer::open(move |_, _| response.clone()).await;
    let answer = recognising(&server.address).perform(&order(DEBIT)).await;
    assert_eq!(server.requests().len(), 1, "one call, whatever the answer is");
    answer
}

#[tokio::test]
async fn an_order_is_sent_as_documented() {
    let server = FakeServer::open(|_, _| answer(201, "", ACCEPTED)).await;
    let processor = recognising(&format!("{}/v1/", server.address));
    let processor = processor.with_secrets(Some(FakeSecrets::new(r#"{"bearer_token": "word"}"#)));
    assert_eq!(processor.perform(&order(DEBIT)).await, Answer::Taken("T1".parse().unwrap()));
    processor.perform(&order(Payment::Credit { attempt: 1 })).await;
    let requests = server.requests();
    assert_eq!(requests[0].line, "POST /v1/transactions HTTP/1.1");
    assert_eq!(requests[0].header("authorization"), "Bearer word");
    assert_eq!(requests[0].header("content-type"), "application/json");
    assert_eq!(
        requests[0].body,
        r#"{"reference":"0123456789abcdef01234567-D3","source":"DE12500105170648489890","destination":"4711","amount":"8.33","currency":"EUR","direction":"debit"}"#
    );
    assert_eq!(
        requests[1].body,
        r#"{"reference":"0123456789abcdef01234567-C1","source":"4711","destination":"DE12500105170648489890","amount":"8.33","currency":"EUR","direction":"credit"}"#
    );
}

#[tokio::test]
async fn a_processor_without_references_gets_none() {
    let reference = r#""reference":"0123456789abcdef01234567-D3","#;
    let without = ACCEPTED.replace(reference, "");
    let server = FakeServer::open(move |_, number| match number {
        0 => answer(201, "", &without),
        1 => answer(201, "", ACCEPTED),
        _ => answer(422, "", &REFUSED.replace(&format!(",{}", reference.trim_end_matches(',')), "")),
    })
    .await;
    let processor = processor(&server.address, Duration::from_secs(10), ReferenceKind::None);
    assert_eq!(processor.perform(&order(DEBIT)).await, Answer::Taken("T1".parse().unwrap()));
    assert!(matches!(processor.perform(&order(DEBIT)).await, Answer::Unknown(_)), "a reference that nobody has given");
    assert_eq!(processor.perform(&order(DEBIT)).await, Answer::Refused("account closed".into()));
    assert!(server.requests().iter().all(|it| !it.body.contains("reference") && !it.body.contains(ADVANCE)));
}

#[tokio::test]
async fn two_answers_are_final() {
    assert_eq!(performed(answer(201, "", ACCEPTED)).await, Answer::Taken("T1".parse().unwrap()));
    assert_eq!(performed(answer(422, "", REFUSED)).await, Answer::Refused("account closed".into()));
    let more = ACCEPTED.replace('{', r#"{"fee":"0.10","#);
    assert_eq!(performed(answer(201, "", &more)).await, Answer::Taken("T1".parse().unwrap()), "a field more");
    let shouted = REFUSED.replace("account closed", &format!("a\\u0000{}", "x".repeat(300)));
    let Answer::Refused(reason) = performed(answer(422, "", &shouted)).await else { panic!("it is refused") };
    assert_eq!((reason.len(), reason.starts_with("ax")), (200, true));
}

#[tokio::test]
async fn an_answer_about_something_else_is_unknown() {
    for (from, to) in [
        ("8.33", "8.34"),
        ("\"8.33\"", "8.33"),
        ("8.33", "8.330"),
        ("8.33", "+8.33"),
        ("8.33", "8,33"),
        ("8.33", "-8.33"),
        ("8.33", "8.33e0"),
        ("\"debit\"", "\"credit\""),
        ("EUR", "USD"),
        ("EUR", "XXY"),
        ("-D3", "-D4"),
        ("\"4711\"", "\"4712\""),
        ("DE12500105170648489890", "DE12500105170648489891"),
        ("\"T1\"", "\"\""),
        ("\"T1\"", "null"),
        ("\"T1\"", "\"T 1\""),
        ("\"transaction\"", "\"id\""),
        (r#""reference":"0123456789abcdef01234567-D3","#, ""),
        ("{", r#"{"amount":"8.33","#),
    ] {
        let body = ACCEPTED.replacen(from, to, 1);
        assert_ne!(body, ACCEPTED, "{from}");
        let got = performed(answer(201, "", &body)).await;
        assert!(matches!(got, Answer::Unknown(_)), "{from} > {to}: {got:?}");
    }
    for (from, to) in [
        ("transaction-refused", "refused-fields"),
        ("-D3", "-D4"),
        (r#","reference":"0123456789abcdef01234567-D3""#, ""),
        ("\"type\"", "\"kind\""),
    ] {
        let got = performed(answer(422, "", &REFUSED.replacen(from, to, 1))).await;
        assert!(matches!(got, Answer::Unknown(_)), "{from} > {to}: {got:?}");
    }
}

#[tokio::test]
async fn any_other_answer_is_unknown() {
    for status in [200, 202, 204, 301, 302, 307, 308, 400, 401, 403, 404, 408, 409, 410, 429, 500, 502, 503, 504] {
        for body in [ACCEPTED, REFUSED, ""] {
            let got = performed(answer(status, "", body)).await;
            assert!(matches!(got, Answer::Unknown(_)), "{status}: {got:?}");
        }
    }
    let half = ACCEPTED.split_at(ACCEPTED.len() / 2).0;
    let whole = ACCEPTED.len();
    for response in [
        answer(201, "", ""),
        answer(201, "", half),
        answer(201, "", "<html>"),
        answer(201, "", "[]"),
        answer(201, "", &format!("{ACCEPTED}{ACCEPTED}")),
        answer(201, "", &REFUSED.replace("422", "201")),
        answer(422, "", ACCEPTED),
        format!("HTTP/1.1 201 X\r\ncontent-length: {whole}\r\n\r\n{half}"),
        format!("HTTP/1.1 422 X\r\ncontent-length: {}\r\n\r\n{REFUSED}", REFUSED.len() + 1),
        format!("HTTP/1.1 201 X\r\ntransfer-encoding: chunked\r\n\r\n{whole:x}\r\n{ACCEPTED}\r\n"),
        "HTTP/1.1 201 X\r\n".to_owned(),
        "what?".to_owned(),
        String::new(),
    ] {
        let got = performed(response.clone()).await;
        assert!(matches!(got, Answer::Unknown(_)), "{response}: {got:?}");
    }
}

#[tokio::test]
async fn a_call_without_an_answer_ends_and_is_unknown() {
    // The connection is accepted by the system, and nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let hanging = processor(&address, Duration::from_millis(200), ReferenceKind::Recognised { dedupe: DEDUPE });
    let got = hanging.perform(&order(DEBIT)).await;
    assert!(matches!(&got, Answer::Unknown(why) if why.contains("no answer within")), "{got:?}");
    let status = hanging.status(&order(DEBIT).reference).await;
    assert!(matches!(status, Err(PortError::Unavailable(..))), "{status:?}");
    let report = hanging.report("2026-01-05".parse().unwrap()).await;
    assert!(matches!(report, Err(PortError::Unavailable(..))), "{report:?}");
    let got = recognising("http://127.0.0.1:1").perform(&order(DEBIT)).await;
    assert!(matches!(got, Answer::Unknown(_)), "{got:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = FakeServer::open(|_, _| answer(201, "", ACCEPTED)).await;
    let location = format!("location: {}/transactions\r\n", other.address);
    for status in [301, 302, 303, 307, 308] {
        let got = performed(answer(status, &location, "")).await;
        assert!(matches!(got, Answer::Unknown(_)), "{got:?}");
    }
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn credentials_that_do_not_work_are_unknown_for_an_order_and_an_error_for_a_question() {
    let server = FakeServer::open(|_, _| answer(201, "", ACCEPTED)).await;
    let processor = recognising(&server.address).with_secrets(Some(FakeSecrets::new("{}")));
    let got = processor.perform(&order(DEBIT)).await;
    assert!(matches!(got, Answer::Unknown(_)), "{got:?}");
    let status = processor.status(&order(DEBIT).reference).await;
    assert!(matches!(status, Err(PortError::Broken("the payment processor's secret", _))), "{status:?}");
    assert!(server.requests().is_empty());
}

async fn status(status: u16, body: &'static str) -> Result<ReferenceStatus, PortError> {
    let server = FakeServer::open(move |_, _| answer(status, "", body)).await;
    let got = recognising(&server.address).status(&order(DEBIT).reference).await;
    assert_eq!(server.requests()[0].line, "GET /transactions/0123456789abcdef01234567-D3 HTTP/1.1");
    got
}

#[tokio::test]
async fn a_status_is_known_or_not_known_as_of_an_instant() {
    let known = r#"{"reference":"0123456789abcdef01234567-D3","status":"accepted","transaction":"T1"}"#;
    assert_eq!(status(200, known).await.unwrap(), ReferenceStatus::Known("T1".parse().unwrap()));
    let not_known =
        r#"{"reference":"0123456789abcdef01234567-D3","status":"not_known","as_of":"2026-01-05T10:00:00Z"}"#;
    let as_of = "2026-01-05T10:00:00Z".parse().unwrap();
    assert_eq!(status(200, not_known).await.unwrap(), ReferenceStatus::NotKnown { as_of });
    for body in [
        r#"{"reference":"0123456789abcdef01234567-D4","status":"accepted","transaction":"T1"}"#,
        r#"{"reference":"0123456789abcdef01234567-D3","status":"not_known","as_of":"2026-01-05"}"#,
        r#"{"reference":"0123456789abcdef01234567-D3","status":"not_known"}"#,
        r#"{"reference":"0123456789abcdef01234567-D3","status":"accepted"}"#,
        r#"{"reference":"0123456789abcdef01234567-D3","status":"refused"}"#,
        "{}",
        "",
    ] {
        let got = status(200, body).await;
        assert!(matches!(got, Err(PortError::Broken(..))), "{body}: {got:?}");
    }
    for code in [201, 204, 302, 400, 404, 410, 500] {
        let got = status(code, not_known).await;
        assert!(matches!(got, Err(PortError::Unavailable(..))), "{code}: {got:?}");
    }
}

const REPORT: &str = r#"{"day":"2026-01-07","complete":true,"final_as_of":"2026-01-05","lines":[
  {"transaction":"T1","reference":"0123456789abcdef01234567-D3","direction":"debit","source":"DE12500105170648489890","destination":"4711","amount":"8.33","currency":"EUR","accepted_on":"2026-01-05","outcome":"success"},
  {"transaction":"T2","direction":"credit","source":"4711","destination":"DE12500105170648489890","amount":"100","currency":"JPY","accepted_on":"2026-01-05","outcome":"fail","reason":"account closed"},
  {"transaction":"X9","reference":"somebody else's","direction":"credit","source":"4711","destination":"1234567","amount":"0.01","currency":"EUR","accepted_on":"2026-01-06","outcome":"success"}
]}"#;

async fn report(status: u16, body: &str) -> Result<Option<advances::Report>, PortError> {
    let body = body.to_owned();
    let server = FakeServer::open(move |_, _| answer(status, "", &body)).await;
    let got = recognising(&server.address).report("2026-01-07".parse().unwrap()).await;
    assert_eq!(server.requests()[0].line, "GET /reports/2026-01-07 HTTP/1.1");
    got
}

#[tokio::test]
async fn a_report_has_each_line_from_the_customers_view() {
    let report = report(200, REPORT).await.unwrap().unwrap();
    assert!(report.complete);
    assert_eq!((report.day.to_string(), report.final_as_of.to_string()), ("2026-01-07".into(), "2026-01-05".into()));
    let [debit, credit, orphan] = &report.lines[..] else { panic!("three lines") };
    assert_eq!(debit.reference(), Some(order(DEBIT).reference));
    assert_eq!((debit.direction, debit.account.as_str()), (Direction::Debit, "DE12500105170648489890"));
    assert_eq!((debit.amount, &debit.outcome), (Money::new(833, Currency::EUR), &Outcome::Success));
    assert_eq!((credit.direction, credit.account.as_str()), (Direction::Credit, "DE12500105170648489890"));
    assert_eq!(credit.amount.to_string(), "100 JPY");
    assert_eq!(credit.outcome, Outcome::Fail { reason: "account closed".into() });
    assert_eq!((orphan.reference.as_deref(), orphan.reference()), (Some("somebody else's"), None));
}

#[tokio::test]
async fn only_the_documented_answer_means_that_there_is_no_report() {
    let none = r#"{"type":"urn:millrace:problem:report-not-available","title":"Not yet","status":404}"#;
    assert_eq!(report(404, none).await.unwrap(), None);
    let not_found = r#"{"type":"urn:millrace:problem:not-found","title":"There is no such thing","status":404}"#;
    for (status, body) in [(404, not_found), (404, ""), (410, none), (204, ""), (500, ""), (302, REPORT), (503, none)] {
        let got = report(status, body).await;
        assert!(matches!(got, Err(PortError::Unavailable(..))), "{status}: {got:?}");
    }
}

#[tokio::test]
async fn a_report_that_is_not_as_documented_is_broken_and_says_where() {
    for (from, to) in [
        ("\"day\":\"2026-01-07\"", "\"day\":\"2026-01-06\""),
        ("\"complete\":true,", ""),
        ("\"final_as_of\":\"2026-01-05\",", ""),
        ("\"8.33\"", "8.33"),
        ("\"8.33\"", "\"8.3\""),
        ("\"8.33\"", "\"0.00\""),
        ("\"8.33\"", "\"-8.33\""),
        ("\"100\"", "\"100.00\""),
        ("EUR", "XXY"),
        ("\"success\"", "\"pending\""),
        ("\"destination\":\"4711\"", "\"destination\":\"4712\""),
        ("\"direction\":\"credit\"", "\"direction\":\"debit\""),
        ("]}", ""),
        (REPORT, "null"),
    ] {
        let got = report(200, &REPORT.replacen(from, to, 1)).await;
        assert!(matches!(got, Err(PortError::Broken("the payment processor's answer", _))), "{from} > {to}: {got:?}");
    }
    let Err(PortError::Broken(_, error)) = report(200, &REPORT.replace("\"0.01\"", "\"0.010\"")).await else {
        panic!("it is broken")
    };
    assert!(error.to_string().contains("line 3 of the report"), "{error}");
}
