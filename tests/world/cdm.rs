//! A bank with the format of the original assignment, over real HTTP: it crashes, hangs, repeats pages and rows,
//! keeps the cursor itself and does not answer at the end. Every balance is the data maker's answer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use banking::AccountNumber;
use calendar::{Clock, Date, Moment};
use customers::testing::FakeRegister;
use e2e::{Faults, Faulty};
use feeds::testing::{FakeFeedLog, FakePollQueue};
use feeds::{Feed, FeedFormat, FeedLog, PollFeed, Proof};
use feeds_http::HttpFeedClient;
use feeds_sandbox::{Access, Format, Plan, SandboxFeed, Size, Transport, cdm_router, guarded, make};
use http_client::testing::FakeSecrets;
use imports::testing::{FakeFiles, FakeImports, FakeQueues};
use ledger::testing::FakeBooks;
use ledger::{EntryBudget, View, balances, figures_on};
use mail::testing::{FakeSummaries, FakeSummaryRequests};
use money::{Currency, Money};
use poll_feed::PollFeeds;
use post_entries::PostEntries;
use split_import::SplitImport;
use tokio::net::TcpListener;

const TIME_OUT: Duration = Duration::from_secs(3);

struct Now;

impl Clock for Now {
    fn now(&self) -> Moment {
        at()
    }
}

fn at() -> Moment {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

fn plan() -> Plan {
    Plan { companies: 40, sepa_rows: 1_000, swift_rows: 10_000, ..Plan::new(7, Size::Small) }
}

/// The bank's address.
async fn bank(chances: &str) -> String {
    let faults = feeds_sandbox::Faults {
        seed: 3,
        chances: chances.parse().unwrap(),
        hang: Duration::from_mins(1),
        slow: Duration::from_millis(20),
        transport: Transport::Connection,
    };
    let client = Access::Client { id: "i".to_owned(), secret: "s".to_owned(), life: Duration::from_secs(1) };
    let routes = guarded(cdm_router(SandboxFeed::new(plan(), faults)), client, 1);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, routes).into_future());
    address
}

/// The fakes of all ports but the bank's server.
#[derive(Default)]
struct Ports {
    files: FakeFiles,
    imports: FakeImports,
    queues: FakeQueues,
    register: FakeRegister,
    books: FakeBooks,
    summaries: FakeSummaries,
    requests: FakeSummaryRequests,
    log: FakeFeedLog,
    polls: FakePollQueue,
    calm: Faults,
}

impl Ports {
    fn through<'a, P>(&'a self, port: &'a P) -> Faulty<'a, P> {
        Faulty { port, faults: &self.calm }
    }

    /// Polls all feeds once, until nothing is left to do.
    async fn poll(&self, server: &HttpFeedClient<FakeSecrets>, poll: Moment) {
        let polls = PollFeeds {
            server: server.clone(),
            log: self.log.clone(),
            files: self.through(&self.files),
            imports: self.through(&self.imports),
            polls: self.through(&self.polls),
            clock: Now,
            answer_within: TIME_OUT,
        };
        let split = SplitImport {
            files: self.through(&self.files),
            imports: self.through(&self.imports),
            register: self.through(&self.register),
            batches: self.through(&self.queues),
            clock: Now,
            default_currency: Currency::EUR,
        };
        let post = PostEntries {
            files: self.through(&self.files),
            imports: self.through(&self.imports),
            books: self.through(&self.books),
            summaries: self.through(&self.summaries),
            batches: self.through(&self.queues),
            requests: self.through(&self.requests),
            clock: Now,
        };
        let mut messages = VecDeque::from([PollFeed { poll: Some(poll), ..PollFeed::all() }]);
        let started = Instant::now();
        while let Some(message) = messages.pop_front() {
            assert!(started.elapsed() < Duration::from_mins(5), "the poll never ends: {message:?}");
            polls.handle(message, poll, "2026-11-21T10:10:00Z".parse().unwrap()).await.unwrap();
            for file in self.files.take_arrived() {
                split.handle(file).await.unwrap();
            }
            let mut batches = VecDeque::from(self.queues.take_batches());
            while let Some(batch) = batches.pop_front() {
                post.handle(batch).await.unwrap();
                batches.extend(self.queues.take_batches());
            }
            messages.extend(self.polls.take().into_iter().map(|(message, _)| message));
        }
    }

    async fn proof(&self, feed: Feed) -> Proof {
        self.log.proof(feed).await.unwrap().expect("each feed is proven")
    }
}

/// How many balances of the books were compared with the data maker's answers; panics where one differs.
async fn compared(books: &FakeBooks) -> usize {
    let folder = std::env::temp_dir().join(format!("millrace-cdm-{}", std::process::id()));
    make(plan(), Format::Csv, &folder, 1, |_| ()).unwrap();
    let text = std::fs::read_to_string(folder.join("answers.csv")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let mut compared = 0;
    for row in text.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        let [account, date, currency, clean, all] = fields[..] else { panic!("a broken answer: {row}") };
        let (account, date): (AccountNumber, Date) = (account.parse().unwrap(), date.parse().unwrap());
        let currency: Currency = currency.parse().unwrap();
        for (expected, view) in [(clean, View::Clean), (all, View::All)] {
            let found = figures_on(books, &account, Some(date), &EntryBudget::unlimited()).await.unwrap();
            let found = balances(&found, view);
            let found = found.into_iter().find(|it| it.currency() == currency).unwrap_or(Money::new(0, currency));
            assert_eq!(found, Money::parse(expected, currency).unwrap(), "{row}");
            compared += 1;
        }
    }
    compared
}

#[tokio::test]
async fn a_bank_without_cursors_that_crashes_and_repeats_itself_leaves_every_balance_right() {
    let address = bank("crash=5%,hang=1%,slow=2%,repeat-pages=2%,repeat-rows=1%").await;
    let secret = format!(r#"{{"token_url": "{address}/token", "client_id": "i", "client_secret": "s"}}"#);
    let server = HttpFeedClient::new(&address, TIME_OUT).unwrap().in_format(FeedFormat::Cdm, 3);
    let server = server.with_secrets(Some(FakeSecrets::new(&secret)));
    let ports = Ports::default();
    ports.poll(&server, at()).await;
    assert!(compared(&ports.books).await > 1_000);

    let mut counts = BTreeMap::new();
    for feed in Feed::ALL {
        let proof = ports.proof(feed).await;
        assert_eq!(proof.gaps, Vec::<String>::new(), "{feed}");
        assert_eq!(proof.rows.declared, 0, "{feed} declares nothing");
        assert_eq!(proof.rows.received, proof.rows.read);
        assert_eq!(proof.rows.read, proof.rows.taken + proof.rows.rejected);
        assert_eq!(proof.entries.made, proof.entries.posted + proof.entries.duplicates);
        let notes = proof.notes().join(" ");
        assert!(notes.contains("declares neither rows nor sums"), "{notes}");
        assert_eq!(notes.contains("lost"), matches!(feed, Feed::Sepa | Feed::Swift), "{notes}");
        counts.insert(feed, (proof.rows.received, proof.pages.taken, proof.pages.requests));
    }
    let (received, taken, requests) = counts[&Feed::Swift];
    assert!(received > 10_000, "rows and pages were repeated: {counts:?}");
    assert!(taken >= 146 && requests > taken, "it crashed: {counts:?}");

    // Another poll without new data: the same figures.
    ports.poll(&server, "2026-11-22T10:00:00Z".parse().unwrap()).await;
    for feed in Feed::ALL {
        assert_eq!(ports.proof(feed).await.rows.received, counts[&feed].0, "{feed}");
    }
}
