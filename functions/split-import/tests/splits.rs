//! What a split reads, and what a second upload of one content brings, over the fakes of its ports.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use banking::AccountNumber;
use calendar::{Clock, Moment};
use customers::testing::FakeRegister;
use customers::{Account, Customer, CustomerId, CustomerKind, Register, Registration};
use imports::testing::{FakeFiles, FakeImports, FakeQueues};
use imports::{Import, ImportId, Imports, Rates, Sources, SplitFile, State, Upload};
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
    let upload = Upload {
        key: key.to_owned(),
        version: version.to_owned(),
        size_bytes: u64::try_from(text.len()).unwrap(),
        uploaded_at: at(uploaded_at),
        metadata: BTreeMap::new(),
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
        let found = done.found.unwrap();
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
    let found = done.found.unwrap();
    assert_eq!((found.rows_taken, found.rows_rejected, found.accounts), (30_000, 0, 100));
    assert_eq!(split.register.looked_at(), 300);
}

#[tokio::test]
async fn a_file_of_one_account_looks_at_one_account() {
    let split = split_import();
    register(&split, 10).await;
    let text = "Id,Date,Transaction,Counterparty\n1,7/15,+60.5,DE1\n2,7/16,-1,DE2\n";
    let done = import(&split, &format!("imports/accounts/{}/a.csv", iban(3)), "1", "2026-11-21T10:00:00Z", text).await;
    assert_eq!((done.state, done.found.unwrap().entries), (State::Posting, 2));
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
    assert_eq!((second.state, second.repeats), (State::Done, None));
    assert_eq!((third.state, third.repeats), (State::Done, Some(first.id)));
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
    assert_eq!(import.found.unwrap().warnings.len(), 1, "what the date looks like");
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
    let State::Refused { reason } = misspelt.state else { unreachable!("it is refused") };
    let expected = "the source `spea` is not declared. Known are: sepa, swift. If it is misspelt, upload the file to \
                    imports/<source>/ again; if it is new, run `millrace source add spea` first";
    assert_eq!(reason, expected);
    let State::Refused { reason } = import(&split, "imports/a.csv", "1", at, &text).await.state else {
        unreachable!("it is refused")
    };
    assert!(reason.starts_with("these are transfers, but from which source: upload the file to imports/"), "{reason}");
    assert_eq!(import(&split, "imports/sepa/a.csv", "1", at, &text).await.state, State::Posting);

    split.imports.declare("spea", split.clock.now()).await.unwrap();
    let declared = import(&split, "imports/spea/a.csv", "2", at, &text).await;
    assert_eq!(declared.state, State::Posting);
    // The made-up IBANs have wrong check digits, which is another warning.
    let of_source = |import: Import| {
        let warnings = import.found.unwrap().warnings.into_iter();
        warnings.map(|it| (it.what, it.rows)).filter(|(what, _)| what.contains("spea")).collect::<Vec<_>>()
    };
    let what = "these are the first transfers from `spea`; any that another source has brought are booked twice";
    assert_eq!(of_source(declared), [(what.to_owned(), 1)]);
    let later = import(&split, "imports/spea/b.csv", "1", at, &text).await;
    assert!(of_source(later).is_empty(), "its first file was another one");
}
