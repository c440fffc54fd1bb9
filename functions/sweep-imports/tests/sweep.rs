//! Runs of the sweeper over the fakes of its ports.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::{Clock, Moment};
use imports::testing::{FakeImports, FakeQueues, altered};
use imports::{BatchOutcome, Batches, Import, ImportId, ImportStats, Imports, SplitFile, State, Upload};
use mail::gate::{self, HoldReason};
use mail::outbox::Summaries;
use mail::testing::{FakeSummaries, FakeSummaryRequests, ready};
use sweep_imports::{SweepImports, Swept};

#[derive(Default)]
struct TestClock(Cell<i64>);

impl Clock for TestClock {
    fn now(&self) -> Moment {
        minute(self.0.get())
    }
}

fn minute(minutes: i64) -> Moment {
    Moment::instant(1_795_255_200_000_000 + minutes * 60_000_000).unwrap()
}

struct Run(SweepImports<FakeImports, FakeQueues, FakeSummaries, FakeSummaryRequests, TestClock>);

impl Default for Run {
    fn default() -> Self {
        Self(SweepImports {
            imports: FakeImports::default(),
            uploads: FakeQueues::default(),
            summaries: FakeSummaries::default(),
            requests: FakeSummaryRequests::default(),
            clock: TestClock::default(),
            rate: "1".parse().unwrap(),
        })
    }
}

impl Run {
    /// An import of 100 batches, touched last at minute 0.
    fn posting(&self, key: &str) -> ImportId {
        let received = Import::received(&Upload {
            key: key.to_owned(),
            version: "1".to_owned(),
            size_bytes: 1,
            uploaded_at: minute(0),
            metadata: BTreeMap::new(),
        });
        let found = ImportStats { batches: 100, ..ImportStats::default() };
        let import = altered(&received, |it| {
            it.state = State::Posting;
            it.found = Some(found);
        });
        ready(self.0.imports.receive(&import)).unwrap().id
    }

    fn finish(&self, import: ImportId, batch: u32) {
        ready(self.0.imports.finish(import, batch, BatchOutcome::default(), self.0.clock.now())).unwrap();
    }

    fn set(&self, minute: i64) {
        self.0.clock.0.set(minute);
    }

    /// Sweeps at a minute; what was done, and the keys of the uploads that were sent again.
    fn sweep(&self, at: i64) -> (Swept, Vec<String>) {
        self.set(at);
        let swept = ready(self.0.handle()).unwrap();
        (swept, self.0.uploads.take_uploads().into_iter().map(|SplitFile { key, .. }| key).collect())
    }

    fn state(&self, import: ImportId) -> State {
        ready(self.0.imports.find(import)).unwrap().unwrap().state.clone()
    }
}

#[test]
fn an_import_that_makes_progress_is_left_alone_however_long_it_takes() {
    let run = Run::default();
    let import = run.posting("imports/long.csv");
    for at in 1..100 {
        run.set(10 * i64::from(at));
        run.finish(import, at);
        assert_eq!(run.sweep(10 * i64::from(at) + 5), (Swept::default(), vec![]), "after {at} batches");
    }
    assert_eq!(run.state(import), State::Posting);
}

#[test]
fn an_import_without_progress_is_retried_and_fails_in_the_end() {
    let run = Run::default();
    let import = run.posting("imports/stalled.csv");
    let mut retried = Vec::new();
    for at in (0..3000).step_by(5) {
        let (swept, sent) = run.sweep(at);
        assert_eq!(sent.len(), usize::try_from(swept.imports).unwrap());
        retried.extend(sent.iter().map(|_| at));
        if swept.failed > 0 {
            assert_eq!(retried, [20, 55, 120, 245, 490]);
            assert_eq!(at, 975);
            assert!(matches!(run.state(import), State::Failed { .. }));
            return;
        }
    }
    panic!("it never fails: {retried:?}");
}

#[test]
fn a_record_that_cannot_be_read_hides_no_other() {
    let run = Run::default();
    let imports: Vec<ImportId> = (0..20).map(|it| run.posting(&format!("imports/{it:02}.csv"))).collect();
    imports.iter().take(10).for_each(|it| run.0.imports.break_record(*it));
    let (swept, sent) = run.sweep(60);
    assert_eq!(swept, Swept { imports: 10, unreadable: 10, ..Swept::default() });
    assert_eq!(sent.len(), 10);
}

#[test]
fn each_run_retries_a_hundred_and_the_next_run_those_that_are_left() {
    let run = Run::default();
    for it in 0..250 {
        run.posting(&format!("imports/{it:03}.csv"));
    }
    let mut retried = Vec::new();
    for (at, expected) in [(16, 100), (21, 100), (26, 50), (31, 0)] {
        let (swept, sent) = run.sweep(at);
        assert_eq!((swept.imports, sent.len()), (expected, usize::try_from(expected).unwrap()), "minute {at}");
        retried.extend(sent);
    }
    retried.sort();
    retried.dedup();
    assert_eq!(retried.len(), 250, "nobody starves");
}

fn account(number: u32) -> AccountNumber {
    format!("{number:04}").parse().unwrap()
}

#[test]
fn no_more_summaries_are_requested_than_can_be_sent_until_the_next_run() {
    let run = Run::default();
    let accounts: Vec<AccountNumber> = (0..500).map(account).collect();
    ready(run.0.summaries.want("imp-1", &accounts, minute(0))).unwrap();
    assert_eq!(run.sweep(14).0.summaries, 0, "it is their first quarter of an hour");
    assert_eq!(run.sweep(20).0.summaries, 300);
    assert_eq!(run.0.requests.take().len(), 300);
}

#[test]
fn while_no_mails_are_sent_none_is_requested() {
    let run = Run::default();
    ready(run.0.summaries.want("imp-1", &[account(1)], minute(0))).unwrap();
    ready(gate::change(&run.0.summaries, |gate| gate.hold(HoldReason::Quota, "the quota", minute(0)))).unwrap();
    assert_eq!(run.sweep(59).0.summaries, 0);
    assert_eq!(run.sweep(61).0.summaries, 1);
    ready(gate::change(&run.0.summaries, |gate| gate.pause("bounces".to_owned(), minute(62)))).unwrap();
    assert_eq!(run.sweep(10_000).0.summaries, 0);
}
