//! How much a file may hold.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use customers::Directory;
use imports::{ImportContext, Importer, MAX_NEW_CUSTOMERS, MAX_TEXT_BYTES, ParsedFile, Refusal, Upload};
use money::Currency;

fn importer(key: &str) -> Importer {
    let upload = Upload {
        key: key.to_owned(),
        version: "1".to_owned(),
        size_bytes: 1,
        uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        metadata: BTreeMap::new(),
    };
    Importer::new(ImportContext {
        instructions: upload.instructions().unwrap(),
        profile: None,
        uploaded_at: upload.uploaded_at,
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    })
}

fn read(mut importer: Importer, text: &str) -> Result<ParsedFile, Refusal> {
    for piece in text.as_bytes().chunks(1 << 20) {
        importer.feed(piece)?;
        importer.learn(&Directory::new());
    }
    importer.end()?.finish(&Directory::new())
}

#[test]
fn a_file_with_a_byte_too_much_is_refused() {
    let mut importer = importer("imports/accounts/4711/a.csv");
    let header = b"Id,Date,Transaction\n";
    importer.feed(header).unwrap();
    let mut left = MAX_TEXT_BYTES - u64::try_from(header.len()).unwrap();
    let mut row = vec![b'a'; 4096];
    row[4095] = b'\n';
    while left > 0 {
        let length = usize::try_from(left).unwrap().min(row.len());
        importer.feed(&row[row.len() - length..]).unwrap();
        left -= u64::try_from(length).unwrap();
    }
    let refusal = importer.feed(b"\n").unwrap_err();
    assert_eq!(refusal, Refusal::TooLarge(MAX_TEXT_BYTES));
    assert_eq!(refusal.to_string(), "the file has more than 400 MiB of text; split it into smaller files");
}

#[test]
fn a_gzip_of_more_than_a_mebibyte_unpacks_to_at_most_200_times_its_size() {
    let read = |text_bytes: usize| {
        let mut text = b"Id,Date,Transaction\n".to_vec();
        text.resize(text_bytes, b'\n');
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&text).unwrap();
        let mut importer = importer("imports/accounts/4711/a.csv");
        importer.feed(&gzip.finish().unwrap())?;
        importer.end().map(|_| ())
    };
    assert_eq!(read(1 << 20), Ok(()));
    assert_eq!(read((1 << 20) + 1), Err(Refusal::Bomb(200)));
}

#[test]
fn a_file_with_too_many_new_customers_is_refused() {
    let holder = |row: usize| format!("{row},Ada{row},Lovelace,1915-12-10,,giro,{row},2026-07-01T10:00:00Z,1");
    let holders = "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction";
    refuses_one_more("imports/holders.csv", holders, holder);
    let company = |row: usize| format!("{row},Company {row},Ada,Here,,");
    refuses_one_more("imports/companies.csv", "id,name,owner,address,email,ibans", company);
}

fn refuses_one_more(key: &str, header: &str, row: impl Fn(usize) -> String) {
    let mut text = header.to_owned() + "\n";
    (0..MAX_NEW_CUSTOMERS).for_each(|it| writeln!(text, "{}", row(it)).unwrap());
    let taken = read(importer(key), &text).unwrap();
    assert_eq!((taken.registrations.len(), taken.found.rows_rejected), (MAX_NEW_CUSTOMERS, 0), "{key}");
    text += &row(MAX_NEW_CUSTOMERS);
    assert_eq!(read(importer(key), &text).err(), Some(Refusal::TooManyCustomers(MAX_NEW_CUSTOMERS)), "{key}");
}
