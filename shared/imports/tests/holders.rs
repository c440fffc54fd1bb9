//! Who holds the accounts that a file names.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use customers::testing::FakeRegister;
use customers::{CustomerId, Customers as _, EmailAddress, Register as _};
use imports::{Ended, ImportContext, Importer, ParsedFile, Profile, Upload};
use money::Currency;

const OURS: &str = "DE89370400440532013000";
const HOLDERS: &str = "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction\n";

fn read(key: &str, metadata: &[(&str, &str)], profile: Option<&str>, holder: CustomerId, text: &str) -> ParsedFile {
    parse(key, "2026-11-21T10:00:00Z", metadata, profile, text)
        .finish(&[(OURS.parse().unwrap(), holder)].into())
        .unwrap()
}

fn parse(key: &str, at: &str, metadata: &[(&str, &str)], profile: Option<&str>, text: &str) -> Ended {
    let upload = Upload {
        key: key.to_owned(),
        version: "1".to_owned(),
        size_bytes: 1,
        uploaded_at: at.parse().unwrap(),
        metadata: metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    let mut importer = Importer::new(ImportContext {
        instructions: upload.instructions().unwrap(),
        profile: profile.map(|json| Profile::parse("bank", json.as_bytes()).unwrap()),
        uploaded_at: upload.uploaded_at,
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    });
    importer.feed(text.as_bytes()).unwrap();
    importer.end().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Reads a file as `split-import` does and registers what it names. Returns the number of accounts held by others.
fn import(register: &FakeRegister, key: &str, day: u8, text: &str) -> usize {
    let at = format!("2026-11-{day:02}T10:00:00Z");
    let ended = parse(key, &at, &[], None, text);
    let directory = block_on(register.holders(&ended.unknown())).unwrap();
    let read = ended.finish(&directory).unwrap();
    block_on(register.register(&read.registrations, at.parse().unwrap())).unwrap().held_by_others.len()
}

fn mail_address(register: &FakeRegister, account: &str) -> Option<String> {
    let account = block_on(register.account(&account.parse().unwrap())).unwrap().unwrap();
    let (customer, _) = block_on(register.customer(account.customer)).unwrap().unwrap();
    customer.email.map(|it| it.as_str().to_owned())
}

#[test]
fn a_mistyped_mail_address_of_a_holder_can_be_corrected() {
    let register = FakeRegister::default();
    let file = |email: &str| format!("{HOLDERS}4711,Ada,Lovelace,1915-12-10,{email},giro,a,2026-01-02,1\n");
    for (day, email, expected) in [
        (21, "ada@exmaple.com", "ada@exmaple.com"),
        (22, "ada@example.com", "ada@example.com"),
        (23, "", "ada@example.com"),
        (20, "ada@example.org", "ada@example.com"),
    ] {
        assert_eq!(import(&register, "imports/h.csv", day, &file(email)), 0);
        assert_eq!(mail_address(&register, "4711").as_deref(), Some(expected), "day {day}");
    }
    let all = block_on(register.customers(None, 10)).unwrap();
    assert_eq!(all.items.len(), 1, "all of them are Ada");
    let other = file("eve@example.com").replace("Ada", "Eve");
    assert_eq!(import(&register, "imports/h.csv", 24, &other), 1, "Eve has another name");
}

#[test]
fn a_company_gets_its_account_although_a_statement_of_it_came_first() {
    let register = FakeRegister::default();
    let statement = format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Id>S</Id><Acct><Id><IBAN>\
         {OURS}</IBAN></Id><Ownr><Nm>Acme AG</Nm></Ownr></Acct><Ntry><Amt Ccy=\"EUR\">5</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
         <Sts>BOOK</Sts><BookgDt><Dt>2026-07-15</Dt></BookgDt></Ntry></Stmt></BkToCstmrStmt></Document>"
    );
    let companies = format!("id,name,owner,address,email,ibans\nC1,Acme,,,cfo@acme.example,{OURS}\n");
    for (day, key, text) in
        [(20, "imports/july.xml", &statement), (21, "imports/c.csv", &companies), (22, "imports/july.xml", &statement)]
    {
        assert_eq!(import(&register, key, day, text), 0, "day {day}");
    }
    let (_, accounts) = block_on(register.customer(CustomerId::of_company("C1"))).unwrap().unwrap();
    assert_eq!(accounts.len(), 1);
}

fn holders(rows: &str) -> ParsedFile {
    read("imports/h.csv", &[], None, CustomerId::of_company("acme"), &format!("{HOLDERS}{rows}"))
}

#[test]
fn a_holder_has_a_name_a_birth_date_and_an_address_where_the_file_has_them() {
    let read = holders(
        "1,Ada,Lovelace,1915-12-10,ada@example.com,giro,a,2026-01-02,1\n\
         2,,Byron,,,savings,b,2026-01-02,1\n",
    );
    let found: Vec<_> = read
        .registrations
        .iter()
        .map(|it| {
            let customer = &it.customer;
            let email = customer.email.as_ref().map(EmailAddress::as_str);
            let kind = it.accounts[0].r#type.as_deref();
            (customer.name.as_deref(), customer.born_on.map(|it| it.to_string()), email, kind)
        })
        .collect();
    let ada = (Some("Ada Lovelace"), Some("1915-12-10".to_owned()), Some("ada@example.com"), Some("giro"));
    let byron = (Some("Byron"), None, None, Some("savings"));
    assert_eq!(found.len(), 2);
    assert!(found.contains(&ada) && found.contains(&byron), "{found:?}");
    assert_eq!(read.found.customers, 2);
}

#[test]
fn a_name_has_up_to_200_bytes_and_no_controls() {
    let longest = "x".repeat(200);
    let read = holders(&format!(
        "1,{longest},,,,giro,a,2026-01-02,1\n2,x{longest},,,,giro,b,2026-01-02,1\n3,a\u{1}b,,,,giro,c,2026-01-02,1\n"
    ));
    let what = "first_name: not a text: UTF-8 of at most 200 bytes without control characters";
    let rejects: Vec<_> = read.found.first_rejects.iter().map(|it| (it.line, it.reason.as_str())).collect();
    assert_eq!(rejects, [(3, what), (4, what)]);
    assert_eq!(read.registrations[0].customer.name.as_deref(), Some(longest.as_str()));
}

#[test]
fn a_file_without_names_names_no_other_holder() {
    let profile = r#"{"kind": "holders", "date_format": "%Y-%m-%d", "columns": {"account_number": "account",
        "transaction_ts": "date", "transaction": "amount"}}"#;
    let text = format!("account,date,amount\n4711,2026-01-01,1\n4711,2026-01-02,1\n{OURS},2026-01-01,1\n");
    let read = read("imports/a.csv", &[("profile", "bank")], Some(profile), CustomerId::of_company("acme"), &text);
    assert_eq!((read.found.rows_taken, read.found.warnings.len()), (3, 0), "{:?}", read.found.warnings);
    let registered: Vec<_> = read.registrations.iter().map(|it| it.accounts[0].number.as_str()).collect();
    assert_eq!(registered, ["4711"], "the other one has a holder");
    assert_eq!(read.found.customers, 2);
}

#[test]
fn a_file_of_one_account_tells_nothing_of_somebody_else_s() {
    let registered = |holder: CustomerId| {
        let key = format!("imports/accounts/{OURS}/a.csv");
        let read = read(&key, &[("name", "Ada")], None, holder, "Id,Date,Transaction\n1,2026-07-15,1\n");
        assert_eq!(read.found.rows_taken, 1);
        read.registrations.into_iter().map(|it| it.customer.name.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(registered(CustomerId::of_company("acme")), [""; 0]);
    assert_eq!(registered(CustomerId::of_account(&OURS.parse().unwrap())), ["Ada"], "its own holder's name");
}
