//! What a poll does with a server that fails, repeats itself, and does not tell the truth.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use calendar::{Clock, Moment};
use feeds::testing::{FakeFeedClient, FakeFeedLog, FakePollQueue};
use feeds::{Feed, FeedLog, FetchError, PollFeed, PollQueue, Step};
use imports::PortError;
use imports::testing::{FakeFiles, FakeImports};
use poll_feed::{PollFeedError, PollFeeds, Polled};
use serde_json::{Value, json};

struct At(Moment);

impl Clock for At {
    fn now(&self) -> Moment {
        self.0
    }
}

type Polls = PollFeeds<FakeFeedClient, FakeFeedLog, FakeFiles, FakeImports, FakePollQueue, At>;

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

fn polls() -> Polls {
    let polls = PollFeeds {
        server: FakeFeedClient::default(),
        log: FakeFeedLog::default(),
        files: FakeFiles::default(),
        imports: FakeImports::default(),
        polls: FakePollQueue::default(),
        clock: At(at("2026-11-21T10:00:00Z")),
        answer_within: Duration::from_secs(10),
    };
    polls.server.add(Feed::ExchangeRates, (0..7).map(rate));
    polls
}

fn rate(day: u32) -> Value {
    json!({"currency": "USD", "date": format!("2026-01-0{}", day + 1), "usd_rate": "1", "eur_rate": "0.9"})
}

fn request() -> PollFeed {
    PollFeed { feed: Some(Feed::ExchangeRates), ..PollFeed::all() }
}

async fn polled(polls: &Polls) -> Result<Polled, PollFeedError> {
    polls.handle(request(), at("2026-11-21T10:00:00Z"), at("2026-11-21T10:05:00Z")).await
}

#[tokio::test]
async fn a_failing_and_repeating_server_is_retried_until_the_page_arrives() {
    let polls = polls();
    polls.server.answer_once(Ok(polls.server.page(Feed::ExchangeRates, "3")));
    let page = polls.server.page(Feed::ExchangeRates, "");
    polls.server.answer_once(Ok(page[..page.len() - 9].to_vec()));
    polls.server.answer_once(Err(FetchError::Failing("status 500".to_owned())));
    assert_eq!(polled(&polls).await.unwrap(), Polled::Waits, "the import is not there yet");
    let pages = polls.log.pages(Feed::ExchangeRates, 0..9).await.unwrap();
    let requests: Vec<_> = pages.iter().map(|it| (it.requests, it.repeated, it.received.rows)).collect();
    assert_eq!(requests, [(4, 1, 3), (1, 0, 3), (1, 0, 1)]);
    let sent = polls.polls.take();
    assert_eq!(sent.len(), 1, "one message continues");
    assert_eq!(sent[0].0, PollFeed { poll: Some(at("2026-11-21T10:00:00Z")), turn: 1, waits: 1, ..request() });
    let kept = polls.files.all();
    assert_eq!(kept[&pages[1].key], polls.server.page(Feed::ExchangeRates, "3"), "unchanged");
    assert!(kept.contains_key("imports/exchange-rates/pages-00000000-00000003.csv.gz"), "{:?}", kept.keys());
}

#[tokio::test]
async fn a_page_that_stays_short_is_taken_and_shows_in_the_proof() {
    let polls = polls();
    let mut short: Value = serde_json::from_slice(&polls.server.page(Feed::ExchangeRates, "")).unwrap();
    short["rows"] = json!(4);
    for _ in 0..4 {
        polls.server.answer_once(Ok(short.to_string().into_bytes()));
    }
    polled(&polls).await.unwrap();
    let pages = polls.log.pages(Feed::ExchangeRates, 0..1).await.unwrap();
    assert_eq!((pages[0].declared.rows, pages[0].received.rows, pages[0].requests), (4, 3, 4));

    // Its import does not come; after an hour the proof says so, too.
    let polls = PollFeeds { clock: At(at("2026-11-21T11:00:01Z")), ..polls };
    let next = polls.polls.take()[0].0;
    assert_eq!(polls.handle(next, at("2026-11-21T11:00:00Z"), at("2026-11-21T11:05:01Z")).await.unwrap(), Polled::Done);
    let gaps = polls.log.proof(Feed::ExchangeRates).await.unwrap().unwrap().gaps;
    assert!(gaps[0].starts_with("page 0 (cursor ``) declares 4 rows and has 3"), "{gaps:?}");
    assert!(gaps.iter().any(|gap| gap.starts_with("there is no record of import")), "{gaps:?}");
}

#[tokio::test]
async fn a_refusal_and_a_circle_end_the_poll() {
    let polls = polls();
    polls.server.answer_once(Err(FetchError::Refused(403)));
    assert!(matches!(polled(&polls).await, Err(PollFeedError::NoPage { page: 0, .. })));
    let error = polls.log.last_error(Feed::ExchangeRates).await.unwrap().unwrap();
    let what = "cannot get page 0 of exchange-rates: the server has not returned a page: the feed's server refuses \
                the request with status 403";
    assert_eq!((error.at, error.what.as_str()), (at("2026-11-21T10:00:00Z"), what), "operators see why");
    let mut circle: Value = serde_json::from_slice(&polls.server.page(Feed::ExchangeRates, "")).unwrap();
    circle["next"] = json!("");
    polls.server.answer_once(Ok(circle.to_string().into_bytes()));
    assert!(matches!(polled(&polls).await, Err(PollFeedError::Circle { page: 0, .. })));
    assert_eq!(polled(&polls).await.unwrap(), Polled::Waits, "a later poll continues");
}

#[tokio::test]
async fn without_time_another_message_continues_and_the_old_one_is_stale() {
    let polls = polls();
    let poll = at("2026-11-21T10:00:00Z");
    let polled = polls.handle(request(), poll, poll).await.unwrap();
    assert_eq!(polled, Polled::Continues);
    let [(next, after)] = polls.polls.take()[..] else { panic!("one message") };
    assert_eq!((next.turn, after), (1, 0));
    assert_eq!(polls.handle(request(), poll, poll).await.unwrap(), Polled::Late);
    assert!(polls.polls.take().is_empty());
    assert!(matches!(
        polls.handle(PollFeed { v: 2, ..request() }, poll, poll).await,
        Err(PollFeedError::UnknownVersion(2))
    ));
}

/// A queue that starts a later poll when a message is sent, as the schedule might.
struct Overtaken(FakeFeedLog);

impl PollQueue for Overtaken {
    async fn send(&self, _: PollFeed, _: u32) -> Result<(), PortError> {
        let progress = self.0.progress(Feed::ExchangeRates).await?.unwrap();
        let begun = progress.begun(at("2026-11-22T10:00:00Z")).unwrap();
        self.0.advance(&begun, &Step::Nothing).await?;
        Ok(())
    }
}

#[tokio::test]
async fn a_poll_that_is_overtaken_leaves_the_turns_of_the_later_one_alone() {
    let PollFeeds { server, log, files, imports, clock, answer_within, .. } = polls();
    let polls =
        PollFeeds { server, log: log.clone(), files, imports, polls: Overtaken(log.clone()), clock, answer_within };
    assert_eq!(
        polls.handle(request(), at("2026-11-21T10:00:00Z"), at("2026-11-21T10:00:00Z")).await.unwrap(),
        Polled::Continues
    );
    let progress = log.progress(Feed::ExchangeRates).await.unwrap().unwrap();
    assert_eq!((progress.poll, progress.turn), (at("2026-11-22T10:00:00Z"), 0));
}
