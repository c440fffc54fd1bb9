//! The client and the simulated processor understand each other, and both the documented examples.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::time::Duration;

use advances::ports::{Processor as _, ReportSource};
use advances::{Answer, Order, Outcome, Payment, ProcessorRules, Reference, ReferenceKind, ReferenceStatus};
use advances_http::HttpProcessor;
use advances_sandbox::testing::FakeStore;
use advances_sandbox::{Delays, Faults, Processor, Store, router};
use calendar::{Clock, Date, Moment};
use http_client::testing::{FakeServer, answer};
use money::{Currency, Money};
use serde_json::Value;
use tokio::net::TcpListener;

const DEDUPE: Duration = Duration::from_hours(72);

#[derive(Clone, Copy)]
struct Machine;

impl Clock for Machine {
    fn now(&self) -> Moment {
        at("2026-01-05T10:00:00Z")
    }
}

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

type Simulated = Processor<FakeStore, Machine>;

fn client(address: &str, references: bool) -> HttpProcessor {
    let references = if references { ReferenceKind::Recognised { dedupe: DEDUPE } } else { ReferenceKind::None };
    let rules = ProcessorRules { references, landing: Duration::from_hours(24), lease: Duration::from_mins(15) };
    HttpProcessor::new(address, Duration::from_secs(10), "4711".parse().unwrap(), rules).unwrap()
}

/// A simulated processor on 127.0.0.1, and a client of it.
async fn simulated(references: bool) -> (Simulated, HttpProcessor) {
    let dedupe = if references { DEDUPE } else { Duration::ZERO };
    let processor = Processor { store: FakeStore::default(), clock: Machine, dedupe, faults: Faults::default() };
    let routes = router(processor.clone(), Delays { hang: Duration::ZERO, slow: Duration::ZERO });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (processor, client(&address, references))
}

fn order(instalment: u32) -> Order {
    let payment = Payment::Debit { instalment };
    Order {
        reference: Reference { advance: "0123456789abcdef01234567".parse().unwrap(), payment },
        direction: payment.direction(),
        account: "DE12500105170648489890".parse().unwrap(),
        amount: Money::new(833, Currency::EUR),
    }
}

async fn set_faults(processor: &Simulated, chances: &str) {
    let without_funds = Vec::new();
    processor.set_faults(Faults { seed: 7, chances: chances.to_owned(), without_funds }).await.unwrap();
}

#[tokio::test]
async fn a_payment_is_taken_known_and_reported() {
    let (processor, client) = simulated(true).await;
    let taken = client.perform(&order(3)).await;
    let Answer::Taken(transaction) = &taken else { unreachable!("{taken:?}") };
    assert_eq!(client.perform(&order(3)).await, taken, "once");
    assert_eq!(client.status(&order(3).reference).await.unwrap(), ReferenceStatus::Known(transaction.clone()));
    let as_of = at("2026-01-05T10:00:00Z");
    assert_eq!(client.status(&order(4).reference).await.unwrap(), ReferenceStatus::NotKnown { as_of });
    let day = |number| Date::try_new(2026, 1, number).unwrap();
    assert_eq!(client.report(day(5)).await.unwrap(), None, "not yet");

    set_faults(&processor, "repeated-lines=100%,unknown-lines=100%").await;
    processor.set_clock(at("2026-01-20T10:00:00Z")).await.unwrap();
    let mut lines = Vec::new();
    for number in 5..=9 {
        let report = client.report(day(number)).await.unwrap().unwrap();
        assert!(report.complete);
        lines.extend(report.lines);
    }
    let (ours, others): (Vec<_>, Vec<_>) = lines.into_iter().partition(|it| it.transaction == *transaction);
    assert_eq!(ours.len(), 3, "twice, and once more on the next day");
    for line in ours {
        assert_eq!(line.reference(), Some(order(3).reference));
        assert_eq!((line.account, line.amount), (order(3).account, order(3).amount));
        assert_eq!((line.direction, line.accepted_on, line.outcome), (order(3).direction, day(5), Outcome::Success));
    }
    assert_eq!(others.len(), 5, "an unknown line each day");
}

#[tokio::test]
async fn each_fault_is_what_it_should_be_for_the_client() {
    let (processor, client) = simulated(true).await;
    let (mut instalment, mut executed) = (0, 0);
    for (fault, is_unknown, executes) in
        [("unavailable=100%", true, 0), ("lost-answer=100%", true, 1), ("hang=100%", true, 1), ("slow=100%", false, 1)]
    {
        set_faults(&processor, fault).await;
        instalment += 1;
        let got = client.perform(&order(instalment)).await;
        assert_eq!(matches!(got, Answer::Unknown(_)), is_unknown, "{fault}: {got:?}");
        executed += executes;
        let later = Store::ledger(&processor.store).await.unwrap();
        assert_eq!(later.len(), executed, "{fault}");
    }
    set_faults(&processor, "refusal=100%").await;
    assert_eq!(client.perform(&order(9)).await, Answer::Refused("account closed".into()));
}

#[tokio::test]
async fn without_references_each_call_is_a_transaction() {
    let (_, client) = simulated(false).await;
    let (one, two) = (client.perform(&order(3)).await, client.perform(&order(3)).await);
    assert!(matches!((&one, &two), (Answer::Taken(one), Answer::Taken(two)) if one != two), "{one:?} {two:?}");
}

fn documented(pointer: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/processor-openapi.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    document.pointer(pointer).unwrap().to_string()
}

async fn answering(status: u16, example: &str) -> HttpProcessor {
    let body = documented(example);
    client(&FakeServer::open(move |_, _| answer(status, "", &body)).await.address, true)
}

#[tokio::test]
async fn the_documented_examples_are_understood() {
    let of_post = "/paths/~1transactions/post";
    let accepted = format!("{of_post}/responses/201/content/application~1json/example");
    let taken = answering(201, &accepted).await.perform(&order(3)).await;
    assert_eq!(taken, Answer::Taken("T1".parse().unwrap()));
    let refusal = format!("{of_post}/responses/422/content/application~1problem+json/example");
    let refused = answering(422, &refusal).await.perform(&order(3)).await;
    assert_eq!(refused, Answer::Refused("account closed".into()));
    let status = "/paths/~1transactions~1{reference}/get/responses/200/content/application~1json/example";
    let status = answering(200, status).await.status(&order(3).reference).await.unwrap();
    assert_eq!(status, ReferenceStatus::NotKnown { as_of: at("2026-01-05T10:00:00Z") });
    let report = "/paths/~1reports~1{date}/get/responses/200/content/application~1json/example";
    let report = answering(200, report).await.report(Date::try_new(2026, 1, 7).unwrap()).await.unwrap().unwrap();
    assert_eq!(report.lines[0].outcome, Outcome::Fail { reason: "insufficient funds".into() });

    // What the client sends is the documented example.
    let server = FakeServer::open(|_, _| answer(500, "", "")).await;
    client(&server.address, true).perform(&order(3)).await;
    let sent: Value = serde_json::from_str(&server.requests()[0].body).unwrap();
    let example = documented(&format!("{of_post}/requestBody/content/application~1json/example"));
    assert_eq!(sent.to_string(), example);
}
