//! An account that its totals have no room for: the import fails with a reason, and the others are posted.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use banking::AccountNumber;
use calendar::{Clock, Date, Moment};
use imports::testing::{FakeFiles, FakeImports, FakeQueues};
use imports::{Batches, Files, Import, Imports, PostBatch, State, Upload};
use ledger::testing::FakeBooks;
use ledger::{Entry, Mark, Side, encode_entries};
use mail::testing::{FakeSummaries, FakeSummaryRequests, ready};
use money::Currency;
use post_entries::PostEntries;

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Moment {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }
}

fn entry(date: Date, currency: Currency) -> Entry {
    Entry {
        at: Moment::day(date),
        source: "account".into(),
        id: Some("x".into()),
        ordinal: 0,
        amount_minor: 999_999_999_999_999_999,
        currency,
        side: Side::None,
        counterparty: None,
        text: None,
        mark: Mark::Clean,
    }
}

/// An account as a batch holds it.
fn packed(account: &str, entries: &[Entry]) -> Vec<u8> {
    let (packed, length) = (encode_entries(entries), u8::try_from(account.len()).unwrap());
    [&[length], account.as_bytes(), &u32::try_from(packed.len()).unwrap().to_le_bytes(), &packed].concat()
}

#[test]
fn an_account_without_room_fails_the_import_with_a_reason_and_is_not_tried_again() {
    let function = PostEntries {
        files: FakeFiles::default(),
        imports: FakeImports::default(),
        books: FakeBooks::default(),
        summaries: FakeSummaries::default(),
        batches: FakeQueues::default(),
        requests: FakeSummaryRequests::default(),
        clock: FixedClock,
    };
    let upload = Upload {
        key: "imports/x.csv".to_owned(),
        version: "1".to_owned(),
        size_bytes: 1,
        uploaded_at: FixedClock.now(),
        metadata: <_>::default(),
    };
    let import = ready(function.imports.receive(&Import::received(&upload))).unwrap();
    ready(function.imports.save(&Import { state: State::Posting, ..import.clone() })).unwrap();

    let currencies: Vec<Currency> = (0..999).filter_map(|it| Currency::from_numeric(it).ok()).take(10).collect();
    let days = (1900..2200).flat_map(|year| (1..=12).map(move |month| Date::try_new(year, month, 7).unwrap()));
    let three_hundred_years: Vec<Entry> =
        days.flat_map(|day| currencies.iter().map(move |currency| entry(day, *currency))).collect();
    let one = [entry("2026-07-15".parse().unwrap(), Currency::EUR)];
    let batch = [packed("4711", &three_hundred_years), packed("4712", &one)].concat();
    let request = PostBatch {
        v: 1,
        import: import.id,
        batch: 0,
        of: 1,
        from: 0,
        to: u64::try_from(batch.len()).unwrap(),
        summaries: true,
        repeats: false,
        then: Vec::new(),
        posted_before: 0,
    };
    ready(function.files.write(&Import::entries_key(import.id), batch, "x")).unwrap();

    for delivery in 1..=2 {
        let outcome = ready(function.handle(request.clone()));
        assert!(outcome.is_ok(), "delivery {delivery} is acknowledged: {outcome:?}");
        let state = ready(function.imports.find(import.id)).unwrap().unwrap().state;
        let State::Failed { reason } = state else { panic!("{state:?}") };
        assert!(reason.starts_with("nothing was posted to account 4711: its entries are in too many"), "{reason}");
        assert_eq!(ready(function.imports.finished(import.id)).unwrap().len(), 0, "the batch is not posted");
        let accounts: Vec<AccountNumber> = function.books.all().into_keys().collect();
        assert_eq!(accounts, ["4712".parse().unwrap()]);
    }
}
