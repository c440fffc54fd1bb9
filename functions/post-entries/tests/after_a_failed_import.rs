//! An import that replaces a failed one: which accounts get a summary.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use calendar::{Clock, Moment};
use imports::testing::{FakeFiles, FakeImports, FakeQueues};
use imports::{Files, Import, ImportId, PostBatch};
use ledger::testing::FakeBooks;
use ledger::{Entry, Mark, Side, encode_entries, post};
use mail::outbox::Summaries;
use mail::testing::{FakeSummaries, FakeSummaryRequests, ready};
use money::Currency;
use post_entries::{PostEntries, PostEntriesError};

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Moment {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }
}

type Function =
    PostEntries<FakeFiles, FakeImports, FakeBooks, FakeQueues, FakeSummaries, FakeSummaryRequests, FixedClock>;

fn function() -> Function {
    PostEntries {
        files: FakeFiles::default(),
        imports: FakeImports::default(),
        books: FakeBooks::default(),
        summaries: FakeSummaries::default(),
        batches: FakeQueues::default(),
        requests: FakeSummaryRequests::default(),
        clock: FixedClock,
    }
}

fn entry() -> Entry {
    Entry {
        at: "2026-07-15".parse().unwrap(),
        source: "holders".into(),
        id: Some("a".into()),
        ordinal: 0,
        amount_minor: 100,
        currency: Currency::EUR,
        side: Side::None,
        counterparty: None,
        text: None,
        mark: Mark::Clean,
    }
}

/// A batch with the entry on each account.
fn batch(accounts: &[&str]) -> Vec<u8> {
    let account = |account: &&str| {
        let (packed, length) = (encode_entries(&[entry()]), u8::try_from(account.len()).unwrap());
        [&[length], account.as_bytes(), &u32::try_from(packed.len()).unwrap().to_le_bytes(), &packed].concat()
    };
    accounts.iter().flat_map(account).collect()
}

fn request(import: ImportId, to: usize) -> PostBatch {
    PostBatch {
        v: 1,
        import,
        batch: 0,
        of: 1,
        from: 0,
        to: u64::try_from(to).unwrap(),
        summaries: true,
        repeats: true,
        failed_before: Vec::new(),
        version: None,
        then: Vec::new(),
        posted_before: 0,
    }
}

#[test]
fn accounts_get_a_summary_that_are_new_or_that_no_failed_import_requested_one_for() {
    let [mailed, posted, new] = ["4711", "4712", "4713"];
    let ids = ["1", "2", "3"].map(|version| ImportId::of("imports/a.csv", version));
    let [older, failed, again] = ids;
    for (failed_before, expected) in [(vec![failed, older], vec![posted, new]), (Vec::new(), vec![new])] {
        let function = function();
        for account in [mailed, posted] {
            let account = account.parse().unwrap();
            ready(post(&function.books, &account, vec![entry()], failed.posting(0))).unwrap();
        }
        let accounts = [mailed.parse().unwrap()];
        ready(function.summaries.want(&older.to_string(), &accounts, FixedClock.now())).unwrap();
        let bytes = batch(&[mailed, posted, new]);
        let request = PostBatch { failed_before, ..request(again, bytes.len()) };
        ready(function.files.write(&Import::entries_key(again), bytes, "x")).unwrap();
        for delivery in 1..=2 {
            ready(function.handle(request.clone())).unwrap();
            let records = function.summaries.records().into_iter().map(|it| it.key);
            let of_again = records.filter(|key| key.import == again.to_string());
            let accounts: Vec<String> = of_again.map(|key| key.account.as_str().to_owned()).collect();
            assert_eq!(accounts, expected, "delivery {delivery}");
        }
    }
}

#[test]
fn a_batch_is_read_from_its_version_and_never_in_part() {
    let function = function();
    let import = ImportId::of("imports/a.csv", "1");
    let bytes = batch(&["4711"]);
    let key = Import::entries_key(import);
    let written = ready(function.files.write(&key, bytes.clone(), "x")).unwrap();
    ready(function.files.write(&key, batch(&["4712", "4713"]), "x")).unwrap();
    let first = PostBatch { version: Some(written.clone()), ..request(import, bytes.len()) };
    assert_eq!(ready(function.handle(first.clone())).unwrap().posted, 1);
    let accounts: Vec<String> = function.books.all().keys().map(|it| it.as_str().to_owned()).collect();
    assert_eq!(accounts, ["4711"]);
    let longer = PostBatch { to: first.to.checked_add(1).unwrap(), ..first.clone() };
    assert!(matches!(ready(function.handle(longer)), Err(PostEntriesError::ShortBatch)));
    let gone = PostBatch { version: Some("x".to_owned()), ..first };
    assert!(matches!(ready(function.handle(gone)), Err(PostEntriesError::NoBatch)));
}
