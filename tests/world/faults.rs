//! Ports that stop the process that calls them: before or after the call, at the calls a plan names; or at which a
//! seeded schedule lets other processes run.
//!
//! A call that DynamoDB, SQS or S3 would do as several, each item at its own moment, is several calls here, too.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use banking::AccountNumber;
use calendar::{Date, Moment, Month};
use customers::{
    Account, Customer, CustomerId, Customers, Directory, MailChoice, MailChoices, Page, Register, RegisterError,
    Registered, Registration,
};
use feeds::{
    Closed, Feed, FeedClient, FeedLog, FetchError, PageBatch, PageRecord, PollError, PollFeed, PollQueue, Progress,
    Proof, Step,
};
use imports::{
    BatchOutcome, BatchQueue, Batches, ContentHistory, DatedRate, Files, Import, ImportId, ImportList, Imports,
    PortError, PostBatch, Rates, RecentPage, Saved, Sources, SplitFile, StalledPage, Upload, UploadQueue,
};
use ledger::{Books, BooksError, Change, StoredBooks};
use mail::events::{Suppression, Suppressions};
use mail::gate::{Gate, SendGate};
use mail::mailer::{Mailer, SendMailError, Sent};
use mail::outbox::{RequestSummariesError, StateCounts, Summaries, SummariesError, SummaryRequests, Version};
use mail::tally::{Tallies, Tally};
use mail::{EmailAddress, Mail, SummaryKey, SummaryMail};
use money::Currency;

use crate::schedule::{Schedule, Transient, yield_now};

/// Where a process stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stop {
    /// At which call of a port, counted over the whole run, from 0.
    pub call: usize,
    /// After the call has had its effect, or before.
    pub after: bool,
}

/// The payload of the panic that simulates the end of a process.
#[derive(Debug)]
pub struct Stopped;

/// What happens around the calls of all ports: processes stop at planned calls, or a seeded scheduler lets others run
/// and lets calls fail.
#[derive(Default, Debug)]
pub struct Faults {
    plan: Vec<Stop>,
    calls: AtomicUsize,
    schedule: Option<Schedule>,
}

impl Faults {
    /// Stops at `plan`.
    pub fn new(plan: Vec<Stop>) -> Self {
        Self { plan, ..Self::default() }
    }

    /// Every call is a point where others may run, and may fail, as the schedule decides.
    pub fn scheduled(schedule: Schedule) -> Self {
        Self { schedule: Some(schedule), ..Self::default() }
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// The schedule, where there is one.
    pub fn schedule(&self) -> Option<&Schedule> {
        self.schedule.as_ref()
    }

    /// One call of a port. Others may run before it and before its caller learns the answer; it may fail before it has
    /// an effect, or its answer may be lost.
    pub(crate) async fn around<T, E: Transient>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let stops = |after: bool| self.plan.contains(&Stop { call: number, after });
        if stops(false) {
            std::panic::panic_any(Stopped);
        }
        self.point().await;
        if self.fails() {
            return Err(E::transient());
        }
        let result = call.await;
        if stops(true) {
            std::panic::panic_any(Stopped);
        }
        self.point().await;
        if self.fails() {
            return Err(E::transient());
        }
        result
    }

    async fn point(&self) {
        if self.schedule.is_some() {
            yield_now().await;
        }
    }

    /// What an index finds: it lags, so some of what is there may not be in it yet. What it names of items that have
    /// changed meanwhile is for its readers to look up.
    fn index<T>(&self, mut found: Vec<T>) -> Vec<T> {
        if let Some(schedule) = &self.schedule {
            found.retain(|_| !schedule.index_lags());
        }
        found
    }

    fn fails(&self) -> bool {
        self.schedule.as_ref().is_some_and(Schedule::call_fails)
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

pub(crate) use through;

through!(Files {
    fn describe(&self, key: &str, version: Option<&str>) -> Result<Option<Upload>, PortError>;
    fn read(&self, key: &str, version: Option<&str>, range: Range<u64>) -> Result<Option<Vec<u8>>, PortError>;
    fn write(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<String, PortError>;
    fn list(&self, prefix: &str, after: &str) -> Result<Vec<String>, PortError>;
});
through!(Imports {
    fn receive(&self, import: &Import) -> Result<Import, PortError>;
    fn find(&self, id: ImportId) -> Result<Option<Import>, PortError>;
    fn save(&self, import: &Import) -> Result<Saved, PortError>;
    fn first_with(&self, content: &str, import: &Import) -> Result<ContentHistory, PortError>;
});
through!(Sources {
    fn declare(&self, source: &str, now: Moment) -> Result<(), PortError>;
    fn declared(&self) -> Result<Vec<String>, PortError>;
    fn first_from(&self, source: &str, import: ImportId) -> Result<ImportId, PortError>;
});
through!(Batches {
    fn finish(&self, import: ImportId, batch: u32, outcome: BatchOutcome, now: Moment) -> Result<BatchOutcome, PortError>;
    fn finished(&self, import: ImportId) -> Result<Vec<(u32, BatchOutcome)>, PortError>;
    fn is_finished(&self, import: ImportId, batch: u32) -> Result<bool, PortError>;
    fn last_progress(&self, import: ImportId) -> Result<Option<Moment>, PortError>;
    fn complete(&self, import: ImportId, level: u8, number: u32) -> Result<(), PortError>;
    fn complete_in(&self, import: ImportId, level: u8, group: u32) -> Result<u32, PortError>;
});
through!(UploadQueue {
    fn send(&self, request: &SplitFile) -> Result<(), PortError>;
});
through!(MailChoices {
    fn choose_mails(&self, customer: CustomerId, choice: MailChoice, now: Moment) -> Result<(), RegisterError>;
    fn mail_choice(&self, customer: CustomerId) -> Result<MailChoice, RegisterError>;
});
through!(Customers {
    fn customer(&self, id: CustomerId) -> Result<Option<(Customer, Vec<Account>)>, RegisterError>;
    fn account(&self, number: &AccountNumber) -> Result<Option<Account>, RegisterError>;
    fn customers(&self, after: Option<&str>, limit: usize) -> Result<Page<Customer>, RegisterError>;
    fn accounts(&self, after: Option<&str>, limit: usize) -> Result<Page<Account>, RegisterError>;
});
through!(FeedLog {
    fn progress(&self, feed: Feed) -> Result<Option<Progress>, PortError>;
    fn advance(&self, progress: &Progress, step: &Step) -> Result<Saved, PortError>;
    fn pages(&self, feed: Feed, numbers: Range<u32>) -> Result<Vec<PageRecord>, PortError>;
    fn page_batches(&self, feed: Feed, numbers: Range<u32>) -> Result<Vec<PageBatch>, PortError>;
    fn closed(&self, feed: Feed) -> Result<Closed, PortError>;
    fn note_error(&self, feed: Feed, error: &PollError) -> Result<(), PortError>;
    fn last_error(&self, feed: Feed) -> Result<Option<PollError>, PortError>;
    fn proof(&self, feed: Feed) -> Result<Option<Proof>, PortError>;
});
through!(PollQueue {
    fn send(&self, request: PollFeed, after_seconds: u32) -> Result<(), PortError>;
});

// What follows is done item by item: each has its own moment, and a failure may come after some of them.

impl<P: Books + Sync> Books for Faulty<'_, P> {
    async fn read(&self, account: &AccountNumber, months: &[Month]) -> Result<StoredBooks, BooksError> {
        self.faults.around(self.port.read(account, months)).await
    }

    async fn write(&self, account: &AccountNumber, change: &Change) -> Result<Saved, BooksError> {
        self.faults.around(self.port.write(account, change)).await
    }

    async fn pause(&self, conflicts: u32) {
        self.port.pause(conflicts).await;
    }
}

impl<P: BatchQueue + Sync> BatchQueue for Faulty<'_, P> {
    async fn send(&self, requests: &[PostBatch]) -> Result<(), PortError> {
        for request in requests {
            self.faults.around(self.port.send(std::slice::from_ref(request))).await?;
        }
        Ok(())
    }
}

impl<P: SummaryRequests + Sync> SummaryRequests for Faulty<'_, P> {
    async fn request(&self, import: &str, accounts: &[AccountNumber]) -> Result<(), RequestSummariesError> {
        for account in accounts {
            self.faults.around(self.port.request(import, std::slice::from_ref(account))).await?;
        }
        Ok(())
    }
}

impl<P: Rates + Sync> Rates for Faulty<'_, P> {
    async fn keep(&self, import: &Import, rates: &[DatedRate]) -> Result<(), PortError> {
        for rate in rates {
            self.faults.around(self.port.keep(import, std::slice::from_ref(rate))).await?;
        }
        Ok(())
    }

    async fn table(&self, currencies: &[Currency], from: Date, to: Date) -> Result<Vec<DatedRate>, PortError> {
        self.faults.around(self.port.table(currencies, from, to)).await
    }
}

impl<P: Register + Sync> Register for Faulty<'_, P> {
    async fn holders(&self, accounts: &[AccountNumber]) -> Result<Directory, RegisterError> {
        let mut holders = Directory::new();
        for account in accounts {
            holders.extend(self.faults.around(self.port.holders(std::slice::from_ref(account))).await?);
        }
        Ok(holders)
    }

    async fn register(&self, registrations: &[Registration], as_of: Moment) -> Result<Registered, RegisterError> {
        let mut all = Registered::default();
        for registration in registrations {
            let one = std::slice::from_ref(registration);
            all.held_by_others.extend(self.faults.around(self.port.register(one, as_of)).await?.held_by_others);
        }
        Ok(all)
    }
}

impl<P: Summaries + Sync> Summaries for Faulty<'_, P> {
    async fn want(&self, import: &str, accounts: &[AccountNumber], now: Moment) -> Result<u64, SummariesError> {
        let mut new = 0;
        for account in accounts {
            new += self.faults.around(self.port.want(import, std::slice::from_ref(account), now)).await?;
        }
        Ok(new)
    }

    async fn load(&self, key: &SummaryKey) -> Result<Option<(SummaryMail, Version)>, SummariesError> {
        self.faults.around(self.port.load(key)).await
    }

    async fn save(&self, record: &SummaryMail, expected: Version) -> Result<Saved, SummariesError> {
        self.faults.around(self.port.save(record, expected)).await
    }

    async fn open_since(&self, before: Moment, limit: usize) -> Result<Vec<SummaryKey>, SummariesError> {
        let found = self.faults.around(self.port.open_since(before, limit)).await?;
        Ok(self.faults.index(found))
    }

    async fn count_by_state(&self, import: &str) -> Result<StateCounts, SummariesError> {
        self.faults.around(self.port.count_by_state(import)).await
    }
}

impl<P: SendGate + Sync> SendGate for Faulty<'_, P> {
    async fn load_gate(&self) -> Result<(Gate, Version), SummariesError> {
        self.faults.around(self.port.load_gate()).await
    }

    async fn save_gate(&self, gate: &Gate, expected: Version) -> Result<Saved, SummariesError> {
        self.faults.around(self.port.save_gate(gate, expected)).await
    }

    async fn wait_after(&self, conflicts: u32) {
        self.port.wait_after(conflicts).await;
    }
}

through!(Suppressions {
    fn suppression(&self, address: &EmailAddress) -> Result<Option<Suppression>, SummariesError>;
    fn suppress(&self, address: &EmailAddress, why: Suppression, now: Moment) -> Result<(), SummariesError>;
    fn allow(&self, address: &EmailAddress) -> Result<bool, SummariesError>;
});
through!(Tallies {
    fn sent_since(&self, from: Date, resumed_at: Option<Moment>) -> Result<BTreeMap<Date, Tally>, SummariesError>;
});

impl<P: ImportList + Sync> ImportList for Faulty<'_, P> {
    async fn recent(&self, after: Option<&str>, limit: usize) -> Result<RecentPage, PortError> {
        self.faults.around(self.port.recent(after, limit)).await
    }

    async fn stalled(&self, before: Moment, after: Option<&str>) -> Result<StalledPage, PortError> {
        let page = self.faults.around(self.port.stalled(before, after)).await?;
        Ok(StalledPage { imports: self.faults.index(page.imports), ..page })
    }
}

/// The bank's failures are the business of the sandbox: here it answers, but not at once.
impl<P: FeedClient + Sync> FeedClient for Faulty<'_, P> {
    async fn fetch_page(&self, feed: Feed, cursor: &str) -> Result<Vec<u8>, FetchError> {
        self.faults.point().await;
        let answer = self.port.fetch_page(feed, cursor).await;
        self.faults.point().await;
        answer
    }
}

/// The provider has no hidden retries and knows no mail it has seen: an answer that is lost is [`Sent::Unknown`]. Now
/// and then it refuses a mail that it takes later.
impl<P: Mailer + Sync> Mailer for Faulty<'_, P> {
    async fn send(&self, mail: &Mail, key: &SummaryKey) -> Result<Sent, SendMailError> {
        if let Some(refusal) = self.faults.schedule().and_then(refusal) {
            self.faults.point().await;
            return Err(refusal);
        }
        let sent = self.faults.around(async { Ok::<_, LostAnswer>(self.port.send(mail, key).await) }).await;
        sent.unwrap_or_else(|LostAnswer| Ok(Sent::Unknown { reason: "no answer".to_owned() }))
    }
}

/// A reason for which the provider does not take a mail now; mostly none.
fn refusal(schedule: &Schedule) -> Option<SendMailError> {
    if schedule.is_calm() || !schedule.chance(100) {
        return None;
    }
    Some(match schedule.below(12) {
        0 => SendMailError::QuotaExceeded("the quota is used up".into()),
        1 => SendMailError::Misconfigured { reason: "not verified".to_owned(), source: "verify it".into() },
        2 => SendMailError::UnverifiedRecipient("verify it".into()),
        3 => SendMailError::Unavailable("out of order".into()),
        _ => SendMailError::Throttled("too many mails".into()),
    })
}

struct LostAnswer;

impl Transient for LostAnswer {
    fn transient() -> Self {
        Self
    }
}
