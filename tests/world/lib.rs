//! The whole suite in one process: every handler over the fakes of its ports, driven by queues that deliver again
//! what was not acknowledged, on a clock of its own.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::type_complexity,
    clippy::missing_panics_doc,
    reason = "for tests: a run that goes wrong panics"
)]

mod faults;
mod functions;
mod interleaving;
mod lending;
mod lending_seeds;
mod loss;
mod schedule;
mod verify;
mod workload;

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::time::Duration;

use banking::AccountNumber;
use calendar::{Moment, Month};
use customers::testing::FakeRegister;
use feeds::testing::{FakeFeedClient, FakeFeedLog, FakePollQueue};
use feeds::{Feed, FeedLog, PollFeed, Proof};
use imports::testing::{FakeFiles, FakeImports, FakeQueues, altered};
use imports::{
    BatchOutcome, Batches, Files, Import, ImportId, ImportList, PostBatch, SplitFile, State, Upload, Version,
};
use ledger::testing::FakeBooks;
use ledger::{Finding, View, audit_account};
use mail::events::MailEvent;
use mail::outbox::SummaryRequest;
use mail::testing::{FakeMailer, FakeSummaries, FakeSummaryRequests};
use mail::{Mail, SummaryMail};
use money::Money;
use record_failures::DeadLetter;

pub use faults::{Faults, Faulty, Stop, Stopped};
pub use interleaving::{Ran, run_seed};
pub use lending::{Lender, Settled};
pub use schedule::{Schedule, finish};
pub use workload::Workload;

/// How far the clock advances with each delivery: beyond every lease after a few of them.
const STEP_MICROS: i64 = 20_000_000;
/// A run that needs more deliveries never ends.
const MAX_DELIVERIES: u32 = 10_000;

/// A message on a queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// For `split-import`.
    Split(SplitFile),
    /// For `post-entries`.
    Post(PostBatch),
    /// For `mail-summary`.
    Mail(SummaryRequest),
    /// For `record-mail-events`.
    MailEvent(MailEvent),
    /// For `poll-feed`, sent at.
    Poll(PollFeed, Moment),
    /// For `sweep-imports`, from its schedule.
    Sweep,
    /// For `record-failures`: a message that was received as often as its queue allows.
    DeadLetter(Box<Message>),
}

/// The suite's whole state.
pub struct World {
    files: FakeFiles,
    imports: FakeImports,
    register: FakeRegister,
    books: FakeBooks,
    summaries: FakeSummaries,
    requests: FakeSummaryRequests,
    queues: FakeQueues,
    mailer: FakeMailer,
    /// The bank's server of feeds.
    pub server: FakeFeedClient,
    feed_log: FakeFeedLog,
    polls: FakePollQueue,
    faults: Faults,
    now: Cell<Moment>,
    messages: VecDeque<Message>,
    /// Each message is delivered this often, even if it was acknowledged.
    pub deliveries: usize,
    /// Take the newest message first.
    pub backwards: bool,
}

/// What must be the same whatever happened on the way.
#[derive(PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Every month's bytes.
    pub books: BTreeMap<AccountNumber, BTreeMap<Month, Vec<u8>>>,
    /// Every import, without what only tells how often it was touched.
    pub imports: Vec<(Import, Vec<(u32, BatchOutcome)>)>,
    /// Every distinct mail, by its reference.
    pub mails: BTreeMap<String, Vec<u8>>,
    /// The state of each mail, by its reference.
    pub states: BTreeMap<String, &'static str>,
}

/// A function that processes a message.
type Handling<'a> = Pin<Box<dyn Future<Output = bool> + 'a>>;

impl World {
    /// An empty world in which processes stop at `plan`.
    pub fn new(plan: Vec<Stop>) -> Self {
        Self::with(Faults::new(plan))
    }

    /// An empty world with failures by `faults`.
    pub fn with(faults: Faults) -> Self {
        Self {
            files: FakeFiles::default(),
            imports: FakeImports::default(),
            register: FakeRegister::default(),
            books: FakeBooks::default(),
            summaries: FakeSummaries::default(),
            requests: FakeSummaryRequests::default(),
            queues: FakeQueues::default(),
            mailer: FakeMailer::default(),
            server: FakeFeedClient::default(),
            feed_log: FakeFeedLog::default(),
            polls: FakePollQueue::default(),
            faults,
            now: Cell::new(start()),
            messages: VecDeque::new(),
            deliveries: 1,
            backwards: false,
        }
    }

    /// Uploads a file, as a user would.
    pub fn upload(&mut self, key: &str, version: &str, text: &str) {
        let message = self.put(key, version, text);
        self.messages.push_back(message);
    }

    /// Uploads a file, and returns what S3 says of it.
    fn put(&self, key: &str, version: &str, text: &str) -> Message {
        let upload = Upload {
            key: key.to_owned(),
            version: version.to_owned(),
            size_bytes: u64::try_from(text.len()).unwrap_or(u64::MAX),
            uploaded_at: start(),
            metadata: BTreeMap::new(),
        };
        self.files.upload(upload, text.as_bytes());
        Message::Split(SplitFile { key: key.to_owned(), version: Some(version.to_owned()) })
    }

    /// Uploads a file now, with metadata.
    pub fn upload_with(&mut self, key: &str, version: &str, text: &str, metadata: &[(&str, &str)]) {
        let upload = Upload {
            key: key.to_owned(),
            version: version.to_owned(),
            size_bytes: u64::try_from(text.len()).unwrap_or(u64::MAX),
            uploaded_at: self.now.get(),
            metadata: metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        };
        self.files.upload(upload, text.as_bytes());
        self.messages.push_back(Message::Split(SplitFile { key: key.to_owned(), version: Some(version.to_owned()) }));
    }

    /// Stores an object that is no upload, such as a profile.
    pub fn store(&self, key: &str, text: &str) {
        let _ = finish(imports::Files::write(&self.files, key, text.as_bytes().to_vec(), "application/json"));
    }

    /// The balance of an account in each currency, after all of its entries.
    ///
    /// # Panics
    ///
    /// If there is no such account number, or its books are broken.
    #[allow(clippy::unwrap_used, reason = "for tests")]
    pub fn balances(&self, account: &str) -> Vec<Money> {
        let stored_books = self.books.all().remove(&account.parse::<AccountNumber>().unwrap());
        stored_books.map(|it| it.totals().unwrap().balances(View::Clean)).unwrap_or_default()
    }

    /// An import and the outcomes of its batches.
    pub fn import(&self, key: &str, version: &str) -> Option<(Import, Vec<BatchOutcome>)> {
        let import = finish(imports::Imports::find(&self.imports, ImportId::of(key, version))).ok().flatten()?;
        let outcomes = finish(self.imports.finished(import.id)).ok()?;
        Some((import, outcomes.into_iter().map(|(_, outcome)| outcome).collect()))
    }

    /// Marks an import as failed, as if one of its messages had been given up after all.
    pub fn fail(&self, key: &str, version: &str) {
        if let Some((import, _)) = self.import(key, version) {
            let failed = altered(&import, |it| it.state = State::Failed { reason: "given up".to_owned() });
            let _ = finish(imports::Imports::save(&self.imports, &failed));
        }
    }

    /// Requests a poll of all feeds, like the schedule.
    pub fn poll(&mut self) {
        self.messages.push_back(Message::Poll(PollFeed::all(), self.now.get()));
    }

    /// The last proof of a feed.
    pub fn proof(&self, feed: Feed) -> Option<Proof> {
        finish(self.feed_log.proof(feed)).ok().flatten()
    }

    /// Delivers messages until there are none, each again until it is acknowledged; then lets the sweeper look for
    /// what was lost, until nothing is stalled.
    ///
    /// # Panics
    ///
    /// If it never ends.
    #[allow(clippy::panic, reason = "a run that never ends fails its test")]
    pub fn run(&mut self) {
        let mut delivered = 0;
        loop {
            while let Some(message) = self.next() {
                for _ in 1..self.deliveries {
                    let _ = self.deliver(&message);
                }
                if !self.deliver(&message) {
                    self.messages.push_back(message);
                }
                self.collect();
                delivered += 1;
                assert!(delivered < MAX_DELIVERIES, "the run never ends: {:?}", self.messages);
            }
            self.advance(3600 * 1_000_000);
            if !self.is_open() {
                return;
            }
            self.deliver(&Message::Sweep);
            self.collect();
        }
    }

    /// Loses every message that waits, as a queue never should.
    pub fn lose_messages(&mut self) {
        self.messages.clear();
    }

    /// Delivers the next message once; whether there was one.
    pub fn step(&mut self) -> bool {
        let Some(message) = self.next() else { return false };
        if !self.deliver(&message) {
            self.messages.push_back(message);
        }
        self.collect();
        true
    }

    fn next(&mut self) -> Option<Message> {
        if self.backwards { self.messages.pop_back() } else { self.messages.pop_front() }
    }

    /// What must be the same whatever happened on the way.
    pub fn outcome(&self) -> Outcome {
        let imports = self.listed();
        let plain = |import: Import| {
            let batches = finish(self.imports.finished(import.id)).unwrap_or_default();
            let plain = altered(&import, |it| {
                (it.version, it.retries, it.index_version, it.touched_at) = (Version::default(), 0, None, start());
            });
            (plain, batches)
        };
        Outcome {
            books: self.books.bytes(),
            imports: imports.into_iter().map(plain).collect(),
            mails: self.mails().into_iter().map(|mail| (mail.reference.as_str().to_owned(), undated(&mail))).collect(),
            states: self.summaries.records().iter().map(state_of).collect(),
        }
    }

    /// Every mail that the provider accepted, including repeats.
    pub fn mails(&self) -> Vec<Mail> {
        self.mailer.taken()
    }

    /// How often a port was called.
    pub fn calls(&self) -> usize {
        self.faults.calls()
    }

    /// Everything wrong with the books.
    pub fn audit(&self) -> Vec<Finding> {
        self.books.all().iter().flat_map(|(account, stored_books)| audit_account(account, stored_books).1).collect()
    }

    /// The state of an import.
    pub fn state(&self, key: &str, version: &str) -> Option<State> {
        finish(imports::Imports::find(&self.imports, ImportId::of(key, version)))
            .ok()
            .flatten()
            .map(|it| it.state.clone())
    }

    fn through<'a, P>(&'a self, port: &'a P) -> Faulty<'a, P> {
        Faulty { port, faults: &self.faults }
    }

    /// Passes a message to its function; returns whether it was acknowledged. A process that stops acknowledges
    /// nothing.
    fn deliver(&self, message: &Message) -> bool {
        self.advance(STEP_MICROS);
        catch_unwind(AssertUnwindSafe(|| finish(self.handle(message.clone())))).unwrap_or(false)
    }

    /// Runs the function for `message`; returns whether it acknowledges the message.
    fn handle(&self, message: Message) -> Handling<'_> {
        match message {
            Message::Split(file) => Box::pin(async move { self.split_import().handle(file).await.is_ok() }),
            Message::Post(batch) => Box::pin(async move { self.post_entries().handle(batch).await.is_ok() }),
            Message::Mail(request) => {
                Box::pin(async move { self.mail_summary().handle(request, self.in_half_a_minute()).await.is_ok() })
            }
            Message::MailEvent(event) => Box::pin(async move { self.record_mail_events().handle(event).await.is_ok() }),
            Message::Poll(request, sent_at) => {
                Box::pin(async move { self.poll_feeds().handle(request, sent_at, self.late()).await.is_ok() })
            }
            Message::Sweep => Box::pin(async move { self.sweep_imports().handle().await.is_ok() }),
            Message::DeadLetter(message) => match self.dead_letter(*message) {
                Some(letter) => Box::pin(async move { self.record_failures().handle(letter).await.is_ok() }),
                None => Box::pin(async { true }),
            },
        }
    }

    /// What `record-failures` reads of a message that was given up; `None` for those that only raise an alarm.
    fn dead_letter(&self, message: Message) -> Option<DeadLetter> {
        match message {
            Message::Split(file) => {
                let upload = finish(self.files.describe(&file.key, file.version.as_deref())).ok().flatten();
                Some(DeadLetter::Uploads(upload.into_iter().collect()))
            }
            Message::Post(batch) => Some(DeadLetter::Batch(batch)),
            Message::Mail(request) => Some(DeadLetter::Summary(request)),
            Message::MailEvent(_) | Message::Poll(..) | Message::Sweep | Message::DeadLetter(_) => None,
        }
    }

    /// Moves what was sent onto the queues.
    fn collect(&mut self) {
        for (message, after_seconds) in self.sent() {
            // One that is held back does not come before those that wait already.
            if self.backwards && after_seconds > 0 {
                self.messages.push_front(message);
            } else {
                self.messages.push_back(message);
            }
        }
    }

    /// What was sent since the last call, and in how many seconds it may be received.
    fn sent(&self) -> Vec<(Message, u32)> {
        let now = self.now.get();
        let polls = self.polls.take().into_iter().map(|(request, seconds)| (Message::Poll(request, now), seconds));
        let arrived = self.files.take_arrived().into_iter().map(Message::Split);
        let batches = self.queues.take_batches().into_iter().map(Message::Post);
        let uploads = self.queues.take_uploads().into_iter().map(Message::Split);
        let mails = self.requests.take().into_iter().map(Message::Mail);
        let events = self.mailer.take_events(now).into_iter().map(Message::MailEvent);
        let at_once = arrived.chain(batches).chain(uploads).chain(mails).chain(events).map(|message| (message, 0));
        polls.chain(at_once).collect()
    }

    fn is_open(&self) -> bool {
        let stalled = finish(self.imports.stalled(self.now.get(), None)).unwrap_or_default();
        !stalled.imports.is_empty() || self.summaries.records().iter().any(|it| !it.is_final())
    }

    /// When a poll of this world runs out of time: never.
    fn late(&self) -> Moment {
        self.now.get().plus(Duration::from_hours(1))
    }

    /// When a function that sends mails runs out of time.
    fn in_half_a_minute(&self) -> Moment {
        self.now.get().plus(Duration::from_secs(30))
    }

    fn advance(&self, micros: i64) {
        let now = self.now.get();
        self.now.set(Moment::instant(now.micros().saturating_add(micros)).unwrap_or(now));
    }
}

fn start() -> Moment {
    Moment::instant(1_795_255_200_000_000).unwrap_or(Moment::day(calendar::Date::MIN))
}

fn state_of(record: &SummaryMail) -> (String, &'static str) {
    (record.key.reference().as_str().to_owned(), record.state.name())
}

/// A mail's text; its date is that of its first attempt, which a crash may put off.
fn undated(mail: &Mail) -> Vec<u8> {
    mail.text.clone().into_bytes()
}
