//! A gap closes when what was missing has come: by a new upload, by a corrected page, by a retry.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod bank;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use bank::{Polls, import, poll, polled, polls, proof, rate, request, retry, short};
use calendar::{Clock, Moment};
use feeds::testing::FakeFeedLog;
use feeds::{
    Closed, Feed, FeedClient, FeedFormat, FeedLog, FetchError, PageBatch, PageRecord, PollError, PollFeed, Progress,
    Proof, Step,
};
use imports::testing::{FakeFiles, FakeImports, altered};
use imports::{
    BatchOutcome, Batches, ContentHistory, Files, Import, ImportId, ImportStats, Imports, PortError, Saved, State,
    Upload,
};
use poll_feed::{PollFeeds, Polled};

const FEED: Feed = Feed::ExchangeRates;

fn failed() -> State {
    State::Failed { reason: "it is late".to_owned() }
}

fn refused() -> State {
    State::Refused { reason: "no such profile".to_owned() }
}

#[tokio::test]
async fn a_failed_import_with_its_file_uploaded_again_is_not_a_gap() {
    let polls = polls();
    let keys = polled(&polls, request(), &failed()).await;
    assert!(proof(&polls.log).await.gaps[0].ends_with(": it is late"), "{:?}", proof(&polls.log).await.gaps);

    let bytes = polls.files.all()[&keys[0]].clone();
    let upload = Upload {
        key: keys[0].clone(),
        version: "later".to_owned(),
        size_bytes: 1,
        uploaded_at: bank::at("2026-11-21T12:00:00Z"),
        metadata: BTreeMap::new(),
    };
    polls.files.upload(upload.clone(), &bytes);
    assert!(!polled_again(&polls).await.is_complete(), "it is not imported yet");
    let found = ImportStats { rows_read: 7, rows_taken: 7, ..ImportStats::default() };
    let import = altered(&Import::received(&upload), |it| {
        it.state = State::Done;
        it.found = Some(found);
    });
    polls.imports.receive(&import).await.unwrap();
    assert_eq!(polled_again(&polls).await.gaps, Vec::<String>::new());
}

async fn polled_again(polls: &Polls) -> Proof {
    assert!(polled(polls, request(), &State::Done).await.is_empty());
    proof(&polls.log).await
}

#[tokio::test]
async fn a_retry_repeats_failed_and_refused_imports_and_fetches_nothing_else() {
    for state in [refused(), failed()] {
        let polls = polls();
        let first = polled(&polls, request(), &state).await;
        assert_eq!(first, ["imports/exchange-rates/pages-00000000-00000003.csv.gz"]);
        assert!(polled(&polls, request(), &State::Done).await.is_empty(), "a poll leaves it");
        assert!(!proof(&polls.log).await.is_complete());

        polls.server.answer_once(Err(FetchError::Refused(500)));
        let again = polled(&polls, retry(), &state).await;
        assert_eq!(again, ["imports/exchange-rates/pages-00000000-00000003-again-1.csv.gz"]);
        assert!(!proof(&polls.log).await.is_complete(), "it was refused again");

        let again = polled(&polls, retry(), &State::Done).await;
        assert_eq!(again, ["imports/exchange-rates/pages-00000000-00000003-again-2.csv.gz"]);
        let proof = proof(&polls.log).await;
        assert_eq!((proof.gaps.clone(), proof.rows.taken, proof.pages.imports), (vec![], 7, 1));
        let page_batch = &polls.log.page_batches(FEED, 0..9).await.unwrap()[0];
        assert_eq!((page_batch.attempt, page_batch.earlier.len()), (2, 2));
        assert!(polled(&polls, retry(), &State::Done).await.is_empty(), "nothing is left to retry");
    }
}

#[tokio::test]
async fn a_page_that_the_bank_corrects_is_replaced_by_a_later_poll() {
    let polls = polls();
    let page = polls.server.page(FEED, "3");
    // Later answers come first: the first page, then four times the second one.
    for _ in 0..4 {
        polls.server.answer_once(Ok(short(&page)));
    }
    polls.server.answer_once(Ok(polls.server.page(FEED, "")));
    polled(&polls, request(), &State::Done).await;
    let gaps = proof(&polls.log).await.gaps;
    assert!(gaps[0].starts_with("page 1 (cursor `3`) declares 4 rows and has 3"), "{gaps:?}");
    let closed = polls.log.closed(FEED).await.unwrap();
    assert_eq!((closed.pages, closed.imports), (0, 0), "up to the first gap, whole imports are closed");

    // Still short: fetched once, and the gap stays. The first answer contains no new pages.
    polls.server.answer_once(Ok(short(&page)));
    polls.server.answer_once(Ok(polls.server.page(FEED, "7")));
    assert!(polled(&polls, request(), &State::Done).await.is_empty());
    assert!(!proof(&polls.log).await.is_complete());

    let again = polled(&polls, request(), &State::Done).await;
    assert_eq!(again, ["imports/exchange-rates/pages-00000000-00000003-again-1.csv.gz"]);
    assert_eq!(proof(&polls.log).await.gaps, Vec::<String>::new());
    assert_eq!(polls.log.pages(FEED, 1..2).await.unwrap()[0].requests, 5, "four times, and once when it was corrected");
    assert_eq!(polls.log.closed(FEED).await.unwrap().pages, 3);
    assert_eq!(proof(&polls.log).await.notes(), Vec::<String>::new(), "no row was withdrawn");
    assert!(polled(&polls, request(), &State::Done).await.is_empty(), "it is not fetched any more");
}

#[tokio::test]
async fn a_page_with_a_corrected_row_closes_and_leaves_a_note() {
    let polls = polls();
    let page = String::from_utf8(short(&polls.server.page(FEED, "3"))).unwrap();
    let garbled = page.replacen(r#""eur_rate":"0.9""#, r#""eur_rate":"9.0""#, 1);
    assert_ne!(page, garbled);
    polls.server.answer_at(FEED, "3", garbled.as_bytes(), 4);
    polled(&polls, request(), &State::Done).await;
    assert!(!proof(&polls.log).await.is_complete());
    let taken_first = polls.log.pages(FEED, 1..2).await.unwrap()[0].key.clone();

    for day in 0..2 {
        polled(&polls, request(), &State::Done).await;
        let (proof, closed) = (proof(&polls.log).await, polls.log.closed(FEED).await.unwrap());
        assert_eq!((proof.gaps.clone(), closed.pages), (vec![], 3), "{day}");
        let [note] = &*proof.notes() else { panic!("{:?}", proof.notes()) };
        assert!(note.starts_with("page 1 (cursor `3`): the bank has withdrawn 1 rows"), "{note}");
        assert!(note.contains(&taken_first), "{note}");
    }
}

#[tokio::test]
async fn a_corrected_page_that_leads_elsewhere_replaces_only_the_last_one() {
    let polls = polls();
    let elsewhere = |cursor: &str| {
        let mut page: serde_json::Value = serde_json::from_slice(&polls.server.page(FEED, cursor)).unwrap();
        page["next"] = serde_json::json!("99");
        page.to_string().into_bytes()
    };
    // The first and the last page are short; then both lead elsewhere.
    (0..4).for_each(|_| polls.server.answer_once(Ok(short(&polls.server.page(FEED, "6")))));
    polls.server.answer_once(Ok(polls.server.page(FEED, "3")));
    (0..4).for_each(|_| polls.server.answer_once(Ok(short(&polls.server.page(FEED, "")))));
    polled(&polls, request(), &State::Done).await;
    polls.server.answer_once(Ok(elsewhere("6")));
    polls.server.answer_once(Ok(elsewhere("")));
    polls.server.answer_once(Ok(polls.server.page(FEED, "7")));
    polled(&polls, request(), &State::Done).await;
    let gaps = proof(&polls.log).await.gaps;
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0].starts_with("page 0 "), "{gaps:?}");
    assert_eq!(polls.log.progress(FEED).await.unwrap().unwrap().cursor, "99", "what follows is there");
}

/// A bank that has changed to a server that keeps the cursor itself.
struct Changed(AtomicUsize);

impl FeedClient for Changed {
    fn format(&self) -> FeedFormat {
        FeedFormat::Cdm
    }
    async fn fetch_page(&self, _: Feed, _: &str) -> Result<Vec<u8>, FetchError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn a_page_is_not_fetched_again_from_a_server_that_keeps_the_cursor() {
    let polls = polls();
    let page = polls.server.page(FEED, "");
    (0..4).for_each(|_| polls.server.answer_once(Ok(short(&page))));
    polled(&polls, request(), &State::Done).await;
    let PollFeeds { log, files, imports, polls, clock, answer_within, .. } = polls;
    let changed = Changed(AtomicUsize::default());
    let polls = PollFeeds { server: changed, log, files, imports, polls, clock, answer_within };
    polls.clock.advance(60);
    let now = polls.clock.now();
    let until = Moment::instant(now.micros() + 170_000_000).unwrap();
    // A retry of a feed at its end fetches no new pages either.
    assert_eq!(polls.handle(retry(), now, until).await.unwrap(), Polled::Done);
    assert_eq!(polls.server.0.load(Ordering::Relaxed), 0, "each answer would be the next page, and lost");
}

/// The record of feeds, counting the records that are read of it.
#[derive(Default)]
struct CountingLog(FakeFeedLog, AtomicUsize);

impl CountingLog {
    fn count<T>(&self, read: Vec<T>) -> Vec<T> {
        self.1.fetch_add(1 + read.len(), Ordering::Relaxed);
        read
    }
}

impl FeedLog for CountingLog {
    async fn progress(&self, feed: Feed) -> Result<Option<Progress>, PortError> {
        self.count(vec![()]);
        self.0.progress(feed).await
    }
    async fn advance(&self, progress: &Progress, step: &Step) -> Result<Saved, PortError> {
        self.0.advance(progress, step).await
    }
    async fn pages(&self, feed: Feed, numbers: Range<u32>) -> Result<Vec<PageRecord>, PortError> {
        Ok(self.count(self.0.pages(feed, numbers).await?))
    }
    async fn page_batches(&self, feed: Feed, numbers: Range<u32>) -> Result<Vec<PageBatch>, PortError> {
        Ok(self.count(self.0.page_batches(feed, numbers).await?))
    }
    async fn closed(&self, feed: Feed) -> Result<Closed, PortError> {
        self.count(vec![()]);
        self.0.closed(feed).await
    }
    async fn note_error(&self, feed: Feed, error: &PollError) -> Result<(), PortError> {
        self.0.note_error(feed, error).await
    }
    async fn last_error(&self, feed: Feed) -> Result<Option<PollError>, PortError> {
        self.0.last_error(feed).await
    }
    async fn proof(&self, feed: Feed) -> Result<Option<Proof>, PortError> {
        self.0.proof(feed).await
    }
}

/// The record of imports, counting what is read of it.
#[derive(Default)]
struct CountingImports(FakeImports, AtomicUsize);

impl Imports for CountingImports {
    async fn receive(&self, import: &Import) -> Result<Import, PortError> {
        self.0.receive(import).await
    }
    async fn find(&self, id: ImportId) -> Result<Option<Import>, PortError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.find(id).await
    }
    async fn save(&self, import: &Import) -> Result<Saved, PortError> {
        self.0.save(import).await
    }
    async fn first_with(&self, content: &str, import: &Import) -> Result<ContentHistory, PortError> {
        self.0.first_with(content, import).await
    }
}

impl Batches for CountingImports {
    async fn finish(
        &self,
        import: ImportId,
        batch: u32,
        outcome: BatchOutcome,
        now: Moment,
    ) -> Result<BatchOutcome, PortError> {
        self.0.finish(import, batch, outcome, now).await
    }
    async fn finished(&self, import: ImportId) -> Result<Vec<(u32, BatchOutcome)>, PortError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.finished(import).await
    }
    async fn is_finished(&self, import: ImportId, batch: u32) -> Result<bool, PortError> {
        self.0.is_finished(import, batch).await
    }
    async fn last_progress(&self, import: ImportId) -> Result<Option<Moment>, PortError> {
        self.0.last_progress(import).await
    }
    async fn complete(&self, import: ImportId, level: u8, number: u32) -> Result<(), PortError> {
        self.0.complete(import, level, number).await
    }
    async fn complete_in(&self, import: ImportId, level: u8, group: u32) -> Result<u32, PortError> {
        self.0.complete_in(import, level, group).await
    }
}

#[tokio::test]
async fn the_thousandth_poll_reads_as_much_as_the_second() {
    let PollFeeds { server, files, polls, clock, answer_within, .. } = polls();
    let (log, imports) = (CountingLog::default(), CountingImports::default());
    let polls = PollFeeds { server, log, files, imports, polls, clock, answer_within };
    let mut reads = Vec::new();
    for number in 0..1000 {
        polls.server.add(FEED, (0..3).map(rate));
        polled(&polls, request(), &State::Done).await;
        assert!(number % 100 > 0 || proof(&polls.log).await.is_complete(), "poll {number}");
        let read = |count: &AtomicUsize| count.swap(0, Ordering::Relaxed);
        reads.push((read(&polls.log.1), read(&polls.imports.1)));
    }
    assert_eq!(reads[1], reads[999]);
    assert_eq!(proof(&polls.log).await.rows.taken, 3007, "the closed part counts");
}

/// A bucket in which somebody else writes the same key at the same moment.
#[derive(Default)]
struct Racing(FakeFiles);

impl Files for Racing {
    async fn describe(&self, key: &str, version: Option<&str>) -> Result<Option<Upload>, PortError> {
        self.0.describe(key, version).await
    }
    async fn read(&self, key: &str, version: Option<&str>, range: Range<u64>) -> Result<Option<Vec<u8>>, PortError> {
        self.0.read(key, version, range).await
    }
    async fn write(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<String, PortError> {
        let ours = self.0.write(key, bytes.clone(), content_type).await?;
        self.0.write(key, bytes, content_type).await?;
        Ok(ours)
    }
    async fn list(&self, prefix: &str, after: &str) -> Result<Vec<String>, PortError> {
        self.0.list(prefix, after).await
    }
}

#[tokio::test]
async fn the_import_that_is_recorded_is_of_the_version_that_was_written() {
    let PollFeeds { server, log, imports, polls, clock, answer_within, .. } = polls();
    let polls = PollFeeds { server, log, files: Racing::default(), imports, polls, clock, answer_within };
    let until = bank::at("2026-11-21T10:03:00Z");
    assert_eq!(polls.handle(request(), bank::at("2026-11-21T10:00:00Z"), until).await.unwrap(), Polled::Waits);
    let page_batch = &polls.log.page_batches(FEED, 0..1).await.unwrap()[0];
    assert_eq!(page_batch.import, ImportId::of(&page_batch.key, "00000000"), "not the other one's");
}

#[tokio::test]
async fn a_file_that_an_earlier_delivery_has_written_is_not_written_again() {
    let first = polls();
    assert_eq!(poll(&first, request()).await, Polled::Waits);
    let keys: Vec<String> = first.files.take_arrived().into_iter().map(|it| it.key).collect();
    // The same feed is polled from the start, with the same bucket.
    let PollFeeds { server, files, imports, polls, clock, answer_within, .. } = first;
    let second = PollFeeds { server, log: FakeFeedLog::default(), files, imports, polls, clock, answer_within };
    assert_eq!(poll(&second, request()).await, Polled::Waits);
    assert!(second.files.take_arrived().is_empty(), "{keys:?}");
    let page_batch = &second.log.page_batches(FEED, 0..1).await.unwrap()[0];
    assert_eq!(page_batch.import, ImportId::of(&keys[0], "00000000"));
    assert!(import(&second.files, &second.imports, &State::Done).await.is_empty());
}

#[test]
fn a_retry_is_a_message_of_its_own() {
    let text = serde_json::to_string(&PollFeed { retry: true, waits: 3, ..request() }).unwrap();
    assert_eq!(text, r#"{"v":1,"feed":"exchange-rates","turn":0,"waits":3,"retry":true}"#);
    assert_eq!(serde_json::from_str::<PollFeed>(&text).unwrap(), PollFeed { retry: true, waits: 3, ..request() });
}
