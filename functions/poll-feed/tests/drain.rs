//! What a poll does with a server that keeps the cursor itself and declares nothing.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Mutex;
use std::time::Duration;

use calendar::{Clock, Moment};
use feeds::testing::{FakeFeedLog, FakePollQueue};
use feeds::{
    Closed, CutAnswer, Feed, FeedClient, FeedFormat, FeedLog, FetchError, PageBatch, PageRecord, PollError, PollFeed,
    Progress, Proof, Step,
};
use imports::testing::{FakeFiles, FakeImports};
use imports::{Files, PortError, Saved, Upload};
use poll_feed::{NoPage, PollFeedError, PollFeeds, Polled};

struct At(Moment);

impl Clock for At {
    fn now(&self) -> Moment {
        self.0
    }
}

/// Gives each answer once; then it stays silent.
#[derive(Default)]
struct Server {
    answers: Mutex<VecDeque<Result<Vec<u8>, FetchError>>>,
    requests: Mutex<u32>,
    /// Another poll records a page in this log while the server answers.
    overtaken: Option<FakeFeedLog>,
}

impl FeedClient for Server {
    fn format(&self) -> FeedFormat {
        FeedFormat::Cdm
    }

    fn end_after_silences(&self) -> u32 {
        2
    }

    async fn fetch_page(&self, feed: Feed, _: &str) -> Result<Vec<u8>, FetchError> {
        *self.requests.lock().unwrap() += 1;
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or_else(|| Err(silence()));
        if let Some(log) = self.overtaken.as_ref().filter(|_| answer.is_ok()) {
            let progress = log.progress(feed).await.unwrap().unwrap();
            let page = log.pages(feed, 0..1).await.unwrap().pop();
            let page = page.unwrap_or_else(|| other(feed));
            log.advance(&progress.taken(&page, 1, true), &Step::Page(PageRecord { number: progress.pages, ..page }))
                .await
                .unwrap();
        }
        answer
    }
}

fn silence() -> FetchError {
    FetchError::NoAnswer("nothing".to_owned())
}

fn other(feed: Feed) -> PageRecord {
    serde_json::from_value(serde_json::json!({
        "number": 0, "format": "cdm", "damaged": 0, "cursor": "", "next": "", "key": PageRecord::key(feed, 0, "other"), "asked": 1,
        "repeated": 0, "declared": {"rows": 0, "unreadable": 0, "sums": []}, "received": {"rows": 0, "unreadable": 0, "sums": []},
    }))
    .unwrap()
}

type Polls = PollFeeds<Server, FakeFeedLog, FakeFiles, FakeImports, FakePollQueue, At>;

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

fn polls(answers: impl IntoIterator<Item = Result<Vec<u8>, FetchError>>) -> Polls {
    PollFeeds {
        server: Server { answers: Mutex::new(answers.into_iter().collect()), ..Server::default() },
        log: FakeFeedLog::default(),
        files: FakeFiles::default(),
        imports: FakeImports::default(),
        polls: FakePollQueue::default(),
        clock: At(at("2026-11-21T10:00:00Z")),
        answer_within: Duration::from_secs(10),
    }
}

/// An object of transfers with these ids.
fn object(ids: &[u32]) -> Vec<u8> {
    let rows: Vec<String> = ids
        .iter()
        .map(|id| {
            format!(
                r#"{{"id":{id},"sender":"A","beneficiary":"B","amount":1.50,"currency":"EUR","time":"2026-01-01"}}"#
            )
        })
        .collect();
    serde_json::json!({ "sepa_transactions": format!("[{}]", rows.join(",")) }).to_string().into_bytes()
}

async fn polled(polls: &Polls, feed: Feed, day: u32) -> Result<Polled, PollFeedError> {
    let poll = at(&format!("2026-11-{day}T10:00:00Z"));
    polls.handle(PollFeed { feed: Some(feed), ..PollFeed::all() }, poll, at("2026-11-21T10:05:00Z")).await
}

async fn pages(polls: &Polls, feed: Feed) -> Vec<PageRecord> {
    polls.log.pages(feed, 0..99).await.unwrap()
}

async fn progress(polls: &Polls, feed: Feed) -> Progress {
    polls.log.progress(feed).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_feed_is_fetched_until_it_is_silent_and_again_by_the_next_poll() {
    let polls = polls([
        Ok(object(&[1, 2])),
        Err(silence()),
        Ok([object(&[3]), object(&[4, 5])].concat()),
        Err(FetchError::Failing("status 500".to_owned())),
        Err(silence()),
        Ok(Vec::new()),
    ]);
    assert_eq!(polled(&polls, Feed::Sepa, 21).await.unwrap(), Polled::Waits, "for the companies");
    let taken = pages(&polls, Feed::Sepa).await;
    let counts: Vec<_> = taken.iter().map(|it| (it.received.rows, it.declared.rows, it.requests, it.damaged)).collect();
    assert_eq!(counts, [(2, 0, 1, 0), (3, 0, 2, 0)]);
    assert!(taken.iter().all(|it| it.format == FeedFormat::Cdm && it.received.sums.len() == 1));
    assert!(progress(&polls, Feed::Sepa).await.at_end);
    assert_eq!(*polls.server.requests.lock().unwrap(), 6);
    assert_eq!(polls.files.all()[&taken[1].key], [object(&[3]), object(&[4, 5])].concat(), "unchanged");

    polls.server.answers.lock().unwrap().push_back(Ok(object(&[6])));
    polled(&polls, Feed::Sepa, 22).await.unwrap();
    assert_eq!(pages(&polls, Feed::Sepa).await.len(), 3);
}

#[tokio::test]
async fn what_was_kept_before_the_process_stopped_is_recorded_by_the_next() {
    let before = polls([Ok(object(&[1, 2]))]);
    polled(&before, Feed::Sepa, 21).await.unwrap();
    let kept = pages(&before, Feed::Sepa).await;
    // Nothing of it was recorded, and the server does not give it again.
    let after = Polls { log: FakeFeedLog::default(), server: Server::default(), ..before };
    polled(&after, Feed::Sepa, 21).await.unwrap();
    assert_eq!(pages(&after, Feed::Sepa).await, kept);
    assert!(progress(&after, Feed::Sepa).await.at_end);
}

#[tokio::test]
async fn an_answer_that_was_overtaken_is_recorded_behind_the_other() {
    let log = FakeFeedLog::default();
    let polls = polls([Ok(object(&[1, 2]))]);
    let server = Server { overtaken: Some(log.clone()), ..polls.server };
    let polls = Polls { server, log, ..polls };
    polled(&polls, Feed::Sepa, 21).await.unwrap();
    let taken = pages(&polls, Feed::Sepa).await;
    let rows: Vec<_> = taken.iter().map(|it| (it.number, it.received.rows)).collect();
    assert_eq!(rows, [(0, 0), (1, 2)], "two answers, two pages");
    assert_eq!(polls.files.all()[&taken[1].key], object(&[1, 2]));
}

#[tokio::test]
async fn of_a_damaged_answer_what_is_whole_is_taken_and_the_damage_is_recorded() {
    let cut = [object(&[1]), object(&[2])[..20].to_vec()].concat();
    let polls = polls([
        Ok(b"{\"sepa_trans".to_vec()),
        Err(FetchError::Cut(CutAnswer(cut.clone()))),
        Err(FetchError::Cut(CutAnswer(object(&[3])))),
        Ok(object(&[4])),
    ]);
    polled(&polls, Feed::Sepa, 21).await.unwrap();
    let taken = pages(&polls, Feed::Sepa).await;
    let counts: Vec<_> = taken.iter().map(|it| (it.received.rows, it.damaged, it.requests)).collect();
    assert_eq!(counts, [(0, 1, 1), (1, 1, 1), (1, 1, 1), (1, 0, 1)]);
    assert_eq!(polls.files.all()[&taken[1].key], cut, "unchanged");
}

#[tokio::test]
async fn damage_before_the_end_is_recorded() {
    let cut = || Err(FetchError::Cut(CutAnswer(b"{\"sepa_transactions\":\"[{".to_vec())));
    let polls = polls([Ok(object(&[1])), cut(), Err(silence()), cut(), Ok(b"<html>".to_vec())]);
    polled(&polls, Feed::Sepa, 21).await.unwrap();
    let counts: Vec<_> = pages(&polls, Feed::Sepa).await.iter().map(|it| (it.received.rows, it.damaged)).collect();
    assert_eq!(counts, [(1, 0), (0, 1), (0, 1), (0, 1)], "the proof must say that rows may be missing");
    assert!(progress(&polls, Feed::Sepa).await.at_end);
}

#[tokio::test]
async fn a_server_that_sends_no_feed_at_all_does_not_fill_the_record() {
    let polls = polls((0..500).map(|number| Ok(format!("<html>{number}").into_bytes())));
    let error = polled(&polls, Feed::Sepa, 21).await.unwrap_err();
    assert!(matches!(error, PollFeedError::NoPage { last: NoPage::Page(_), .. }), "{error}");
    assert_eq!(pages(&polls, Feed::Sepa).await.len(), 12, "one for each request");
}

#[tokio::test]
async fn an_unreadable_table_is_fetched_again() {
    let table = serde_json::json!({ "company_info": r#"[{"companyID":1}]"# }).to_string().into_bytes();
    let polls = polls([Ok(table[..9].to_vec()), Ok(table)]);
    polled(&polls, Feed::CompanyInfo, 21).await.unwrap();
    let counts: Vec<_> =
        pages(&polls, Feed::CompanyInfo).await.iter().map(|it| (it.received.rows, it.requests)).collect();
    assert_eq!(counts, [(1, 2)]);
}

/// Keeps an answer as a process does that stops before it records it.
async fn keep(polls: &Polls, number: u32, id: u32, is_cut: bool) -> String {
    let key = PageRecord::answer_key(Feed::Sepa, number, &format!("{id:016}"), is_cut);
    polls.files.write(&key, object(&[id]), "application/json").await.unwrap();
    key
}

#[tokio::test]
async fn each_answer_that_was_kept_and_not_recorded_is_recorded_once() {
    let polls = polls([Ok(object(&[1])), Ok(object(&[2]))]);
    let kept = [keep(&polls, 0, 7, false).await, keep(&polls, 0, 8, true).await, keep(&polls, 1, 9, false).await];
    polled(&polls, Feed::Sepa, 21).await.unwrap();
    let taken = pages(&polls, Feed::Sepa).await;
    assert_eq!(taken[2..].iter().map(|it| it.key.clone()).collect::<Vec<_>>(), kept);
    assert_eq!(
        taken.iter().map(|it| (it.received.rows, it.damaged)).collect::<Vec<_>>(),
        [(1, 0), (1, 0), (1, 0), (1, 1), (1, 0)]
    );

    // A process of the last poll that was late keeps one more.
    keep(&polls, 3, 10, false).await;
    for day in 22..26 {
        polled(&polls, Feed::Sepa, day).await.unwrap();
        assert_eq!(pages(&polls, Feed::Sepa).await.len(), 6, "{day}");
    }
}

#[tokio::test]
async fn an_answer_without_rows_is_an_end_and_no_page() {
    let polls = polls([Ok(object(&[1])), Ok(object(&[])), Ok(object(&[2]))]);
    for (day, expected) in [(21, 1), (22, 2), (23, 2)] {
        polled(&polls, Feed::Sepa, day).await.unwrap();
        assert_eq!(pages(&polls, Feed::Sepa).await.len(), expected, "{day}");
    }
}

/// A record in which another poll writes each page just before this one.
struct Overtaken(FakeFeedLog);

impl FeedLog for Overtaken {
    async fn progress(&self, feed: Feed) -> Result<Option<Progress>, PortError> {
        self.0.progress(feed).await
    }
    async fn advance(&self, progress: &Progress, step: &Step) -> Result<Saved, PortError> {
        if matches!(step, Step::Page(_)) {
            self.0.advance(progress, step).await?;
        }
        self.0.advance(progress, step).await
    }
    async fn pages(&self, feed: Feed, numbers: Range<u32>) -> Result<Vec<PageRecord>, PortError> {
        self.0.pages(feed, numbers).await
    }
    async fn page_batches(&self, feed: Feed, numbers: Range<u32>) -> Result<Vec<PageBatch>, PortError> {
        self.0.page_batches(feed, numbers).await
    }
    async fn closed(&self, feed: Feed) -> Result<Closed, PortError> {
        self.0.closed(feed).await
    }
    async fn proof(&self, feed: Feed) -> Result<Option<Proof>, PortError> {
        self.0.proof(feed).await
    }
    async fn note_error(&self, feed: Feed, error: &PollError) -> Result<(), PortError> {
        self.0.note_error(feed, error).await
    }
    async fn last_error(&self, feed: Feed) -> Result<Option<PollError>, PortError> {
        self.0.last_error(feed).await
    }
}

#[tokio::test]
async fn an_answer_that_another_poll_has_recorded_is_one_page() {
    let PollFeeds { server, log, files, imports, polls, clock, answer_within } =
        polls([Ok(object(&[1])), Ok(object(&[2, 3]))]);
    let log = Overtaken(log);
    let polls = PollFeeds { server, log, files, imports, polls, clock, answer_within };
    let request = PollFeed { feed: Some(Feed::Sepa), ..PollFeed::all() };
    polls.handle(request, at("2026-11-21T10:00:00Z"), at("2026-11-21T10:05:00Z")).await.unwrap();
    let rows: Vec<_> = polls.log.pages(Feed::Sepa, 0..9).await.unwrap().iter().map(|it| it.received.rows).collect();
    assert_eq!(rows, [1, 2]);
}

#[tokio::test]
async fn a_refusal_ends_the_poll_and_a_failing_server_is_no_end() {
    let failing = polls([Err(FetchError::Refused(401))]);
    let error = polled(&failing, Feed::Sepa, 21).await.unwrap_err();
    assert!(matches!(error, PollFeedError::NoPage { page: 0, last: NoPage::Fetch(FetchError::Refused(401)), .. }));
    assert!(!progress(&failing, Feed::Sepa).await.at_end);
}

#[tokio::test]
async fn a_table_comes_whole_and_the_same_table_is_taken_once() {
    let table = |id: &str| {
        let list = format!(
            r#"[{{"companyID":"{id}","ibans":"{{DE89370400440532013000}}","name":"N","address":"A","balance":0}}]"#
        );
        serde_json::json!({ "company_info": list }).to_string().into_bytes()
    };
    let polls = polls([Ok(table("C1")), Ok(table("C1")), Ok(table("C2"))]);
    for (day, pages_expected) in [(21, 1), (22, 1), (23, 2)] {
        polled(&polls, Feed::CompanyInfo, day).await.unwrap();
        assert_eq!(pages(&polls, Feed::CompanyInfo).await.len(), pages_expected, "{day}");
    }
    assert_eq!(*polls.server.requests.lock().unwrap(), 3, "one answer is all of it");
}

/// A bucket that fails a few times.
struct Flaky(FakeFiles, Mutex<u32>);

impl Files for Flaky {
    async fn describe(&self, key: &str, version: Option<&str>) -> Result<Option<Upload>, PortError> {
        self.0.describe(key, version).await
    }

    async fn read(&self, key: &str, version: Option<&str>, range: Range<u64>) -> Result<Option<Vec<u8>>, PortError> {
        self.0.read(key, version, range).await
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<String, PortError> {
        if let Some(left) = { self.1.lock().unwrap().checked_sub(1) } {
            *self.1.lock().unwrap() = left;
            return Err(PortError::Unavailable("the bucket", "not now".into()));
        }
        self.0.write(key, bytes, content_type).await
    }
    async fn list(&self, prefix: &str, after: &str) -> Result<Vec<String>, PortError> {
        self.0.list(prefix, after).await
    }
}

#[tokio::test]
async fn a_bucket_that_fails_loses_no_answer() {
    let PollFeeds { server, log, files, imports, polls, clock, answer_within } =
        polls([Ok(object(&[1])), Ok(object(&[2]))]);
    let files = Flaky(files, Mutex::new(4));
    let polls = PollFeeds { server, log, files, imports, polls, clock, answer_within };
    let request = PollFeed { feed: Some(Feed::Sepa), ..PollFeed::all() };
    let poll = at("2026-11-21T10:00:00Z");
    polls.handle(request, poll, at("2026-11-21T10:05:00Z")).await.unwrap();
    let rows = polls.log.pages(Feed::Sepa, 0..9).await.unwrap().iter().map(|it| it.received.rows).sum::<u64>();
    assert_eq!(rows, 2);
}

/// A clock that advances by ten seconds with each call.
struct Ticking(Mutex<Moment>);

impl Clock for Ticking {
    fn now(&self) -> Moment {
        let mut now = self.0.lock().unwrap();
        *now = Moment::instant(now.micros() + 10_000_000).unwrap();
        *now
    }
}

#[tokio::test]
async fn a_feed_is_not_fetched_without_time_to_store_the_answer() {
    let PollFeeds { server, log, files, imports, polls, answer_within, .. } =
        polls((0..900).map(|id| Ok(object(&[id]))));
    let clock = Ticking(Mutex::new(at("2026-11-21T10:00:00Z")));
    let polls = PollFeeds { server, log, files, imports, polls, clock, answer_within };
    let request = PollFeed { feed: Some(Feed::Sepa), ..PollFeed::all() };
    let poll = at("2026-11-21T10:00:00Z");
    assert_eq!(polls.handle(request, poll, at("2026-11-21T10:03:00Z")).await.unwrap(), Polled::Continues);
    let requests = *polls.server.requests.lock().unwrap();
    let taken = polls.log.pages(Feed::Sepa, 0..99).await.unwrap().len();
    assert!(requests > 0, "there was time for some");
    assert_eq!(usize::try_from(requests).unwrap(), taken, "each answer is recorded");
    assert_eq!(polls.polls.take()[0].0.turn, 1, "another message continues");
}
