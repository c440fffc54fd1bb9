//! How entries are packed into batches.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use customers::{CustomerId, Directory};
use imports::{
    BatchIndex, BatchOutcome, Chain, ImportContext, ImportId, Importer, PackedEntries, ParsedFile, PostBatch, Upload,
    read_batch,
};
use ledger::testing::FakeBooks;
use ledger::{Entry, post};
use money::Currency;

const MAX_OF_ACCOUNT: usize = 20_000;

fn read(key: &str, directory: &Directory, text: &str) -> (ParsedFile, PackedEntries) {
    let upload = Upload {
        key: key.to_owned(),
        version: "1".to_owned(),
        size_bytes: 1,
        uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        metadata: BTreeMap::new(),
    };
    let mut importer = Importer::new(ImportContext {
        instructions: upload.instructions().unwrap(),
        profile: None,
        uploaded_at: upload.uploaded_at,
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    });
    importer.feed(text.as_bytes()).unwrap();
    let mut read = importer.end().unwrap().finish(directory).unwrap();
    let packed = read.pack();
    (read, packed)
}

/// A file of one account: `rows` rows over three days; every second row has no id and one of two amounts.
fn one_account(rows: usize) -> (ParsedFile, PackedEntries) {
    let mut text = "Id,Date,Transaction\n".to_owned();
    for row in 0..rows {
        let (day, amount) = (1 + row % 3, 1 + (row / 6) % 2);
        match row % 2 {
            0 => writeln!(text, "n{row},2026-07-0{day},{row}").unwrap(),
            _ => writeln!(text, ",2026-07-0{day},{amount}").unwrap(),
        }
    }
    read("imports/accounts/4711/a.csv", &Directory::default(), &text)
}

fn batches(packed: &PackedEntries) -> Vec<Vec<(String, Vec<Entry>)>> {
    let bounds: Vec<usize> = packed.index.bounds.iter().map(|it| usize::try_from(*it).unwrap()).collect();
    let read = |pair: &[usize]| {
        let batch = read_batch(&packed.bytes[pair[0]..pair[1]]).unwrap();
        batch.into_iter().map(|(account, entries)| (account.as_str().to_owned(), entries)).collect()
    };
    bounds.windows(2).map(read).collect()
}

fn import() -> ImportId {
    ImportId::of("imports/accounts/4711/a.csv", "1")
}

#[test]
fn a_large_account_has_several_batches_of_its_own() {
    let rows = 2 * MAX_OF_ACCOUNT + 5;
    let (read, packed) = one_account(rows);
    let batches = batches(&packed);
    let sizes: Vec<usize> = batches.iter().flatten().map(|(_, entries)| entries.len()).collect();
    assert_eq!(sizes, [MAX_OF_ACCOUNT, MAX_OF_ACCOUNT, 5]);
    assert_eq!(packed.index.chains, [Chain { first: 0, last: 2 }]);
    assert_eq!((read.found.batches, read.found.accounts), (3, 1));
    assert_eq!(read.found.entries, u64::try_from(rows).unwrap());

    // Each of the rows without an id has its own ordinal, whatever batch it is in.
    let mut ordinals = BTreeMap::<(String, i64), Vec<u32>>::new();
    for entry in batches.iter().flatten().flat_map(|(_, entries)| entries).filter(|it| it.id.is_none()) {
        ordinals.entry((entry.at.to_string(), entry.amount_minor)).or_default().push(entry.ordinal);
    }
    assert_eq!(ordinals.len(), 6);
    for (equals, ordinals) in ordinals {
        assert!(ordinals.iter().copied().eq(0..u32::try_from(ordinals.len()).unwrap()), "{equals:?}");
    }
}

#[test]
fn different_rows_without_ids_are_all_the_first_of_their_kind() {
    let mut text = "Id,Date,Transaction\n".to_owned();
    (0..=MAX_OF_ACCOUNT).for_each(|row| writeln!(text, ",2026-07-01,{row}").unwrap());
    let (_, packed) = read("imports/accounts/4711/a.csv", &Directory::default(), &text);
    let batches = batches(&packed);
    assert_eq!(batches.len(), 2);
    assert!(batches.iter().flatten().flat_map(|(_, entries)| entries).all(|it| it.ordinal == 0));
}

#[test]
fn an_account_of_just_one_batch_shares_it_with_others() {
    let (_, packed) = one_account(MAX_OF_ACCOUNT);
    assert_eq!((packed.index.bounds.len(), packed.index.chains.len()), (2, 0));

    let (large, small) = ("AT611904300234573201", "DE89370400440532013000");
    let directory: Directory = [large, small].map(|it| (it.parse().unwrap(), CustomerId::of_company(it))).into();
    let mut text = "id,payer,beneficiary,amount,currency,timestamp\n".to_owned();
    for row in 0..=MAX_OF_ACCOUNT {
        let payer = if row < 3 { small } else { "FR1420041010050500013M02606" };
        writeln!(text, "{row},{payer},{large},1,EUR,2026-07-01T10:00:00Z").unwrap();
    }
    let (_, packed) = read("imports/sepa/a.csv", &directory, &text);
    let names: Vec<Vec<String>> =
        batches(&packed).iter().map(|batch| batch.iter().map(|(account, _)| account.clone()).collect()).collect();
    assert_eq!(names, [vec![large], vec![large], vec![small]], "parts of a large account are separate");
    assert_eq!(packed.index.chains, [Chain { first: 0, last: 1 }]);
}

#[test]
fn a_batch_of_many_accounts_is_full_at_64_kibibytes() {
    let mut text =
        "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction\n".to_owned();
    for account in 0..4_000 {
        writeln!(text, "{account:05},,,,,giro,{account:05}-{},2026-07-01,1", account * 7_919 % 4_001).unwrap();
    }
    let (_, packed) = read("imports/h.csv", &Directory::default(), &text);
    assert_eq!((packed.index.v, packed.index.summaries), (1, true));
    let bounds = &packed.index.bounds;
    let sizes: Vec<u64> = bounds.windows(2).map(|it| it[1] - it[0]).collect();
    let (last, full) = sizes.split_last().unwrap();
    assert!(full.len() > 1 && full.iter().all(|it| (65_536..66_000).contains(it)) && *last < 66_000, "{sizes:?}");
}

#[test]
fn the_batches_between_two_chains_are_requested_alone() {
    let list = r#"{"v": 1, "summaries": true, "bounds": [0, 10, 20, 30, 40, 50, 60, 70],
        "chains": [{"first": 1, "last": 2}, {"first": 4, "last": 5}]}"#;
    let list: BatchIndex = serde_json::from_str(list).unwrap();
    let requests = |finished: &[u32]| {
        let finished: Vec<_> =
            finished.iter().map(|batch| (*batch, BatchOutcome { posted: 1, ..BatchOutcome::default() })).collect();
        let seen = |it: PostBatch| (it.batch, it.from, it.to, it.then);
        list.unfinished(import(), &finished).into_iter().map(seen).collect::<Vec<_>>()
    };
    let alone = |batch: u32| (batch, u64::from(batch) * 10, u64::from(batch) * 10 + 10, Vec::new());
    assert_eq!(
        requests(&[]),
        [alone(0), (1, 10, 20, vec![30]), alone(3), (4, 40, 50, vec![60]), alone(6)],
        "each chain by its first batch"
    );
    assert_eq!(requests(&[0, 1, 4, 5]), [alone(2), alone(3), alone(6)]);
    let all: Vec<_> = list.all(import()).iter().map(|it| (it.batch, it.from, it.to)).collect();
    assert_eq!(all, (0..7).map(|it| (it, u64::from(it) * 10, u64::from(it) * 10 + 10)).collect::<Vec<_>>());
}

#[test]
fn the_batches_of_an_account_are_requested_one_after_the_other() {
    let (_, packed) = one_account(3 * MAX_OF_ACCOUNT + 1);
    let bounds = &packed.index.bounds;
    let [first] = packed.index.unfinished(import(), &[]).try_into().unwrap();
    let expected = PostBatch {
        v: 1,
        import: import(),
        batch: 0,
        of: 4,
        from: 0,
        to: bounds[1],
        summaries: true,
        repeats: false,
        failed_before: Vec::new(),
        version: None,
        then: bounds[2..].to_vec(),
        posted_before: 0,
    };
    assert_eq!(first, expected);
    let mut requests = vec![first];
    while let Some(next) = requests.last().unwrap().next(7) {
        requests.push(next);
    }
    let seen = |it: &PostBatch| (it.batch, it.from, it.to, it.posted_before, it.wants_summaries());
    assert_eq!(
        requests.iter().map(seen).collect::<Vec<_>>(),
        [
            (0, bounds[0], bounds[1], 0, false),
            (1, bounds[1], bounds[2], 7, false),
            (2, bounds[2], bounds[3], 14, false),
            (3, bounds[3], bounds[4], 21, true),
        ]
    );
    // A retry continues after the posted batches.
    let outcome = |posted| BatchOutcome { posted, ..BatchOutcome::default() };
    let left = packed.index.unfinished(import(), &[(0, outcome(7)), (1, outcome(7))]);
    assert_eq!(left, requests[2..3]);
    let all: Vec<_> = (0..4).map(|batch| (batch, outcome(7))).collect();
    assert_eq!(packed.index.unfinished(import(), &all), []);
}

#[test]
fn lists_and_requests_of_earlier_releases_are_read_and_name_no_version() {
    let list = r#"{"v": 1, "summaries": true, "bounds": [0, 7]}"#;
    assert!(serde_json::from_str::<BatchIndex>(&list.replace("1,", "2,")).is_err(), "a later version");
    let list: BatchIndex = serde_json::from_str(list).unwrap();
    let [request] = list.unfinished(import(), &[]).try_into().unwrap();
    let message = format!(
        r#"{{"v": 1, "import": "{}", "batch": 0, "of": 1, "from": 0, "to": 7, "summaries": true, "repeats": false}}"#,
        import()
    );
    assert_eq!(serde_json::from_str::<PostBatch>(&message).unwrap(), request);
    assert_eq!((request.version, request.failed_before), (None, Vec::new()));
    let written = BatchIndex { version: Some("v7".to_owned()), failed_before: vec![import()], ..list };
    let requests = written.unfinished(import(), &[]);
    assert_eq!(requests[0].version.as_deref(), Some("v7"));
    let message = serde_json::to_string(&requests[0]).unwrap();
    assert_eq!(serde_json::from_str::<PostBatch>(&message).unwrap(), requests[0]);
}

#[test]
fn the_books_do_not_depend_on_how_an_account_is_cut() {
    let (_, packed) = one_account(2 * MAX_OF_ACCOUNT + 5);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (parts, whole) = (FakeBooks::default(), FakeBooks::default());
    let (mut entries, mut added) = (Vec::new(), 0);
    for (number, batch) in (0..).zip(batches(&packed)) {
        for (account, part) in batch {
            entries.extend(part.clone());
            let account = account.parse().unwrap();
            let posting = post(&parts, &account, part, import().posting(number));
            added += runtime.block_on(posting).unwrap().added.entries;
        }
    }
    let account = "4711".parse().unwrap();
    let posted = runtime.block_on(post(&whole, &account, entries, import().posting(0))).unwrap();
    assert_eq!(added, posted.added.entries);
    assert_eq!(parts.bytes(), whole.bytes());
}
