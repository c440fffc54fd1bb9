//! Polls over fakes, and imports that end as a test says.

#![allow(dead_code, reason = "each test takes what it needs of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use calendar::{Clock, Moment};
use feeds::testing::{FakeFeedClient, FakeFeedLog, FakePollQueue};
use feeds::{Feed, FeedLog, PollFeed, Proof};
use imports::testing::{FakeFiles, FakeImports, altered};
use imports::{Files, Import, ImportStats, Imports, State};
use poll_feed::{PollFeeds, Polled};
use serde_json::{Value, json};

/// A clock that a test, or a slow server, sets; its clones are the same clock.
#[derive(Clone)]
pub(crate) struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    pub(crate) fn at(text: &str) -> Self {
        Self(Arc::new(AtomicI64::new(at(text).micros())))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        Moment::instant(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

pub(crate) type Polls<L = FakeFeedLog, F = FakeFiles, I = FakeImports, S = FakeFeedClient> =
    PollFeeds<S, L, F, I, FakePollQueue, ManualClock>;

pub(crate) fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

pub(crate) fn polls() -> Polls {
    let polls = PollFeeds {
        server: FakeFeedClient::default(),
        log: FakeFeedLog::default(),
        files: FakeFiles::default(),
        imports: FakeImports::default(),
        polls: FakePollQueue::default(),
        clock: ManualClock::at("2026-11-21T10:00:00Z"),
        answer_within: Duration::from_secs(10),
    };
    polls.server.add(Feed::ExchangeRates, (0..7).map(rate));
    polls
}

pub(crate) fn rate(number: u32) -> Value {
    json!({"currency": "USD", "date": number.to_string(), "usd_rate": "1", "eur_rate": "0.9"})
}

pub(crate) fn request() -> PollFeed {
    PollFeed { feed: Some(Feed::ExchangeRates), ..PollFeed::all() }
}

pub(crate) fn retry() -> PollFeed {
    PollFeed { retry: true, ..request() }
}

/// A page that declares a row more than it has.
pub(crate) fn short(page: &[u8]) -> Vec<u8> {
    let mut page: Value = serde_json::from_slice(page).unwrap();
    page["rows"] = json!(page["rows"].as_u64().unwrap() + 1);
    page.to_string().into_bytes()
}

/// Begins a poll now, or continues with its message.
pub(crate) async fn poll<L, I>(polls: &Polls<L, FakeFiles, I>, request: PollFeed) -> Polled
where
    L: FeedLog,
    I: Imports + imports::Batches,
{
    polls.clock.advance(1);
    let now = polls.clock.now();
    let until = Moment::instant(now.micros() + 170_000_000).unwrap();
    polls.handle(request, now, until).await.unwrap()
}

/// Ends every import that has arrived since the last call, with as many rows as its file has, and in this state.
pub(crate) async fn import<I: Imports>(files: &FakeFiles, imports: &I, state: &State) -> Vec<String> {
    let mut keys = Vec::new();
    for arrived in files.take_arrived() {
        let upload = files.describe(&arrived.key, arrived.version.as_deref()).await.unwrap().unwrap();
        let bytes = files.read(&arrived.key, Some(&upload.version), 0..u64::MAX).await.unwrap().unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(bytes.as_slice()), &mut text).unwrap();
        let rows = u64::try_from(text.lines().count() - 1).unwrap();
        let found = ImportStats { rows_read: rows, rows_taken: rows, ..ImportStats::default() };
        let found = (*state == State::Done).then_some(found);
        let import = altered(&Import::received(&upload), |it| {
            it.state = state.clone();
            it.found = found;
        });
        imports.receive(&import).await.unwrap();
        keys.push(arrived.key);
    }
    keys
}

/// Polls until nothing is waited for any more; imports end in `state`. Which files were imported.
pub(crate) async fn polled<L, I>(polls: &Polls<L, FakeFiles, I>, request: PollFeed, state: &State) -> Vec<String>
where
    L: FeedLog,
    I: Imports + imports::Batches,
{
    let (mut next, mut keys) = (request, Vec::new());
    for _ in 0..10 {
        let polled = poll(polls, next).await;
        keys.extend(import(&polls.files, &polls.imports, state).await);
        match (polled, polls.polls.take().first()) {
            (Polled::Done, None) => return keys,
            (_, Some((message, _))) => next = *message,
            (polled, None) => panic!("{polled:?}, and nothing continues"),
        }
    }
    panic!("the poll does not end")
}

pub(crate) async fn proof(log: &impl FeedLog) -> Proof {
    log.proof(Feed::ExchangeRates).await.unwrap().unwrap()
}
