//! Several polls of a server that keeps the cursor itself, interleaved at each call of a port and ended anywhere, by
//! seed: each answer that was kept is one page.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeSet, VecDeque};
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use calendar::{Clock, Moment};
use e2e::{Faults, Faulty, Schedule, finish};
use feeds::testing::{FakeFeedLog, FakePollQueue};
use feeds::{Feed, FeedClient, FeedFormat, FeedLog, FetchError, PageRecord, PollFeed};
use imports::testing::{FakeFiles, FakeImports};
use poll_feed::PollFeeds;

const FEED: Feed = Feed::Sepa;

struct Now;

impl Clock for Now {
    fn now(&self) -> Moment {
        at(0)
    }
}

/// So many minutes after ten.
fn at(minute: u32) -> Moment {
    format!("2026-11-21T10:{minute:02}:00Z").parse().unwrap()
}

/// Gives each answer once; then it stays silent.
struct Server(Mutex<VecDeque<Vec<u8>>>);

impl FeedClient for &Server {
    fn format(&self) -> FeedFormat {
        FeedFormat::Cdm
    }

    fn end_after_silences(&self) -> u32 {
        2
    }

    async fn fetch_page(&self, _: Feed, _: &str) -> Result<Vec<u8>, FetchError> {
        let answer = self.0.lock().unwrap().pop_front();
        yielded().await;
        answer.ok_or_else(|| FetchError::NoAnswer("nothing".to_owned()))
    }
}

/// Yields to other tasks once.
async fn yielded() {
    let mut before = true;
    std::future::poll_fn(|_| if std::mem::take(&mut before) { Poll::Pending } else { Poll::Ready(()) }).await;
}

fn answer(id: usize) -> Vec<u8> {
    let row = format!(r#"[{{"id":{id},"sender":"A","beneficiary":"B","amount":1.50,"currency":"EUR","time":"t"}}]"#);
    serde_json::json!({ "sepa_transactions": row }).to_string().into_bytes()
}

/// Runs a seed; returns how many polls ended early, and how many answers were kept.
fn check(seed: u64) -> (usize, usize) {
    let faults = Faults::scheduled(Schedule::new(seed, 0));
    let schedule = faults.schedule().unwrap();
    let server = Server(Mutex::new((0..=schedule.below(9)).map(answer).collect()));
    let (log, files, imports, queue) =
        (FakeFeedLog::default(), FakeFiles::default(), FakeImports::default(), FakePollQueue::default());
    let polls = || PollFeeds {
        server: &server,
        log: Faulty { port: &log, faults: &faults },
        files: Faulty { port: &files, faults: &faults },
        imports: Faulty { port: &imports, faults: &faults },
        polls: Faulty { port: &queue, faults: &faults },
        clock: Now,
        answer_within: Duration::from_secs(10),
    };
    let poll = |minute: u32| async move {
        let request = PollFeed { feed: Some(FEED), poll: Some(at(minute)), ..PollFeed::all() };
        polls().handle(request, at(minute), at(30)).await.unwrap();
    };
    let mut ended_early = 0;
    let mut running: Vec<Pin<Box<dyn Future<Output = ()> + '_>>> = Vec::new();
    let mut waiting = vec![1, 1, 2, 2, 3, 4];
    while !(running.is_empty() && waiting.is_empty()) {
        if running.len() < 3 && !waiting.is_empty() && (running.is_empty() || schedule.chance(100)) {
            running.push(Box::pin(poll(waiting.remove(0))));
        }
        let at = schedule.below(running.len());
        if schedule.chance(15) {
            drop(running.swap_remove(at));
            ended_early += 1;
        } else if running[at].as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            drop(running.swap_remove(at));
        }
    }
    finish(poll(9));

    let pages = finish(log.pages(FEED, 0..999)).unwrap();
    let kept: BTreeSet<String> = files.all().into_keys().filter(|it| it.starts_with("feeds/")).collect();
    let recorded: Vec<String> = pages.iter().map(|it: &PageRecord| it.key.clone()).collect();
    assert_eq!(recorded.len(), kept.len(), "seed {seed}: {recorded:?} of {kept:?}");
    assert_eq!(BTreeSet::from_iter(recorded), kept, "seed {seed}");
    (ended_early, kept.len())
}

#[test]
fn each_answer_that_was_kept_is_one_page_however_polls_meet_and_end() {
    let ran = (0..2_000).map(check).fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    assert!(ran.0 > 1_000 && ran.1 > 5_000, "too few polls ended early, or too few answers were kept: {ran:?}");
}
