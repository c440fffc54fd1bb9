//! Ports that stop the process that calls them: before or after the call, at the calls a plan names.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use banking::AccountNumber;
use calendar::{Date, Moment, Month};
use customers::{
    Account, Customer, CustomerId, Customers, Directory, Page, Register, RegisterError, Registered, Registration,
};
use feeds::{AskError, Feed, FeedLog, FeedServer, Gathering, PageRecord, PollFeed, PollQueue, Progress, Proof, Step};
use imports::{
    BatchOutcome, BatchQueue, Batches, Claimed, DatedRate, Files, Import, ImportId, ImportList, Imports, PortError,
    PostBatch, Rates, Saved, SplitFile, StalledPage, Upload, UploadQueue,
};
use ledger::{Books, BooksError, Change, Shelf, Written};
use mail::mailer::{Mailer, SendMailError, Sent};
use mail::outbox::{self, RequestSummariesError, StateCounts, Summaries, SummariesError, SummaryRequests, Version};
use mail::{Mail, SummaryKey, SummaryMail};
use money::Currency;

/// Where a process stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stop {
    /// At which call of a port, counted over the whole run, from 0.
    pub call: usize,
    /// After the call has had its effect, or before.
    pub after: bool,
}

/// The payload of the panic that stands for the process's end.
#[derive(Debug)]
pub struct Stopped;

/// Counts the calls of all ports, and stops the process at those that are planned.
#[derive(Default, Debug)]
pub struct Faults {
    plan: Vec<Stop>,
    calls: AtomicUsize,
}

impl Faults {
    /// Stops at `plan`.
    pub fn new(plan: Vec<Stop>) -> Self {
        Self { plan, calls: AtomicUsize::new(0) }
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    async fn around<T>(&self, call: impl Future<Output = T>) -> T {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let stops = |after: bool| self.plan.contains(&Stop { call: number, after });
        if stops(false) {
            std::panic::panic_any(Stopped);
        }
        let result = call.await;
        if stops(true) {
            std::panic::panic_any(Stopped);
        }
        result
    }
}

/// A port of the world, called through the faults.
#[derive(Clone, Copy, Debug)]
pub struct Faulty<'a, P> {
    /// The port.
    pub port: &'a P,
    /// The faults.
    pub faults: &'a Faults,
}

macro_rules! through {
    ($port:ident { $(fn $method:ident(&self $(, $arg:ident: $type:ty)*) -> $result:ty;)* }) => {
        impl<P: $port + Sync> $port for Faulty<'_, P> {
            $(async fn $method(&self $(, $arg: $type)*) -> $result {
                self.faults.around($port::$method(self.port $(, $arg)*)).await
            })*
        }
    };
}

through!(Files {
    fn describe(&self, key: &str, version: Option<&str>) -> Result<Option<Upload>, PortError>;
    fn read(&self, key: &str, version: Option<&str>, range: Range<u64>) -> Result<Option<Vec<u8>>, PortError>;
    fn write(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<(), PortError>;
});
through!(Imports {
    fn receive(&self, import: &Import) -> Result<Import, PortError>;
    fn find(&self, id: ImportId) -> Result<Option<Import>, PortError>;
    fn save(&self, import: &Import) -> Result<Saved, PortError>;
    fn claim(&self, import: &Import) -> Result<Claimed, PortError>;
});
through!(Batches {
    fn finish(&self, import: ImportId, batch: u32, outcome: BatchOutcome, now: Moment) -> Result<BatchOutcome, PortError>;
    fn finished(&self, import: ImportId) -> Result<Vec<(u32, BatchOutcome)>, PortError>;
    fn is_finished(&self, import: ImportId, batch: u32) -> Result<bool, PortError>;
    fn last_progress(&self, import: ImportId) -> Result<Option<Moment>, PortError>;
    fn complete(&self, import: ImportId, level: u8, number: u32) -> Result<(), PortError>;
    fn complete_in(&self, import: ImportId, level: u8, group: u32) -> Result<u32, PortError>;
});
through!(ImportList {
    fn recent(&self, after: Option<&str>, limit: usize) -> Result<(Vec<Import>, Option<String>), PortError>;
    fn stalled(&self, before: Moment, after: Option<&str>) -> Result<StalledPage, PortError>;
});
through!(Rates {
    fn keep(&self, import: &Import, rates: &[DatedRate]) -> Result<(), PortError>;
    fn table(&self, currencies: &[Currency], from: Date, to: Date) -> Result<Vec<DatedRate>, PortError>;
});
through!(BatchQueue {
    fn send(&self, requests: &[PostBatch]) -> Result<(), PortError>;
});
through!(UploadQueue {
    fn send(&self, request: &SplitFile) -> Result<(), PortError>;
});
through!(Register {
    fn directory(&self) -> Result<Directory, RegisterError>;
    fn register(&self, registrations: &[Registration], as_of: Moment) -> Result<Registered, RegisterError>;
});
through!(Customers {
    fn customer(&self, id: CustomerId) -> Result<Option<(Customer, Vec<Account>)>, RegisterError>;
    fn account(&self, number: &AccountNumber) -> Result<Option<Account>, RegisterError>;
    fn customers(&self, after: Option<&str>, limit: usize) -> Result<Page<Customer>, RegisterError>;
    fn accounts(&self, after: Option<&str>, limit: usize) -> Result<Page<Account>, RegisterError>;
});
through!(Books {
    fn read(&self, account: &AccountNumber, months: &[Month]) -> Result<Shelf, BooksError>;
    fn write(&self, account: &AccountNumber, change: &Change) -> Result<Written, BooksError>;
});
through!(Summaries {
    fn want(&self, import: &str, accounts: &[AccountNumber], now: Moment) -> Result<u64, SummariesError>;
    fn load(&self, key: &SummaryKey) -> Result<Option<(SummaryMail, Version)>, SummariesError>;
    fn save(&self, record: &SummaryMail, expected: Version) -> Result<outbox::Saved, SummariesError>;
    fn open_since(&self, before: Moment, limit: usize) -> Result<Vec<SummaryMail>, SummariesError>;
    fn count_by_state(&self, import: &str) -> Result<StateCounts, SummariesError>;
});
through!(SummaryRequests {
    fn request(&self, import: &str, accounts: &[AccountNumber]) -> Result<(), RequestSummariesError>;
});
through!(Mailer {
    fn send(&self, mail: &Mail) -> Result<Sent, SendMailError>;
});
through!(FeedServer {
    fn ask(&self, feed: Feed, cursor: &str) -> Result<Vec<u8>, AskError>;
});
through!(FeedLog {
    fn progress(&self, feed: Feed) -> Result<Option<Progress>, PortError>;
    fn advance(&self, progress: &Progress, step: &Step) -> Result<Saved, PortError>;
    fn pages(&self, feed: Feed, numbers: Range<u32>) -> Result<Vec<PageRecord>, PortError>;
    fn gatherings(&self, feed: Feed) -> Result<Vec<Gathering>, PortError>;
    fn keep_proof(&self, proof: &Proof) -> Result<(), PortError>;
    fn proof(&self, feed: Feed) -> Result<Option<Proof>, PortError>;
});
through!(PollQueue {
    fn send(&self, request: PollFeed, after_seconds: u32) -> Result<(), PortError>;
});
