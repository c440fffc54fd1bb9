//! The API over fakes, and requests as the gateway sends them.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "examples for tests")]

use std::collections::BTreeMap;

use api_kit::Clients;
use axum::Router;
use banking::AccountNumber;
use calendar::{Clock, Date, Moment};
use customers::testing::FakeRegister;
use customers::{Account, Customer, CustomerId, CustomerKind, EmailAddress, Register, Registration};
use feeds::testing::FakeFeedLog;
use feeds::{Counted, Feed, FeedLog, PageRecord, PollError, Progress, Proof, Step};
use imports::testing::{FakeImports, altered};
use imports::{
    BatchOutcome, Batches, DatedRate, Downloads, Import, ImportStats, Imports, Kind, PortError, Rates, Reject, Saved,
    State, Sums, Upload, Version, Warning,
};
use ledger::testing::FakeBooks;
use ledger::{Books, Change, Entry, Mark, PostingId, Side, Versioned, post};
use mail::UnsubscribeKey;
use mail::outbox::Summaries;
use mail::testing::{FakeSummaries, FakeUnsubscribeKeys};
use money::{Currency, Money};
use serde_json::{Value, json};
use serve_customers::{MAX_ENTRIES, ServeCustomers, router};
use tower::ServiceExt;

/// The client of the sample event.
const CLIENT: &str = "2h3k4l5m6n7p8q9r0s1t2u3v4w";
const EVENT: &str = include_str!("../../../../events/aws/serve-customers.json");

pub const IBAN: &str = "DE89370400440532013000";
pub const MUNICH: &str = "DE75512108001245126199";
pub const LONDON: &str = "GB33BUKB20201555555555";

/// Links that need no bucket; not to anything broken.
struct FakeDownloads;

impl Downloads for FakeDownloads {
    async fn link(&self, key: &str, file_name: &str) -> Result<String, PortError> {
        if file_name.starts_with("unreachable") {
            return Err(PortError::Unavailable("the bucket", "secret-canary".into()));
        }
        Ok(format!("https://files.example/{key}?as={file_name}"))
    }
}

pub fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

pub fn number(text: &str) -> AccountNumber {
    text.parse().unwrap()
}

pub fn ada() -> CustomerId {
    CustomerId::of_person("Ada", "Lovelace", "1815-12-10".parse().ok(), None)
}

pub fn acme() -> CustomerId {
    CustomerId::of_company("acme")
}

/// A company with two accounts in three currencies.
pub fn bolt() -> CustomerId {
    CustomerId::of_company("bolt")
}

/// A person with an account with corrupt books.
pub fn nemo() -> CustomerId {
    CustomerId::of_account(&number("BROKEN"))
}

/// Of whom the register knows nothing.
pub fn nobody() -> CustomerId {
    CustomerId::of_company("nobody")
}

pub fn july() -> Import {
    import("imports/accounts/4711/july.csv", "2026-08-31T10:00:00Z")
}

pub fn june() -> Import {
    import("imports/accounts/4711/june.csv", "2026-08-30T10:00:00Z")
}

pub fn unreachable() -> Import {
    import("imports/unreachable.csv", "2026-08-29T10:00:00Z")
}

fn import(key: &str, received_at: &str) -> Import {
    Import::received(&Upload {
        key: key.to_owned(),
        version: "v1".to_owned(),
        size_bytes: 70,
        uploaded_at: at(received_at),
        metadata: BTreeMap::new(),
    })
}

fn entry(id: &str, date: &str, minor: i64, mark_of: Option<&str>) -> Entry {
    Entry {
        at: at(date),
        source: "account".into(),
        id: Some(id.into()),
        ordinal: 0,
        amount_minor: minor,
        currency: Currency::EUR,
        side: if mark_of.is_some() { Side::Payer } else { Side::None },
        counterparty: mark_of.map(Box::from),
        text: None,
        mark: Mark::Clean,
    }
}

/// A register of Ada, with the account 4711, of Acme, with two accounts without entries, of Bolt, and of somebody with
/// an account with corrupt books.
async fn register() -> FakeRegister {
    let register = FakeRegister::default();
    let registration = |customer: Customer, numbers: &[&str]| Registration {
        accounts: numbers
            .iter()
            .map(|it| Account { number: number(it), customer: customer.id, r#type: Some("current".to_owned()) })
            .collect(),
        customer,
    };
    let ada = Customer {
        id: ada(),
        kind: CustomerKind::Person,
        name: Some("Ada Lovelace".to_owned()),
        born_on: "1815-12-10".parse().ok(),
        email: EmailAddress::parse("ada@example.com").ok(),
        owner: None,
        address: None,
        first_email: None,
    };
    let acme = Customer {
        id: acme(),
        kind: CustomerKind::Company,
        name: Some("Acme".to_owned()),
        born_on: None,
        email: None,
        owner: Some("W. E. Coyote".to_owned()),
        address: Some("1 Desert Road".to_owned()),
        first_email: None,
    };
    let bolt = Customer { id: bolt(), name: Some("Bolt & Söhne".to_owned()), ..acme.clone() };
    let nemo = Customer { id: nemo(), kind: CustomerKind::Person, name: None, owner: None, ..acme.clone() };
    let registrations = [
        registration(ada, &["4711"]),
        registration(acme, &[IBAN, "4712"]),
        registration(bolt, &[MUNICH, LONDON]),
        registration(nemo, &["BROKEN"]),
    ];
    register.register(&registrations, at("2026-08-01")).await.unwrap();
    register
}

/// The four rows of the product page on 4711, and one to an invalid IBAN.
async fn books() -> FakeBooks {
    let books = FakeBooks::default();
    let entries = vec![
        entry("0", "2026-07-15", 6050, None),
        entry("1", "2026-07-28", -1030, None),
        entry("2", "2026-08-02", -2046, None),
        entry("3", "2026-08-13", 1000, None),
        entry("4", "2026-08-14T09:30:00Z", -700, Some("1234")),
    ];
    post(&books, &number("4711"), entries, PostingId([1; 16])).await.unwrap();
    let transfer = |id: &str, date: &str, minor: i64, code: &str, counterparty: &str| Entry {
        currency: code.parse().unwrap(),
        source: "sepa".into(),
        side: if minor < 0 { Side::Payer } else { Side::Beneficiary },
        text: Some("=1+2, \"rent\"".into()),
        ..entry(id, date, minor, Some(counterparty))
    };
    // Ten euros in on each of 200 days, fifty out in each week.
    let mut munich = Vec::new();
    for (day, date) in (0..200).map(|it| (it, "2026-01-01".parse::<Date>().unwrap().plus_days(it).unwrap())) {
        let date = date.to_string();
        munich.push(transfer(&format!("in{day}"), &date, 1_000, "EUR", "FR1420041010050500013M02606"));
        if day % 7 == 6 {
            munich.push(transfer(&format!("out{day}"), &date, -5_000, "EUR", "AT611904300234573201"));
        }
    }
    let london = vec![
        transfer("l1", "2026-03-01", -30_000, "USD", "US1"),
        transfer("l2", "2026-06-15", 10_000, "USD", "US1"),
        transfer("l3", "2026-07-01", 1_000, "KWD", "KW81CBKU0000000000001234560101"),
    ];
    post(&books, &number(MUNICH), munich, PostingId([2; 16])).await.unwrap();
    post(&books, &number(LONDON), london, PostingId([3; 16])).await.unwrap();
    let kept = Versioned { version: Version::default(), bytes: b"no totals".to_vec() };
    let broken = Change { totals: kept, months: BTreeMap::new() };
    books.write(&number("BROKEN"), &broken).await.unwrap();
    books
}

fn found() -> ImportStats {
    ImportStats {
        rows_read: 6,
        rows_taken: 5,
        rows_rejected: 1,
        entries: 5,
        accounts: 1,
        batches: 1,
        sums: vec![Sums { credits: Money::new(7050, Currency::EUR), debits: Money::new(-3776, Currency::EUR) }],
        warnings: vec![Warning { what: "a wrong IBAN checksum".to_owned(), rows: 1 }],
        first_rejects: vec![Reject {
            line: 7,
            reason: "the amount has more than 2 decimals".to_owned(),
            row: "5,8/15,60.555".to_owned(),
        }],
        summaries: true,
        ..ImportStats::default()
    }
}

/// July is done, June repeats it with all rows taken, and a third one's rejects cannot be reached.
async fn imports() -> FakeImports {
    let imports = FakeImports::default();
    let done = |import: Import| {
        altered(&import, |it| {
            it.state = State::Done;
            it.kind = Some(Kind::Account);
            it.source = Some("account".to_owned());
            it.found = Some(found());
        })
    };
    let all_taken = ImportStats { rows_taken: found().rows_read, rows_rejected: 0, ..found() };
    let again = altered(&done(june()), |it| {
        it.repeats = Some(july().id);
        it.found = Some(all_taken);
    });
    for import in [done(july()), again, done(unreachable())] {
        imports.receive(&altered(&import, |it| it.found = None)).await.unwrap();
        let saved = imports.save(&import.with_version(Version::FIRST)).await.unwrap();
        assert_eq!(saved, Saved::Stored(Version(2)));
    }
    let rate = |date: &str, eur: &str| DatedRate {
        date: date.parse().unwrap(),
        currency: Currency::USD,
        usd: 1.into(),
        eur: eur.parse().unwrap(),
    };
    imports.keep(&july(), &[rate("2026-01-01", "0.9"), rate("2026-06-30", "0.95")]).await.unwrap();
    let outcome = BatchOutcome { posted: 4, duplicates: 1, accounts: 1, ..BatchOutcome::default() };
    imports.finish(july().id, 0, outcome, july().received_at).await.unwrap();
    imports
}

/// SEPA has a page with a missing row; the others were never polled.
async fn feeds() -> FakeFeedLog {
    let feeds = FakeFeedLog::default();
    let counted = |rows, minor: i64| Counted { rows, unreadable: 0, sums: vec![Money::new(minor, Currency::EUR)] };
    let page = PageRecord {
        format: feeds::FeedFormat::Millrace,
        damaged: 0,
        number: 0,
        cursor: String::new(),
        next: "1".to_owned(),
        key: PageRecord::key(Feed::Sepa, 0, "00"),
        declared: counted(3, 300),
        unreadable_sums: Vec::new(),
        received: counted(2, 200),
        requests: 4,
        repeated: 1,
        replaced: None,
    };
    let poll = at("2026-11-21T04:00:00Z");
    let progress = Progress::new(Feed::Sepa, poll).taken(&page, 100, false);
    feeds.advance(&progress, &Step::Page(page.clone())).await.unwrap();
    feeds.keep_proof(&Proof::of(Feed::Sepa, poll, &[page], &[]));
    let error = PollError { at: at("2026-11-21T04:25:00Z"), what: "cannot get page 1 of sepa: no answer".to_owned() };
    feeds.note_error(Feed::Sepa, &error).await.unwrap();
    feeds
}

/// The key of the unsubscribe links.
pub fn unsubscribe_key() -> UnsubscribeKey {
    UnsubscribeKey::try_new(&[7; 32]).unwrap()
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Moment {
        at("2026-11-21T12:00:00Z")
    }
}

pub async fn api() -> Router {
    api_over(books().await).await
}

/// The API where one account of Acme has so many entries.
pub async fn api_with_many_entries(count: i32) -> Router {
    let books = books().await;
    let first: Date = "2026-01-01".parse().unwrap();
    let entries = (0..count).map(|number| {
        let date = first.plus_days(number.rem_euclid(90)).unwrap();
        entry(&number.to_string(), &date.to_string(), 1, None)
    });
    post(&books, &number("4712"), entries.collect(), PostingId([4; 16])).await.unwrap();
    api_over(books).await
}

/// The API that reads at most `most` entries for one request.
pub async fn api_that_reads(most: u64) -> Router {
    api_within(books().await, most).await
}

/// The API where the register has so many more persons.
pub async fn api_with_many_persons(count: u32) -> Router {
    let register = register().await;
    let person = |number: u32| Registration {
        customer: Customer {
            id: CustomerId::of_person("Ada", &number.to_string(), None, None),
            kind: CustomerKind::Person,
            name: None,
            born_on: None,
            email: None,
            owner: None,
            address: None,
            first_email: None,
        },
        accounts: Vec::new(),
    };
    let persons: Vec<_> = (0..count).map(person).collect();
    register.register(&persons, at("2026-08-01")).await.unwrap();
    api_of(register, books().await, MAX_ENTRIES).await
}

async fn api_over(books: FakeBooks) -> Router {
    api_within(books, MAX_ENTRIES).await
}

async fn api_within(books: FakeBooks, max_entries: u64) -> Router {
    api_of(register().await, books, max_entries).await
}

async fn api_of(customers: FakeRegister, books: FakeBooks, max_entries: u64) -> Router {
    let summaries = FakeSummaries::default();
    let import = july().id.to_string();
    summaries.want(&import, &[number("4711")], at("2026-08-31T10:00:05Z")).await.unwrap();
    router(ServeCustomers {
        customers,
        books,
        imports: imports().await,
        summaries,
        downloads: FakeDownloads,
        feeds: feeds().await,
        unsubscribe_keys: FakeUnsubscribeKeys(unsubscribe_key()),
        clock: Noon,
        max_entries,
        clients: Clients::new(CLIENT, "a-machine".to_owned()),
    })
}

/// The token of a request.
#[derive(Clone, Debug)]
pub enum Token {
    None,
    Operator,
    Customer(CustomerId),
    /// The operator's, with a claim changed, or taken away.
    But(&'static str, Option<&'static str>),
}

/// The sample event, as another request.
pub fn event(method: &str, target: &str, token: &Token) -> String {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    event["rawPath"] = json!(path);
    event["rawQueryString"] = json!(query);
    event["requestContext"]["http"]["method"] = json!(method);
    event["requestContext"]["http"]["path"] = json!(path);
    event["headers"].as_object_mut().unwrap().remove("x-amzn-trace-id");
    let claims = &mut event["requestContext"]["authorizer"]["jwt"]["claims"];
    match token {
        Token::None => drop(event["requestContext"].as_object_mut().unwrap().remove("authorizer")),
        Token::Operator => {}
        Token::Customer(id) => {
            claims["cognito:groups"] = json!("[customer]");
            claims["username"] = json!(id.to_string());
        }
        Token::But(name, Some(value)) => claims[*name] = json!(value),
        Token::But(name, None) => drop(claims.as_object_mut().unwrap().remove(*name)),
    }
    event.to_string()
}

/// An answer of the API.
pub struct Answer {
    pub status: u16,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

/// Sends an event through `lambda_http`'s own reading of it.
pub async fn send(api: &Router, event: &str) -> Answer {
    let request = lambda_http::request::from_str(event).unwrap();
    let response = api.clone().oneshot(request.map(axum_body)).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

fn axum_body(body: lambda_http::Body) -> axum::body::Body {
    axum::body::Body::new(body)
}

pub async fn get(api: &Router, target: &str, token: &Token) -> Answer {
    send(api, &event("GET", target, token)).await
}
