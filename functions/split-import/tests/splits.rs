//! What a split reads, and what a second upload of one content brings, over the fakes of its ports.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use banking::AccountNumber;
use calendar::{Clock, Moment};
use customers::testing::FakeRegister;
use customers::{Account, Customer, CustomerId, CustomerKind, Register, Registration};
use imports::testing::{FakeFiles, FakeImports, FakeQueues, altered};
use imports::{
    BatchQueue, Files, Import, ImportId, Imports, Rates, Sources, SplitFile, State, Upload, Warning, read_batch,
};
use money::Currency;
use split_import::SplitImport;

struct Stopped(Moment);

impl Clock for Stopped {
    fn now(&self) -> Moment {
        self.0
    }
}

type Split = SplitImport<FakeFiles, FakeImports, FakeRegister, FakeQueues, Stopped>;

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

fn split_import() -> Split {
    SplitImport {
        files: FakeFiles::default(),
        imports: FakeImports::default(),
        register: FakeRegister::default(),
        batches: FakeQueues::default(),
        clock: Stopped(at("2026-11-21T10:00:00Z")),
        default_currency: Currency::EUR,
    }
}

/// Uploads `text` and splits it.
async fn import(split: &Split, key: &str, version: &str, uploaded_at: &str, text: &str) -> Import {
    import_with(split, key, version, uploaded_at, text, &[]).await
}

async fn import_with(
    split: &Split,
    key: &str,
    version: &str,
    uploaded_at: &str,
    text: &str,
    metadata: &[(&str, &str)],
) -> Import {
    let upload = Upload {
        key: key.to_owned(),
        version: version.to_owned(),
        size_bytes: u64::try_from(text.len()).unwrap(),
        uploaded_at: at(uploaded_at),
        metadata: metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    split.files.upload(upload, text.as_bytes());
    split.handle(SplitFile { key: key.to_owned(), version: Some(version.to_owned()) }).await.unwrap();
    split.imports.find(ImportId::of(key, version)).await.unwrap().unwrap()
}

/// The account of this number in the register's tests.
fn iban(number: u32) -> String {
    format!("DE00{number:018}")
}

async fn register(split: &Split, accounts: u32) {
    let id = CustomerId::of_company("c");
    let customer = Customer {
        id,
        kind: CustomerKind::Company,
        name: None,
        born_on: None,
        email: None,
        owner: None,
        address: None,
        first_email: None,
    };
    let account = |number: u32| Account { number: iban(number).parse().unwrap(), customer: id, r#type: None };
    let registration = Registration { customer, accounts: (0..accounts).map(account).collect() };
    split.register.register(&[registration], at("2026-01-01T00:00:00Z")).await.unwrap();
}

const HEADER: &str = "id,payer,beneficiary,amount,currency,timestamp\n";

fn transfer(id: u32, payer: &str, beneficiary: &str) -> String {
    format!("{id},{payer},{beneficiary},1.00,EUR,2026-01-02T10:00:00Z\n")
}

#[tokio::test]
async fn a_small_file_looks_at_the_same_accounts_with_ten_and_with_a_million_registered() {
    let stranger = "FR1420041010050500013M02606";
    let rows = [transfer(1, &iban(1), &iban(2)), transfer(2, &iban(2), stranger), transfer(3, stranger, stranger)];
    let mut costs = Vec::new();
    for accounts in [10, 1_000_000] {
        let split = split_import();
        register(&split, accounts).await;
        let text = HEADER.to_owned() + &rows.concat();
        let done = import(&split, "imports/sepa/a.csv", "1", "2026-11-21T10:00:00Z", &text).await;
        let found = done.found.clone().unwrap();
        assert_eq!((found.entries, found.rows_rejected), (3, 1));
        costs.push(split.register.looked_at());
    }
    assert_eq!(costs, [3, 3], "each account that the file names, once");
}

#[tokio::test]
async fn an_account_is_looked_at_once_however_large_the_file_is() {
    let split = split_import();
    register(&split, 100).await;
    let mut text = HEADER.to_owned();
    (0..30_000).for_each(|id| text.push_str(&transfer(id, &iban(id % 300), &iban(id % 7))));
    assert!(text.len() > 2 * 1024 * 1024, "several parts: {}", text.len());
    let done = import(&split, "imports/sepa/a.csv", "1", "2026-11-21T10:00:00Z", &text).await;
    let found = done.found.clone().unwrap();
    assert_eq!((found.rows_taken, found.rows_rejected, found.accounts), (30_000, 0, 100));
    assert_eq!(split.register.looked_at(), 300);
}

#[tokio::test]
async fn a_file_of_one_account_looks_at_one_account() {
    let split = split_import();
    register(&split, 10).await;
    let text = "Id,Date,Transaction,Counterparty\n1,7/15,+60.5,DE1\n2,7/16,-1,DE2\n";
    let done = import(&split, &format!("imports/accounts/{}/a.csv", iban(3)), "1", "2026-11-21T10:00:00Z", text).await;
    assert_eq!((done.state.clone(), done.found.clone().unwrap().entries), (State::Posting, 2));
    assert_eq!(split.register.looked_at(), 1);
    let number: AccountNumber = iban(3).parse().unwrap();
    let holders = split.register.holders(&[number]).await.unwrap();
    assert_eq!(holders.into_values().collect::<Vec<_>>(), [CustomerId::of_company("c")], "it keeps its holder");
}

#[tokio::test]
async fn of_rates_a_then_b_then_a_again_the_last_a_counts() {
    let split = split_import();
    let rates = |usd: &str| format!("currency,usd_rate,eur_rate,date\nUSD,1,{usd},2024-01-02\n");
    let (a, b) = (rates("0.9"), rates("0.8"));
    let first = import(&split, "imports/r.csv", "1", "2026-11-21T10:00:00Z", &a).await;
    let second = import(&split, "imports/r.csv", "2", "2026-11-21T11:00:00Z", &b).await;
    let third = import(&split, "imports/r.csv", "3", "2026-11-21T12:00:00Z", &a).await;
    assert_eq!((second.state.clone(), second.repeats), (State::Done, None));
    assert_eq!((third.state.clone(), third.repeats), (State::Done, Some(first.id)));
    let day = "2024-01-02".parse().unwrap();
    let kept = split.imports.table(&[Currency::USD], day, day).await.unwrap();
    assert_eq!(kept.first().unwrap().eur.to_string(), "0.9");
}

#[tokio::test]
async fn an_import_with_every_row_rejected_ends_as_rejected_and_registers_nobody() {
    let split = split_import();
    let text = "Id,Date,Transaction\n1,15.07.2026,60.5\n";
    let import = import(&split, "imports/accounts/4711/a.csv", "1", "2026-11-21T10:00:00Z", text).await;
    let reason = "0 of 1 rows were taken; line 2: Date: not a date".to_owned();
    assert_eq!(import.state, State::Rejected { reason });
    assert_eq!(import.found.clone().unwrap().warnings.len(), 1, "what the date looks like");
    let number: AccountNumber = "4711".parse().unwrap();
    assert!(split.register.holders(&[number]).await.unwrap().is_empty());
}

#[tokio::test]
async fn transfers_of_a_source_that_nobody_has_declared_are_refused_with_what_to_do() {
    let split = split_import();
    register(&split, 3).await;
    let text = HEADER.to_owned() + &transfer(1, &iban(1), &iban(2));
    let at = "2026-11-21T10:00:00Z";
    let misspelt = import(&split, "imports/spea/a.csv", "1", at, &text).await;
    let State::Refused { reason } = misspelt.state.clone() else { unreachable!("it is refused") };
    let expected = "the source `spea` is not declared. Known are: sepa, swift. If it is misspelt, upload the file to \
                    imports/<source>/ again; if it is new, run `millrace source add spea` first";
    assert_eq!(reason, expected);
    let State::Refused { reason } = import(&split, "imports/a.csv", "1", at, &text).await.state.clone() else {
        unreachable!("it is refused")
    };
    assert!(reason.starts_with("these are transfers, but from which source: upload the file to imports/"), "{reason}");
    assert_eq!(import(&split, "imports/sepa/a.csv", "1", at, &text).await.state, State::Posting);

    split.imports.declare("spea", split.clock.now()).await.unwrap();
    let declared = import(&split, "imports/spea/a.csv", "2", at, &text).await;
    assert_eq!(declared.state, State::Posting);
    // The made-up IBANs have wrong check digits, which is another warning.
    let of_source = |import: Import| {
        let warnings = import.found.clone().unwrap().warnings.into_iter();
        warnings.map(|it| (it.what, it.rows)).filter(|(what, _)| what.contains("spea")).collect::<Vec<_>>()
    };
    let what = "these are the first transfers from `spea`; transfers that another source has already imported are posted twice";
    assert_eq!(of_source(declared), [(what.to_owned(), 1)]);
    let later = import(&split, "imports/spea/b.csv", "1", at, &text).await;
    assert!(of_source(later).is_empty(), "its first file was another one");
}

#[tokio::test]
async fn the_name_of_a_profile_of_transfers_is_a_source_that_must_be_declared() {
    let split = split_import();
    register(&split, 3).await;
    let profile = r#"{"kind": "transfers", "date_format": "%Y-%m-%d", "currency": "EUR",
        "columns": {"payer": "from", "beneficiary": "to", "amount": "sum", "timestamp": "day"}}"#;
    split.files.write("profiles/target2.json", profile.as_bytes().to_vec(), "application/json").await.unwrap();
    let text = format!("from,to,sum,day\n{},{},1.00,2026-11-20\n", iban(1), iban(2));
    let upload = async |version: &str| {
        let metadata = [("profile", "target2")];
        import_with(&split, "imports/a.csv", version, "2026-11-21T10:00:00Z", &text, &metadata).await.state.clone()
    };
    let State::Refused { reason } = upload("1").await else { unreachable!("it is refused") };
    assert!(reason.contains("`target2`") && reason.contains("millrace source add target2"), "{reason}");
    split.imports.declare("target2", split.clock.now()).await.unwrap();
    assert_eq!(upload("2").await, State::Posting);
}

const WITHOUT_YEARS: &str = "Id,Date,Transaction\n1,7/15,+60.5\n2,12/28,-1\n";

/// The dates of the entries that were requested to be posted since the last call.
async fn dates(split: &Split) -> Vec<String> {
    let mut dates = Vec::new();
    for request in split.batches.take_batches() {
        let (key, version) = (Import::entries_key(request.import), request.version.as_deref());
        let bytes = split.files.read(&key, version, request.from..request.to).await.unwrap().unwrap();
        let accounts = read_batch(&bytes).unwrap();
        dates.extend(accounts.iter().flat_map(|(_, entries)| entries).map(|it| it.at.to_string()));
    }
    dates
}

#[tokio::test]
async fn content_that_is_uploaded_again_keeps_the_years_of_its_first_import() {
    let split = split_import();
    let key = "imports/accounts/1/a.csv";
    let first = import(&split, key, "1", "2026-12-20T10:00:00Z", WITHOUT_YEARS).await;
    let expected = ["2025-12-28", "2026-07-15"];
    assert_eq!(dates(&split).await, expected);
    for (version, uploaded_at) in [("2", "2026-12-30T10:00:00Z"), ("3", "2027-12-20T10:00:00Z")] {
        let again = import(&split, key, version, uploaded_at, WITHOUT_YEARS).await;
        assert_eq!(again.repeats, Some(first.id));
        assert_eq!(dates(&split).await, expected, "{uploaded_at}");
        let what = "the date has no year, 2025 to 2026 was assumed; give the `year` with the upload";
        assert_eq!(again.found.clone().unwrap().warnings, [Warning { what: what.to_owned(), rows: 2 }]);
    }
    let other = import_with(&split, key, "4", "2027-12-20T10:00:00Z", WITHOUT_YEARS, &[("year", "2024")]).await;
    assert_eq!(dates(&split).await, ["2024-07-15", "2024-12-28"], "a year that is given wins");
    let warnings = &other.found.as_ref().unwrap().warnings;
    let what = format!("import {} has read the same content without a year: ", first.id);
    assert!(warnings.iter().any(|it| it.what.starts_with(&what) && it.rows == 2), "{warnings:?}");
}

#[tokio::test]
async fn content_with_a_failed_first_import_keeps_its_years() {
    let split = split_import();
    let key = "imports/accounts/1/a.csv";
    let first = import(&split, key, "1", "2026-12-20T10:00:00Z", WITHOUT_YEARS).await;
    let expected = dates(&split).await;
    let failed = State::Failed { reason: "x".to_owned() };
    split.imports.save(&altered(&first, |it| it.state = failed)).await.unwrap();
    let second = import(&split, key, "2", "2027-12-20T10:00:00Z", WITHOUT_YEARS).await;
    assert_eq!(second.repeats, Some(first.id), "it may have posted some");
    let requests = split.batches.take_batches();
    assert_eq!(requests[0].failed_before, [first.id]);
    let third = import(&split, key, "3", "2028-12-30T10:00:00Z", WITHOUT_YEARS).await;
    assert_eq!(third.repeats, Some(second.id));
    let requests = split.batches.take_batches();
    assert_eq!((requests[0].repeats, requests[0].failed_before.len()), (true, 0), "the second one has not failed");
    split.batches.send(&requests).await.unwrap();
    assert_eq!(dates(&split).await, expected);
}

#[tokio::test]
async fn a_split_that_was_overtaken_does_not_change_the_batches_of_the_other() {
    let split = split_import();
    let key = "imports/accounts/1/a.csv";
    let import = import(&split, key, "1", "2026-11-21T10:00:00Z", WITHOUT_YEARS).await;
    let requests = split.batches.take_batches();
    // Another split of the same import, which read something else, writes its batches and is then refused.
    for key in [Import::entries_key(import.id), Import::index_key(import.id)] {
        split.files.write(&key, b"other".to_vec(), "x").await.unwrap();
    }
    split.handle(SplitFile { key: key.to_owned(), version: Some("1".to_owned()) }).await.unwrap();
    assert_eq!(split.batches.take_batches(), requests, "they are requested again from the list of the same version");
    split.batches.send(&requests).await.unwrap();
    assert_eq!(dates(&split).await, ["2025-12-28", "2026-07-15"]);
}
