//! A poll ends before its invocation does, and backs off while it waits for imports.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod bank;

use bank::{ManualClock, at, polls, request};
use calendar::{Clock, Moment};
use feeds::testing::FakeFeedClient;
use feeds::{Feed, FeedClient, FeedLog, FetchError, PollFeed};
use poll_feed::{NoPage, PollFeedError, PollFeeds, Polled};

/// A server that takes ten seconds for each answer.
struct Slow(FakeFeedClient, ManualClock);

impl FeedClient for Slow {
    async fn fetch_page(&self, feed: Feed, cursor: &str) -> Result<Vec<u8>, FetchError> {
        self.1.advance(10);
        self.0.fetch_page(feed, cursor).await
    }
}

/// A poll that begins with `seconds` left, over a slow server that first answers with the first page if `works`, then
/// fails. Returns the result and the remaining seconds.
async fn slowly(seconds: i64, works: bool) -> (Result<Polled, PollFeedError>, i64, Vec<(PollFeed, u32)>) {
    let PollFeeds { server, log, files, imports, polls, clock, answer_within } = polls();
    (0..20).for_each(|_| server.answer_once(Err(FetchError::Failing("no answer within 10 s".to_owned()))));
    if works {
        server.answer_once(Ok(server.page(Feed::ExchangeRates, "")));
    }
    let server = Slow(server, clock.clone());
    let polls = PollFeeds { server, log, files, imports, polls, clock, answer_within };
    let now = polls.clock.now();
    let until = Moment::instant(now.micros() + seconds * 1_000_000).unwrap();
    let polled = polls.handle(request(), now, until).await;
    let left = (until.micros() - polls.clock.now().micros()) / 1_000_000;
    assert_eq!(polls.log.pages(Feed::ExchangeRates, 0..9).await.unwrap().len(), usize::from(works));
    (polled, left, polls.polls.take())
}

#[tokio::test]
async fn a_slow_server_gets_no_request_after_the_deadline_and_another_message_continues() {
    let (polled, left, sent) = slowly(80, true).await;
    assert_eq!(polled.unwrap(), Polled::Continues);
    assert!((15..25).contains(&left), "{left} s left: no answer is awaited that could come too late");
    assert_eq!((sent[0].0.turn, sent[0].0.waits, sent[0].1), (1, 0, 0));
}

#[tokio::test]
async fn a_page_that_does_not_come_in_the_whole_time_of_a_message_fails_it() {
    let (polled, left, sent) = slowly(75, false).await;
    let error = polled.unwrap_err();
    assert!(matches!(&error, PollFeedError::NoPage { page: 0, last: NoPage::Fetch(_), .. }), "{error:?}");
    assert!((15..25).contains(&left), "{left} s left");
    assert!(sent.is_empty(), "the queue delivers it again, then gives it up");
}

#[tokio::test]
async fn a_step_is_only_begun_with_a_minute_left() {
    let (polled, left, _) = slowly(59, false).await;
    assert_eq!((polled.unwrap(), left), (Polled::Continues, 59));
}

#[tokio::test]
async fn each_message_that_waits_waits_twice_as_long_up_to_a_quarter_of_an_hour() {
    let polls = polls();
    let (poll, mut next, mut delays) = (at("2026-11-21T10:00:00Z"), request(), Vec::new());
    loop {
        let until = Moment::instant(polls.clock.now().micros() + 170_000_000).unwrap();
        let polled = polls.handle(next, poll, until).await.unwrap();
        if polled == Polled::Done {
            break;
        }
        let sent = polls.polls.take()[0];
        polls.clock.advance(i64::from(sent.1));
        delays.push(sent.1);
        next = sent.0;
    }
    assert_eq!(delays, [3, 6, 12, 24, 48, 96, 192, 384, 768, 900, 900, 268]);
    assert_eq!(delays.iter().sum::<u32>(), 3601, "no longer than an hour");
    assert!(!polls.log.proof(Feed::ExchangeRates).await.unwrap().unwrap().is_complete(), "the import never came");
}
