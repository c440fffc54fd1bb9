//! Fakes of the ports of feeds, and the contract that the record shares with its adapter.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use imports::{ImportId, PortError, Saved, Version};
use money::{Currency, Money};
use serde_json::{Value, json};

use crate::{
    Closed, Counted, Feed, FeedClient, FeedLog, FetchError, LeftOut, PageBatch, PageRecord, PollError, PollFeed,
    PollQueue, Progress, Proof, Step,
};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The record of feeds in memory; its clones are the same record.
#[derive(Clone, Default)]
pub struct FakeFeedLog(Arc<Mutex<BTreeMap<Feed, Logged>>>);

/// The records of a feed.
#[derive(Clone, Default, PartialEq, Debug)]
struct Logged {
    progress: Option<Progress>,
    pages: BTreeMap<u32, PageRecord>,
    page_batches: BTreeMap<u32, PageBatch>,
    proofs: BTreeMap<calendar::Moment, Proof>,
    closed: Closed,
    error: Option<PollError>,
}

impl FakeFeedLog {
    /// Stores a proof as if a poll had ended with it.
    pub fn keep_proof(&self, proof: &Proof) {
        lock(&self.0).entry(proof.feed).or_default().proofs.insert(proof.poll, proof.clone());
    }
}

impl FeedLog for FakeFeedLog {
    async fn progress(&self, feed: Feed) -> Result<Option<Progress>, PortError> {
        Ok(lock(&self.0).get(&feed).and_then(|it| it.progress.clone()))
    }

    async fn advance(&self, progress: &Progress, step: &Step) -> Result<Saved, PortError> {
        let mut logs = lock(&self.0);
        let log = logs.entry(progress.feed).or_default();
        if log.progress.as_ref().map_or(Version::default(), |it| it.version) != progress.version {
            return Ok(Saved::Conflict);
        }
        let version = progress.version.next();
        log.progress = Some(Progress { version, ..progress.clone() });
        match step {
            Step::Page(page) => drop(log.pages.insert(page.number, page.clone())),
            Step::Gathered(page_batch) => drop(log.page_batches.insert(page_batch.number, page_batch.clone())),
            Step::Proven { proof, closed } => {
                log.proofs.insert(proof.poll, (**proof).clone());
                log.closed = (**closed).clone();
            }
            Step::Nothing => {}
        }
        Ok(Saved::Stored(version))
    }

    async fn pages(&self, feed: Feed, numbers: Range<u32>) -> Result<Vec<PageRecord>, PortError> {
        let logs = lock(&self.0);
        let pages = logs.get(&feed).into_iter().flat_map(|it| it.pages.range(numbers.clone()));
        Ok(pages.map(|(_, page)| page.clone()).collect())
    }

    async fn page_batches(&self, feed: Feed, numbers: Range<u32>) -> Result<Vec<PageBatch>, PortError> {
        let logs = lock(&self.0);
        let page_batches = logs.get(&feed).into_iter().flat_map(|it| it.page_batches.range(numbers.clone()));
        Ok(page_batches.map(|(_, page_batch)| page_batch.clone()).collect())
    }

    async fn closed(&self, feed: Feed) -> Result<Closed, PortError> {
        Ok(lock(&self.0).get(&feed).map(|it| it.closed.clone()).unwrap_or_default())
    }

    async fn note_error(&self, feed: Feed, error: &PollError) -> Result<(), PortError> {
        lock(&self.0).entry(feed).or_default().error = Some(error.clone());
        Ok(())
    }

    async fn last_error(&self, feed: Feed) -> Result<Option<PollError>, PortError> {
        Ok(lock(&self.0).get(&feed).and_then(|it| it.error.clone()))
    }

    async fn proof(&self, feed: Feed) -> Result<Option<Proof>, PortError> {
        let logs = lock(&self.0);
        Ok(logs.get(&feed).and_then(|it| it.proofs.values().next_back()).cloned())
    }
}

/// A bank's server in memory: rows in the format of each feed, a fixed number on a page. Cursors are row indexes.
#[derive(Default)]
pub struct FakeFeedClient {
    feeds: Mutex<BTreeMap<Feed, Vec<Value>>>,
    /// The responses to the next requests.
    instead: Mutex<Vec<Result<Vec<u8>, FetchError>>>,
    /// One-time responses instead of the page of a feed at a cursor.
    odd: Mutex<Vec<(Feed, String, Vec<u8>)>>,
}

/// Rows on a page of [`FakeFeedClient`].
const PAGE_ROWS: usize = 3;

impl FakeFeedClient {
    /// Adds rows to the end of a feed.
    pub fn add(&self, feed: Feed, rows: impl IntoIterator<Item = Value>) {
        lock(&self.feeds).entry(feed).or_default().extend(rows);
    }

    /// Responds to the next request with `answer`, once; later calls come first.
    pub fn answer_once(&self, answer: Result<Vec<u8>, FetchError>) {
        lock(&self.instead).push(answer);
    }

    /// Responds to the next `times` requests for the page of `feed` at `cursor` with `answer`.
    pub fn answer_at(&self, feed: Feed, cursor: &str, answer: &[u8], times: usize) {
        let odd = (feed, cursor.to_owned(), answer.to_vec());
        lock(&self.odd).extend(std::iter::repeat_n(odd, times));
    }

    /// The page of `feed` at `cursor`.
    pub fn page(&self, feed: Feed, cursor: &str) -> Vec<u8> {
        let feeds = lock(&self.feeds);
        let rows = feeds.get(&feed).map(Vec::as_slice).unwrap_or_default();
        let from: usize = cursor.parse().unwrap_or(0);
        let to = from.saturating_add(PAGE_ROWS).min(rows.len());
        let page = rows.get(from..to).unwrap_or_default();
        let mut sums = BTreeMap::<Currency, i128>::new();
        for row in page {
            let text = |name: &str| row.get(name).and_then(Value::as_str);
            let currency = text("currency").map_or(Ok(Currency::EUR), str::parse);
            let money = text("amount").zip(currency.ok()).and_then(|(amount, it)| Money::parse(amount, it).ok());
            if let Some(money) = money {
                let sum = sums.entry(money.currency()).or_default();
                *sum = sum.saturating_add(money.minor());
            }
        }
        let sums: BTreeMap<&str, String> =
            sums.into_iter().map(|(it, minor)| (it.code(), Money::new(minor, it).amount())).collect();
        let name = match feed {
            Feed::CompanyInfo => "companies",
            Feed::ExchangeRates => "rates",
            Feed::Sepa | Feed::Swift => "transfers",
        };
        let page = json!({
            "feed": feed.name(), "cursor": cursor, "next": to.to_string(), "more": to < rows.len(),
            "rows": page.len(), "sums": sums, name: page,
        });
        page.to_string().into_bytes()
    }
}

impl FeedClient for FakeFeedClient {
    async fn fetch_page(&self, feed: Feed, cursor: &str) -> Result<Vec<u8>, FetchError> {
        let mut odd = lock(&self.odd);
        if let Some(at) = odd.iter().position(|(of, place, _)| (*of, place.as_str()) == (feed, cursor)) {
            return Ok(odd.swap_remove(at).2);
        }
        let instead = lock(&self.instead).pop();
        instead.unwrap_or_else(|| Ok(self.page(feed, cursor)))
    }
}

/// A queue of polls in memory.
#[derive(Default)]
pub struct FakePollQueue(Mutex<Vec<(PollFeed, u32)>>);

impl FakePollQueue {
    /// Removes and returns the sent messages.
    pub fn take(&self) -> Vec<(PollFeed, u32)> {
        std::mem::take(&mut lock(&self.0))
    }
}

impl PollQueue for FakePollQueue {
    async fn send(&self, request: PollFeed, after_seconds: u32) -> Result<(), PortError> {
        lock(&self.0).push((request, after_seconds));
        Ok(())
    }
}

/// Tests the contract of [`FeedLog`] on an empty record; panics if it is violated.
#[allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a contract test fails by panicking")]
pub async fn feed_log_contract(log: &impl FeedLog) {
    let poll = |text: &str| text.parse().unwrap();
    let feed = Feed::Sepa;
    assert_eq!(log.progress(feed).await.unwrap(), None);
    let begun = Progress::new(feed, poll("2024-03-01T10:00:00Z"));
    assert_eq!(log.advance(&begun, &Step::Nothing).await.unwrap(), Saved::Stored(Version(1)));
    assert_eq!(log.advance(&begun, &Step::Nothing).await.unwrap(), Saved::Conflict, "it is there already");
    let begun = log.progress(feed).await.unwrap().unwrap();
    assert_eq!(begun.version, Version(1));

    let counted = Counted { rows: 3, unreadable: 1, sums: vec![Money::new(500, Currency::EUR)] };
    let page = |number: u32| PageRecord {
        format: crate::FeedFormat::Millrace,
        damaged: 0,
        number,
        cursor: number.to_string(),
        next: "next".to_owned(),
        key: PageRecord::key(feed, number, "0011"),
        declared: counted.clone(),
        unreadable_sums: Vec::new(),
        received: counted.clone(),
        requests: 2,
        repeated: 1,
        replaced: None,
    };
    let mut progress = begun.clone();
    for number in 0..12 {
        let taken = progress.taken(&page(number), 100, true);
        let Saved::Stored(version) = log.advance(&taken, &Step::Page(page(number))).await.unwrap() else {
            unreachable!("nobody else writes")
        };
        progress = Progress { version, ..taken };
    }
    assert_eq!(log.advance(&begun, &Step::Page(page(77))).await.unwrap(), Saved::Conflict);
    assert_eq!(log.progress(feed).await.unwrap(), Some(progress.clone()), "a conflict writes nothing");
    assert_eq!(log.pages(feed, 0..100).await.unwrap(), (0..12).map(page).collect::<Vec<_>>(), "in order");
    assert_eq!(log.pages(feed, 2..4).await.unwrap(), [page(2), page(3)]);
    assert!(log.pages(Feed::Swift, 0..100).await.unwrap().is_empty(), "each feed has its own");

    let other = PageRecord { requests: 9, ..page(3) };
    let advanced = log.advance(&progress.replaced(&other, 0), &Step::Page(other.clone())).await.unwrap();
    assert!(matches!(advanced, Saved::Stored(_)), "a page may be replaced");
    assert_eq!(log.pages(feed, 3..4).await.unwrap(), [other]);
    assert!(log.pages(feed, 3..3).await.unwrap().is_empty());

    let page_batch = |number: u32| {
        let import = ImportId::of("a", &number.to_string());
        let (key, earlier) = (PageBatch::key(feed, &(number..12), 0), Vec::new());
        PageBatch { number, from: number, to: 12, key, import, attempt: 0, earlier }
    };
    for number in 0..3 {
        let progress = log.progress(feed).await.unwrap().unwrap().gathered();
        log.advance(&progress, &Step::Gathered(page_batch(number))).await.unwrap();
    }
    assert_eq!(log.page_batches(feed, 0..9).await.unwrap(), (0..3).map(page_batch).collect::<Vec<_>>(), "in order");
    assert_eq!(log.page_batches(feed, 1..2).await.unwrap(), [page_batch(1)]);
    let progress = log.progress(feed).await.unwrap().unwrap();
    let again = page_batch(1).again("b".to_owned(), ImportId::of("b", "1"));
    log.advance(&progress.gathered_again(1), &Step::Gathered(again.clone())).await.unwrap();
    assert_eq!(log.page_batches(feed, 1..2).await.unwrap(), [again]);
    proofs_contract(log, &page(0)).await;
}

#[allow(clippy::unwrap_used, reason = "a contract test fails by panicking")]
async fn proofs_contract(log: &impl FeedLog, page: &PageRecord) {
    let feed = Feed::Sepa;
    assert_eq!(log.proof(feed).await.unwrap(), None);
    assert_eq!(log.closed(feed).await.unwrap(), Closed::default());
    let proof = |at: &str| Proof::of(feed, at.parse().unwrap(), std::slice::from_ref(page), &[]);
    let proven = |at: &str, pages: u32| {
        let closed = Closed {
            pages,
            imports: 1,
            cursor: "x".to_owned(),
            figures: proof(at).figures(),
            corrections: vec!["page 0".to_owned()],
            left_out: LeftOut { rejected: vec![ImportId::of("a", "1")], unregistered: vec![ImportId::of("b", "1")] },
        };
        (Step::Proven { proof: Box::new(proof(at)), closed: Box::new(closed.clone()) }, closed)
    };
    let old = log.progress(feed).await.unwrap().unwrap();
    for at in ["2024-03-01T10:00:00Z", "2024-03-12T10:00:00Z", "2024-03-02T10:00:00Z"] {
        let progress = log.progress(feed).await.unwrap().unwrap();
        log.advance(&progress.proven(at.parse().unwrap()), &proven(at, 1).0).await.unwrap();
    }
    assert_eq!(
        log.advance(&old.proven(old.poll), &proven("2024-03-30T10:00:00Z", 7).0).await.unwrap(),
        Saved::Conflict
    );
    assert_eq!(log.proof(feed).await.unwrap(), Some(proof("2024-03-12T10:00:00Z")), "the latest poll's");
    assert_eq!(log.closed(feed).await.unwrap(), proven("2024-03-02T10:00:00Z", 1).1, "the last one written");
    assert_eq!(log.closed(Feed::Swift).await.unwrap(), Closed::default(), "each feed has its own");

    let before = log.progress(feed).await.unwrap();
    assert_eq!(log.last_error(feed).await.unwrap(), None);
    let error = |what: &str| PollError { at: old.poll, what: what.to_owned() };
    for what in ["the server fails", "the server does not answer"] {
        log.note_error(feed, &error(what)).await.unwrap();
        assert_eq!(log.last_error(feed).await.unwrap(), Some(error(what)), "the last one written");
    }
    assert_eq!(log.progress(feed).await.unwrap(), before, "no poll notices it");
    assert_eq!(log.last_error(Feed::Swift).await.unwrap(), None, "each feed has its own");
}
