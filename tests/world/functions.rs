//! The functions of a world, each over the ports it may touch.

use std::cell::Cell;
use std::time::Duration;

use advances::RunGuard;
use advances::ports::Processor as _;
use advances::testing::{FakeAdvances, FakeBreaks, FakeGate, FakePaymentQueue, FakeReports, FakeRuns};
use calendar::{Clock, Moment, Timer};
use collect_debit::CollectDebit;
use customers::testing::FakeRegister;
use feeds::testing::{FakeFeedClient, FakeFeedLog, FakePollQueue};
use imports::testing::{FakeFiles, FakeImports, FakeQueues};
use ledger::testing::FakeBooks;
use mail::gate::MailsPerSecond;
use mail::testing::{FakeMailer, FakeSummaries, FakeSummaryRequests};
use mail::{EmailAddress, UnsubscribeKey, UnsubscribeLinks};
use mail_summary::MailSummary;
use money::Currency;
use poll_feed::PollFeeds;
use post_entries::PostEntries;
use record_failures::RecordFailures;
use record_mail_events::RecordMailEvents;
use run_debits::RunDebits;
use split_import::SplitImport;
use sweep_imports::SweepImports;

use crate::lending::{Ledger, Lender, LenderClock, RunRequests, first_day};
use crate::schedule::yield_now;
use crate::{Faulty, World};

/// The clock of a world. Waiting lets others run where they are interleaved; elsewhere time just passes.
pub(crate) struct WorldClock<'a> {
    now: &'a Cell<Moment>,
    is_interleaved: bool,
}

impl Clock for WorldClock<'_> {
    fn now(&self) -> Moment {
        self.now.get()
    }
}

impl Timer for WorldClock<'_> {
    async fn wait_until(&self, at: Moment) {
        while self.is_interleaved && self.now.get() < at {
            yield_now().await;
        }
        self.now.set(self.now.get().max(at));
    }
}

impl World {
    fn clock(&self) -> WorldClock<'_> {
        WorldClock { now: &self.now, is_interleaved: self.faults.schedule().is_some() }
    }

    pub(crate) fn sweep_imports(
        &self,
    ) -> SweepImports<
        Faulty<'_, FakeImports>,
        Faulty<'_, FakeQueues>,
        Faulty<'_, FakeSummaries>,
        Faulty<'_, FakeSummaryRequests>,
        WorldClock<'_>,
    > {
        SweepImports {
            imports: self.through(&self.imports),
            uploads: self.through(&self.queues),
            summaries: self.through(&self.summaries),
            requests: self.through(&self.requests),
            clock: self.clock(),
            rate: rate(),
        }
    }

    pub(crate) fn record_mail_events(&self) -> RecordMailEvents<Faulty<'_, FakeSummaries>, WorldClock<'_>> {
        RecordMailEvents { summaries: self.through(&self.summaries), clock: self.clock() }
    }

    pub(crate) fn record_failures(
        &self,
    ) -> RecordFailures<Faulty<'_, FakeImports>, Faulty<'_, FakeSummaries>, WorldClock<'_>> {
        RecordFailures {
            imports: self.through(&self.imports),
            summaries: self.through(&self.summaries),
            clock: self.clock(),
        }
    }

    pub(crate) fn split_import(
        &self,
    ) -> SplitImport<
        Faulty<'_, FakeFiles>,
        Faulty<'_, FakeImports>,
        Faulty<'_, FakeRegister>,
        Faulty<'_, FakeQueues>,
        WorldClock<'_>,
    > {
        SplitImport {
            files: self.through(&self.files),
            imports: self.through(&self.imports),
            register: self.through(&self.register),
            batches: self.through(&self.queues),
            clock: self.clock(),
            default_currency: Currency::EUR,
        }
    }

    pub(crate) fn post_entries(
        &self,
    ) -> PostEntries<
        Faulty<'_, FakeFiles>,
        Faulty<'_, FakeImports>,
        Faulty<'_, FakeBooks>,
        Faulty<'_, FakeQueues>,
        Faulty<'_, FakeSummaries>,
        Faulty<'_, FakeSummaryRequests>,
        WorldClock<'_>,
    > {
        PostEntries {
            files: self.through(&self.files),
            imports: self.through(&self.imports),
            books: self.through(&self.books),
            batches: self.through(&self.queues),
            summaries: self.through(&self.summaries),
            requests: self.through(&self.requests),
            clock: self.clock(),
        }
    }

    #[allow(clippy::unwrap_used, reason = "the sender is a constant")]
    pub(crate) fn mail_summary(
        &self,
    ) -> MailSummary<
        Faulty<'_, FakeRegister>,
        Faulty<'_, FakeBooks>,
        Faulty<'_, FakeSummaries>,
        Faulty<'_, FakeMailer>,
        WorldClock<'_>,
    > {
        MailSummary {
            customers: self.through(&self.register),
            books: self.through(&self.books),
            summaries: self.through(&self.summaries),
            mailer: self.through(&self.mailer),
            clock: self.clock(),
            sender: EmailAddress::parse("summaries@millrace.example").unwrap(),
            contact: None,
            unsubscribe: UnsubscribeLinks {
                url: "https://api.millrace.example/unsubscribe".to_owned(),
                key: UnsubscribeKey::try_new(&[7; 32]).unwrap(),
            },
            rate: rate(),
        }
    }

    pub(crate) fn poll_feeds(
        &self,
    ) -> PollFeeds<
        Faulty<'_, FakeFeedClient>,
        Faulty<'_, FakeFeedLog>,
        Faulty<'_, FakeFiles>,
        Faulty<'_, FakeImports>,
        Faulty<'_, FakePollQueue>,
        WorldClock<'_>,
    > {
        PollFeeds {
            server: self.through(&self.server),
            log: self.through(&self.feed_log),
            files: self.through(&self.files),
            imports: self.through(&self.imports),
            polls: self.through(&self.polls),
            clock: self.clock(),
            answer_within: Duration::from_secs(10),
        }
    }
}

#[allow(clippy::unwrap_used, reason = "the rate is a constant")]
fn rate() -> MailsPerSecond {
    "14".parse().unwrap()
}

impl Lender {
    pub(crate) fn run_debits(
        &self,
    ) -> RunDebits<
        Faulty<'_, FakeAdvances>,
        Faulty<'_, FakeBreaks>,
        Faulty<'_, FakeRuns>,
        Faulty<'_, FakeGate>,
        Faulty<'_, FakeReports>,
        Faulty<'_, FakePaymentQueue>,
        Faulty<'_, RunRequests>,
        LenderClock<'_>,
    > {
        RunDebits {
            advances: self.through(&self.advances),
            breaks: self.through(&self.breaks),
            runs: self.through(&self.runs),
            gate: self.through(&self.gate),
            reports: self.through(&self.reports),
            payments: self.through(&self.payments),
            run_requests: self.through(&self.run_requests),
            clock: LenderClock(&self.now),
            rules: self.ledger.rules(),
            first_report: first_day(),
            guard: RunGuard { min_count: 100 },
        }
    }

    pub(crate) fn collect_debit(
        &self,
    ) -> CollectDebit<Faulty<'_, FakeAdvances>, Faulty<'_, FakeGate>, Faulty<'_, Ledger>, LenderClock<'_>> {
        CollectDebit {
            advances: self.through(&self.advances),
            gate: self.through(&self.gate),
            processor: self.through(&self.ledger),
            clock: LenderClock(&self.now),
        }
    }
}
