//! Accounts without room for their entries: they are named in the outcome, and the others of the batch are posted and
//! get their summaries.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use banking::AccountNumber;
use calendar::{Clock, Date, Moment};
use imports::testing::{FakeFiles, FakeImports, FakeQueues, altered};
use imports::{BatchOutcome, Batches, ControlTotals, Files, Import, Imports, PostBatch, State, Upload};
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
fn an_account_without_room_is_reported_and_the_others_of_its_batch_are_posted() {
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
    ready(function.imports.save(&altered(&import, |it| it.state = State::Posting))).unwrap();

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
        failed_before: Vec::new(),
        version: None,
        then: Vec::new(),
        posted_before: 0,
    };
    ready(function.files.write(&Import::entries_key(import.id), batch, "x")).unwrap();

    let outcomes: Vec<BatchOutcome> = (1..=2).map(|_| ready(function.handle(request.clone())).unwrap()).collect();
    assert_eq!(outcomes[0], outcomes[1], "a second delivery reports the same");
    let [outcome, _] = &outcomes[..] else { panic!("two deliveries") };
    let not_posted = u64::try_from(three_hundred_years.len()).unwrap();
    assert_eq!((outcome.posted, outcome.duplicates, outcome.accounts), (1, 0, 2));
    assert_eq!((outcome.not_posted.entries, outcome.not_posted.accounts), (not_posted, 1));
    let [full] = &outcome.not_posted.first[..] else { panic!("one account is full") };
    assert_eq!((full.account.as_str(), full.entries), ("4711", not_posted));
    assert!(full.reason.contains("too many months and currencies"), "{}", full.reason);

    assert_eq!(ready(function.imports.find(import.id)).unwrap().unwrap().state, State::Done);
    assert_eq!(ready(function.imports.finished(import.id)).unwrap(), [(0, outcome.clone())]);
    let accounts: Vec<AccountNumber> = function.books.all().into_keys().collect();
    assert_eq!(accounts, ["4712".parse().unwrap()]);
    let summaries: Vec<AccountNumber> = function.summaries.records().into_iter().map(|it| it.key.account).collect();
    assert_eq!(summaries, ["4712".parse().unwrap()], "the full account has nothing new to tell");

    let (mut reported, mut kept) = (ControlTotals::default(), ControlTotals::default());
    reported.add_outcome(outcome);
    function.books.all().values().for_each(|stored_books| kept.add_figures(&stored_books.figures().unwrap()));
    assert_eq!(reported.differences(&kept), []);
}
