//! What the report of a file with rejected rows contains, and what such a file must not leave behind.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use customers::Directory;
use imports::{ImportContext, Importer, ParsedFile, Profile, Refusal, State, Upload};
use money::Currency;

fn read(key: &str, profile: Option<&str>, text: &str) -> Result<ParsedFile, Refusal> {
    let upload = Upload {
        key: key.to_owned(),
        version: "1".to_owned(),
        size_bytes: 1,
        uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        metadata: std::collections::BTreeMap::new(),
    };
    let mut importer = Importer::new(ImportContext {
        instructions: upload.instructions()?,
        profile: profile.map(|json| Profile::parse("bank", json.as_bytes())).transpose()?,
        uploaded_at: upload.uploaded_at,
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    });
    importer.feed(text.as_bytes())?;
    importer.learn(&Directory::new());
    let ended = importer.end()?;
    ended.finish(&Directory::new())
}

fn account(text: &str) -> ParsedFile {
    read("imports/accounts/4711/july.csv", None, text).unwrap()
}

fn warnings(read: &ParsedFile) -> Vec<String> {
    read.found.warnings.iter().map(|it| format!("{}: {}", it.rows, it.what)).collect()
}

const COMMA: &str = "the amount looks as if it had a decimal comma; name `decimal_mark` in a profile, or write 60.5";

#[test]
fn a_file_without_accepted_rows_is_rejected_and_not_done() {
    let rejected = account("Id,Date,Transaction\n0,7/15,x\n1,7/16,y\n");
    let reason = "0 of 2 rows were taken; line 2: Transaction: not an amount".to_owned();
    assert_eq!(rejected.found.end_state(), State::Rejected { reason });
    assert_eq!(account("Id,Date,Transaction\n0,7/15,x\n1,7/16,1\n").found.end_state(), State::Done);
    assert_eq!(account("Id,Date,Transaction\n").found.end_state(), State::Done, "there was nothing to take");
    let rejected = read("imports/c.csv", None, "id,name,owner,address,email,ibans\n1,Acme,,,no-address,\n").unwrap();
    assert_eq!(rejected.found.end_state().name(), "rejected");
    assert!(rejected.found.end_state().is_final());
}

#[test]
fn nobody_is_registered_from_a_rejected_row() {
    let rejected = account("Id,Date,Transaction\n0,7/15,x\n");
    assert_eq!((rejected.registrations.len(), rejected.found.customers), (0, 0));
    assert_eq!(account("Id,Date,Transaction\n0,7/15,x\n1,7/15,1\n").registrations.len(), 1);

    let header = "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction,text\n";
    let nameless = format!("{header}1,,,,,,a,2026-01-02,1.00,\u{1}\n");
    let rejected = read("imports/holders.csv", None, &nameless).unwrap();
    assert_eq!((rejected.found.rows_rejected, rejected.registrations.len(), rejected.found.customers), (1, 0, 0));
    let both = format!("{nameless}1,Ada,Lovelace,,,,b,2026-01-02,1.00,\n");
    let taken = read("imports/holders.csv", None, &both).unwrap();
    assert_eq!(taken.registrations.first().unwrap().customer.name.as_deref(), Some("Ada Lovelace"));
}

#[test]
fn rows_that_look_like_another_notation_are_hinted_at() {
    let order = "the date looks like D/M, but is read as M/D, so a day up to 12 is taken for a month; write \
                 YYYY-MM-DD, or name `date_format` in a profile";
    let dots = "the date looks like %d.%m.%Y; name that as `date_format` in a profile, or write YYYY-MM-DD";
    let semicolons = "the row looks delimited by `;`, but the header by `,`; use one delimiter in the whole file";
    for (text, expected) in [
        (
            "Id;Date;Transaction\n0;2026-07-15;60,5\n1;2026-07-16;1.000,00\n2;2026-07-16;x\n3;2026-07-16;5\n",
            vec![format!("2: {COMMA}")],
        ),
        ("Id,Date,Transaction\n0,2026-07-15,\"60,5\"\n1,2026-07-16,-10,30\n", vec![format!("2: {COMMA}")]),
        ("Id,Date,Transaction\n0,15/7,60.5\n", vec![format!("1: {order}")]),
        ("Id;Date;Transaction\n0;15.07.2026;60,5\n", vec![format!("1: {dots}"), format!("1: {COMMA}")]),
        ("Id,Date,Transaction\n0;2026-07-15;60.5\n1;2026-07-15;60.5\n", vec![format!("2: {semicolons}")]),
        ("Id,Date,Transaction\n0,2026-07-15,abc\n1,7/40,1\n2,2026-07-15\n", vec![]),
        ("Id,Date,Transaction\n0;1,2026-07-15;2,abc\n", vec![]),
    ] {
        assert_eq!(warnings(&account(text)), expected, "{text}");
    }
    let refusal = read("imports/accounts/4711/a.csv", None, "Id|Date|Transaction\n0|7/15|1\n").err().unwrap();
    assert_eq!(
        refusal.to_string(),
        "the header `Id|Date|Transaction` is that of a file of the kind account, but delimited by `|`; name it as \
         `delimiter` in a profile, or use `,`"
    );
}

#[test]
fn a_profile_is_hinted_at_where_it_is_not_what_the_file_has() {
    let profile = r#"{"kind": "account", "date_format": "%m/%d/%Y", "decimal_mark": ",",
                      "columns": {"date": "date", "transaction": "transaction"}}"#;
    let text = "date,transaction\n31/01/2026,\"1,5\"\n30/01/2026,\"1,000.25\"\n";
    let read = read("imports/accounts/4711/a.csv", Some(profile), text).unwrap();
    let day_first = "the date looks like %d/%m/%Y; the profile's `date_format` differs";
    let point = "the amount looks as if it had a decimal point; the profile's `decimal_mark` differs";
    assert_eq!(warnings(&read), [format!("2: {day_first}"), format!("1: {point}")]);
}

#[test]
fn entries_dated_after_the_upload_are_warned_of() {
    let read = account("Id,Date,Transaction\n0,2026-11-21,1\n1,2026-11-22,1\n2,2027-01-01,1\n");
    assert_eq!(read.found.rows_taken, 3);
    assert_eq!(warnings(&read), ["2: the entry is dated after the upload"]);
}
