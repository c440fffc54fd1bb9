//! The results of importing files.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::Write;

use customers::{CustomerId, Directory};
use imports::{ImportContext, Importer, ParsedFile, Profile, Refusal, Upload, read_batch};
use money::Currency;

const HEADER: &str = "Id,Date,Transaction";
const FOUR: &str = "Id,Date,Transaction\n0,7/15,+60.5\n1,7/28,-10.3\n2,8/2,-20.46\n3,8/13,+10\n";
const OURS: [&str; 2] = ["DE89370400440532013000", "AT611904300234573201"];

fn upload(key: &str, metadata: &[(&str, &str)]) -> Upload {
    Upload {
        key: key.to_owned(),
        version: "1".to_owned(),
        size_bytes: 1,
        uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        metadata: metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

fn read_with(upload: &Upload, profile: Option<&str>, pieces: &[&[u8]]) -> Result<ParsedFile, Refusal> {
    let directory: Directory = OURS.map(|it| (it.parse().unwrap(), CustomerId::of_company(it))).into();
    let mut importer = Importer::new(ImportContext {
        instructions: upload.instructions()?,
        profile: profile.map(|json| Profile::parse("test", json.as_bytes())).transpose()?,
        uploaded_at: upload.uploaded_at,
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    });
    for piece in pieces {
        importer.feed(piece)?;
    }
    importer.end()?.finish(&directory)
}

fn account_file(text: &[u8]) -> Result<ParsedFile, Refusal> {
    read_with(&upload("imports/accounts/4711/july.csv", &[]), None, &[text])
}

fn transfers(text: &str) -> ParsedFile {
    read_with(&upload("imports/swift/1.csv", &[]), None, &[text.as_bytes()]).unwrap()
}

/// The entries in the notation of an accountant: account, then time, amount, id (ordinal), counterparty.
fn books(read: &mut ParsedFile) -> BTreeMap<String, Vec<String>> {
    let packed = read.pack();
    let batches = read_batch(&packed.bytes).unwrap();
    let line = |it: &ledger::Entry| {
        let mut line = format!("{} {}", it.at, it.amount());
        if let Some(id) = &it.id {
            line.push_str(&format!(" #{id}"));
        } else {
            line.push_str(&format!(" ({})", it.ordinal));
        }
        for text in [&it.counterparty, &it.text].into_iter().flatten() {
            line.push_str(&format!(" {text}"));
        }
        line
    };
    batches.iter().map(|(account, entries)| (account.as_str().to_owned(), entries.iter().map(line).collect())).collect()
}

fn rejects(read: &ParsedFile) -> Vec<(u64, String)> {
    read.found.first_rejects.iter().map(|it| (it.line, it.reason.clone())).collect()
}

#[test]
fn the_four_rows_are_read_however_they_are_written() {
    let expected =
        ["2026-07-15 60.50 EUR (0)", "2026-07-28 -10.30 EUR #1", "2026-08-02 -20.46 EUR #2", "2026-08-13 10.00 EUR #3"];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(FOUR.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let variants: [&[u8]; 11] = [
        FOUR.as_bytes(),
        &FOUR.replace('\n', "\r\n").into_bytes(),
        &FOUR.replace('\n', "\r").into_bytes(),
        FOUR.trim_end().as_bytes(),
        &FOUR.replace("8/2", "08/2").into_bytes(),
        &FOUR.replace('+', "").into_bytes(),
        &[b"\xef\xbb\xbf", FOUR.as_bytes()].concat(),
        b"transaction,BRANCH,date,id\n+60.5,x,2026-07-15,0\n-10.3,\"a,b\",7/28,1\n-20.46,,8/02,2\n10.00,,08/13,3\n",
        b"Id;Date;Transaction\n0;7/15;+60.5\n1;7/28;-10.3\n\n2;8/2;-20.46\n3;8/13;+10\n",
        b"\n\"Id\",\"Date\",\"Transaction\",\n\"0\",\"7/15\",\"+60.5\",\n1 , 7/28 , -10.3 ,\n2,8/2,-20.46,\n3,8/13,10,\n",
        &gzip,
    ];
    for variant in variants {
        let mut read = account_file(variant).unwrap();
        assert_eq!(read.found.rows_rejected, 0, "{}", String::from_utf8_lossy(variant));
        assert_eq!(books(&mut read)["4711"], expected, "{}", String::from_utf8_lossy(variant));
        assert_eq!(read.found.entries, 4);
        assert_eq!(read.registrations[0].accounts[0].number.as_str(), "4711", "the account is registered");
    }
    let content = |text: &[u8]| account_file(text).unwrap().content;
    assert_eq!(content(FOUR.as_bytes()), content(&gzip), "the same text is the same content");
    assert_ne!(content(FOUR.as_bytes()), content(FOUR.trim_end().as_bytes()));
}

#[test]
fn a_row_that_cannot_be_read_is_a_reject_with_line_and_reason() {
    let text = format!(
        "{HEADER}\n0,7/15,60.555\n1,7/32,1\n2,7/15,1e5\n3,7/15\n4,7/15,1,extra\n5,7/15,\"1\n6,7/15,1.000,00\n7,7/15,１\n8,,1\n9,7/15,\n10,7/15,99999999999999999999\n11,7/15,7\n"
    );
    let mut read = account_file(text.as_bytes()).unwrap();
    let expected = [
        (2, "Transaction: more decimals than the currency has"),
        (3, "Date: no such day"),
        (4, "Transaction: not an amount"),
        (5, "has 2 fields, the header has 3"),
        (6, "has 4 fields, the header has 3"),
        (7, "a quote is not closed; is the file cut off?"),
        (8, "has 4 fields, the header has 3"),
        (9, "Transaction: not an amount"),
        (10, "Date: not a date"),
        (11, "Transaction: the amount is empty"),
        (12, "Transaction: too large for one entry"),
    ];
    assert_eq!(rejects(&read), expected.map(|(line, reason)| (line, reason.to_owned())));
    assert_eq!(books(&mut read)["4711"], ["2026-07-15 7.00 EUR #11"]);
    assert_eq!((read.found.rows_read, read.found.rows_taken, read.found.rows_rejected), (12, 1, 11));
    let csv = String::from_utf8(read.rejects_csv).unwrap();
    assert!(
        csv.starts_with(
            "line,reason,row\r\n2,\"Transaction: more decimals than the currency has\",\"0,7/15,60.555\"\r\n"
        ),
        "{csv}"
    );
}

#[test]
fn a_file_with_a_header_and_no_rows_says_so() {
    for text in [HEADER, "Id,Date,Transaction\r", "Id,Date,Transaction\n\n", "currency,usd_rate,eur_rate\n"] {
        let read = account_file(text.as_bytes()).unwrap();
        let warnings: Vec<_> = read.found.warnings.iter().map(|it| (it.what.as_str(), it.rows)).collect();
        assert_eq!(warnings, [("the file has no rows", 0)], "{text:?}");
    }
    let dated = upload("imports/accounts/4711/july.csv", &[("year", "2026")]);
    assert_eq!(read_with(&dated, None, &[FOUR.as_bytes()]).unwrap().found.warnings, []);
}

#[test]
fn a_date_that_no_bank_means_is_a_reject() {
    // Uploaded on 2026-11-21.
    let text = format!("{HEADER}\n1,1969-12-31,1\n2,1970-01-01,1\n3,2036-11-21,1\n4,2036-11-22,1\n5,2199-12-31,1\n");
    let mut read = account_file(text.as_bytes()).unwrap();
    let late = "Date: after 2036-11-21, ten years after the upload".to_owned();
    assert_eq!(rejects(&read), [(2, "Date: before 1970-01-01".to_owned()), (5, late.clone()), (6, late)]);
    assert_eq!(books(&mut read)["4711"], ["1970-01-01 1.00 EUR #2", "2036-11-21 1.00 EUR #3"]);
}

#[test]
fn what_an_account_s_totals_have_no_room_for_is_a_reject() {
    // Fifty years in seven currencies are 4,200 months and currencies.
    let currencies = ["EUR", "USD", "GBP", "CHF", "JPY", "SEK", "CZK"];
    let mut text = "id,payer,beneficiary,amount,currency,timestamp\n".to_owned();
    let row = |text: &mut String, account: &str, currency: &str, month: usize| {
        let (year, month) = (1971 + month / 12, month % 12 + 1);
        text.push_str(&format!(
            "x,{account},FR1420041010050500013M02606,5,{currency},{year}-{month:02}-07T10:00:00Z\n"
        ));
    };
    for currency in currencies {
        (0..600).for_each(|month| row(&mut text, OURS[0], currency, month));
    }
    // Known periods and other accounts still have room.
    row(&mut text, OURS[0], "EUR", 0);
    (0..50).for_each(|month| row(&mut text, OURS[1], "CZK", month));
    let mut read = transfers(&text);
    assert_eq!((read.found.rows_read, read.found.rows_taken), (4_251, 4_051));
    assert_eq!(
        rejects(&read)[0],
        (4_002, "the account has more than 4000 months and currencies; are the dates right?".to_owned())
    );
    let books = books(&mut read);
    assert_eq!((books[OURS[0]].len(), books[OURS[1]].len()), (4_001, 50));
}

#[test]
fn a_file_that_cannot_be_read_is_refused_with_what_to_do() {
    let gzip_bomb = {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(format!("{HEADER}\n").as_bytes()).unwrap();
        gzip.write_all(&vec![b'0'; 20_000_000]).unwrap();
        gzip.finish().unwrap()
    };
    let utf16: Vec<u8> = "Id,Date".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_mark = [b"\xff\xfe".as_slice(), &utf16].concat();
    let columns = vec!["c"; 1_000_000].join(",");
    for (text, expected) in [
        (&b""[..], "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"a,b,c\n1,2,3\n", "the header `a,b,c` is of no known kind of file. Known headers: holders ("),
        (b"\x00\x01\x02\x03", "is of no known kind of file"),
        (&utf16, "the file is UTF-16"),
        (&with_mark, "the file is UTF-16"),
        (&gzip_bomb, "the file unpacks to more than 200 times its size"),
        (&gzip_bomb[..100], "the file begins like a gzip but does not unpack"),
        (columns.as_bytes(), "is of no known kind of file"),
    ] {
        let refusal = account_file(text).err().unwrap().to_string();
        assert!(refusal.contains(expected), "{refusal}");
    }
    let nowhere = read_with(&upload("imports/july.csv", &[]), None, &[FOUR.as_bytes()]).err().unwrap();
    assert_eq!(nowhere, Refusal::NoAccount);
}

#[test]
fn metadata_gives_year_currency_and_holder() {
    let upload = upload(
        "imports/accounts/4711/x.csv",
        &[("year", "2021"), ("currency", "JPY"), ("name", "Ada"), ("email", "ada@example.com")],
    );
    let mut read = read_with(&upload, None, &[b"Id,Date,Transaction\n1,7/15,60\n2,7/15,0.5\n"]).unwrap();
    assert_eq!(rejects(&read), [(3, "Transaction: more decimals than the currency has".to_owned())]);
    assert_eq!(books(&mut read)["4711"], ["2021-07-15 60 JPY #1"]);
    let ada = &read.registrations[0].customer;
    assert_eq!(
        (ada.name.as_deref(), ada.email.as_ref().map(customers::EmailAddress::as_str)),
        (Some("Ada"), Some("ada@example.com"))
    );
}

#[test]
fn equal_rows_without_an_id_are_numbered() {
    let mut read = account_file(b"Id,Date,Transaction\n,7/15,-3\n,7/15,-3\n,7/16,-3\n").unwrap();
    assert_eq!(
        books(&mut read)["4711"],
        ["2026-07-15 -3.00 EUR (0)", "2026-07-15 -3.00 EUR (1)", "2026-07-16 -3.00 EUR (0)"]
    );
}

#[test]
fn an_id_that_identifies_nothing_is_none() {
    let ids = [
        "NOTPROVIDED",
        "notprovided",
        "NonRef",
        "N/A",
        "-",
        "0",
        "",
        " n/a ",
        "\" NOTPROVIDED \"",
        "00",
        "NOTPROVIDED2",
    ];
    let rows: Vec<String> = ids.iter().map(|id| format!("{id},7/15,-3\n")).collect();
    let mut read = account_file(format!("{HEADER}\n{}", rows.concat()).as_bytes()).unwrap();
    let mut expected: Vec<String> = (0..9).map(|ordinal| format!("2026-07-15 -3.00 EUR ({ordinal})")).collect();
    expected.extend(["2026-07-15 -3.00 EUR #00".to_owned(), "2026-07-15 -3.00 EUR #NOTPROVIDED2".to_owned()]);
    assert_eq!(books(&mut read)["4711"], expected);
    let companies = "id,name,owner,address,email,ibans\nN/A,A,,,,\n0,B,,,,\n-,C,,,,\n";
    let read = read_with(&upload("imports/c.csv", &[]), None, &[companies.as_bytes()]).unwrap();
    assert_eq!(rejects(&read), [2, 4].map(|line| (line, "id: a company needs an id".to_owned())));
}

#[test]
fn an_id_that_most_rows_share_is_warned_of() {
    let warnings = |ids: &[&str]| {
        let rows: Vec<String> = ids.iter().map(|id| format!("{id},2026-07-15,-3\n")).collect();
        let read = account_file(format!("{HEADER}\n{}", rows.concat()).as_bytes()).unwrap();
        read.found.warnings.into_iter().map(|it| (it.what, it.rows)).collect::<Vec<_>>()
    };
    let ids = |same: usize, others: usize| {
        let numbers: Vec<String> = (0..others).map(|it| format!("n{it}")).collect();
        let mut ids: Vec<&str> = numbers.iter().map(String::as_str).collect();
        (0..same).for_each(|it| ids.insert((it * 2).min(ids.len()), "REF"));
        warnings(&ids)
    };
    let what = "most rows have the id `REF`: if it identifies nothing, leave it empty, or transfers of one moment count \
                as one batch payment";
    assert_eq!(ids(6, 5), [(what.to_owned(), 6)]);
    assert_eq!(ids(10, 0), [(what.to_owned(), 10)]);
    assert_eq!(ids(5, 5), [], "a half is not most");
    assert_eq!(ids(9, 0), [], "too few rows to tell");
    assert_eq!(warnings(&["", "", "", "", "", "", "", "", "a", "b"]), [], "a missing id is not a shared id");
}

#[test]
fn holders_are_registered_with_their_accounts() {
    let text = "account_number,first_name,last_name,dob,email,type,operation_id,transaction_ts,transaction\n\
        1,Ada,Lovelace,1915-12-10,ada@example.com,giro,a,2024-01-02T10:00:00Z,+5\n\
        2,ada,LOVELACE,1915-12-10,ADA@example.com,giro,b,2024-01-02T10:00:00Z,-5\n\
        3,Bob,Byron,not a day,bob@example.com,giro,c,2024-01-02T10:00:00Z,1\n\
        4,Eve,Noether,1982-03-23,not a mail address,giro,d,2024-01-02T10:00:00Z,1\n\
        1,Mallory,X,1990-01-01,m@example.com,giro,e,2024-01-03T10:00:00Z,7\n\
        AT61 1904 3002 3457 3201,Someone,Else,,,giro,f,2024-01-03,9\n";
    let mut read = read_with(&upload("imports/h.csv", &[]), None, &[text.as_bytes()]).unwrap();
    assert_eq!(rejects(&read), [(4, "dob: not a date".to_owned()), (5, "email: not a mail address".to_owned())]);
    let mut named: Vec<_> =
        read.registrations.iter().map(|it| (it.customer.name.as_deref(), it.accounts.len())).collect();
    named.sort_unstable();
    let expected = [(Some("Ada Lovelace"), 2), (Some("Someone Else"), 1)];
    assert_eq!(named, expected, "Ada once, with both accounts; the register decides about an account that it has");
    assert_eq!(read.found.warnings[0].rows, 1, "a row names another holder than an earlier one");
    let books = books(&mut read);
    assert_eq!(books["1"], ["2024-01-02T10:00:00Z 5.00 EUR #a", "2024-01-03T10:00:00Z 7.00 EUR #e"]);
    assert_eq!(books["AT611904300234573201"], ["2024-01-03 9.00 EUR #f"]);
    assert!(read.found.summaries);
}

#[test]
fn a_transfer_makes_an_entry_on_each_account_we_keep() {
    let mut read = transfers(
        "id,payer,beneficiary,amount,currency,timestamp\n\
        1,DE89370400440532013000,AT611904300234573201,10.00,EUR,2024-01-02T10:00:00Z\n\
        2,DE89370400440532013000,FR1420041010050500013M02606,1.5,USD,2024-01-02T11:00:00Z\n\
        3,FR1420041010050500013M02606,GB82WEST12345698765432,7,EUR,2024-01-02T11:00:00Z\n\
        4,XX0000,AT611904300234573201,7,EUR,2024-01-02T11:00:00Z\n\
        5,DE89370400440532013001,AT611904300234573201,7,EUR,2024-01-02T11:00:00Z\n\
        6,AT611904300234573201,DE89370400440532013000,-7,EUR,2024-01-02T11:00:00Z\n\
        7,AT611904300234573201,DE89370400440532013000,7,euro,2024-01-02T11:00:00Z\n",
    );
    let expected = [
        (4, "neither payer nor beneficiary is an account in the register"),
        (7, "amount: a transfer's amount has no minus; payer and beneficiary say its direction"),
        (8, "currency: not an ISO 4217 currency with minor units"),
    ];
    assert_eq!(rejects(&read), expected.map(|(line, reason)| (line, reason.to_owned())));
    let books = books(&mut read);
    assert_eq!(
        books["DE89370400440532013000"],
        [
            "2024-01-02T10:00:00Z -10.00 EUR #1 AT611904300234573201",
            "2024-01-02T11:00:00Z -1.50 USD #2 FR1420041010050500013M02606",
        ]
    );
    assert_eq!(books["AT611904300234573201"].len(), 3);
    assert_eq!((read.found.entries, read.found.accounts, read.found.summaries), (5, 2, false));
    assert_eq!(read.found.warnings[0].rows, 1, "one row has wrong check digits");
    assert_eq!(read.source, "swift");
    assert_eq!(read.found.sums[0].credits.to_string(), "24.00 EUR");
    assert_eq!(read.found.sums[0].debits.to_string(), "-10.00 EUR");
}

#[test]
fn a_profile_reads_another_banks_file() {
    let profile = r#"{"kind": "account", "delimiter": ";", "encoding": "windows-1252", "decimal_mark": ",",
        "date_format": "%d.%m.%Y", "currency": "EUR",
        "columns": {"date": "Buchungstag", "text": "Verwendungszweck"},
        "sign": {"credit_column": "Haben", "debit_column": "Soll"}}"#;
    let upload = upload("imports/accounts/4711/x.csv", &[("profile", "test")]);
    let text = b"Buchungstag;Verwendungszweck;Soll;Haben\n1.3.2024;M\xfcller;12,5;\n02.03.2024;x;;7\n02.03.2024;x;1;7\n02.03.2024;x;;-7\n";
    let mut read = read_with(&upload, Some(profile), &[text]).unwrap();
    assert_eq!(books(&mut read)["4711"], ["2024-03-01 -12.50 EUR (0) Müller", "2024-03-02 7.00 EUR (0) x"]);
    assert_eq!(read.found.rows_rejected, 2);
    let wrong = read_with(&upload, Some(profile), &[b"a;b\n1;2\n"]).err().unwrap().to_string();
    assert!(wrong.starts_with("the profile `test` does not fit the file"), "{wrong}");
}

#[test]
fn companies_and_rates_are_no_entries() {
    let text = "id,name,owner,address,email,ibans\nc1,Acme,Ada,Main St 1,acme@example.com,\"[\"\"DE89 3704 0044 0532 0130 00\"\"]\"\n,x,,,,\nc2,B,,,,XX12\n";
    let read = read_with(&upload("imports/c.csv", &[]), None, &[text.as_bytes()]).unwrap();
    assert_eq!(read.registrations[0].accounts[0].number.as_str(), OURS[0]);
    assert_eq!(rejects(&read).iter().map(|it| it.0).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(read.found.warnings, []);
    let text = text.replace("DE89", "DE98");
    let read = read_with(&upload("imports/c.csv", &[]), None, &[text.as_bytes()]).unwrap();
    let warnings: Vec<_> = read.found.warnings.iter().map(|it| (it.what.as_str(), it.rows)).collect();
    assert_eq!(warnings, [("an IBAN's check digits are invalid", 1)]);

    let good = rates("currency,usd_rate,eur_rate\nUSD,1,0.91\nEUR,1.0989,1\nGBP,1.27,1.156\n").unwrap();
    assert_eq!(good.rates.len(), 3);
    assert_eq!(good.rates[0].date.to_string(), "2026-11-21");
    let bad = rates(
        "currency,usd_rate,eur_rate,date\nUSD,1,0.91,2024-01-02\nEUR,1.0989,1,2024-01-02\nGBP,1.27,1.4,2024-01-02\n",
    );
    let message = bad.err().unwrap().to_string();
    assert_eq!(
        message,
        "the rates contradict each other: line 4: GBP on 2024-01-02 implies 0.9071 USD for a euro, the others imply 1.0989"
    );
    let twice = rates("currency,usd_rate,eur_rate\nUSD,1,0.91\nUSD,1,0.92\n").err().unwrap().to_string();
    assert!(twice.contains("lines 2 and 3 give two rates for USD on 2026-11-21"), "{twice}");
    let broken = rates("currency,usd_rate,eur_rate\nUSD,1,-0.91\n").err().unwrap().to_string();
    assert_eq!(broken, "the rates cannot be read: line 2: eur_rate: not a rate above zero");
}

#[test]
fn a_feed_loses_the_rows_of_its_rates_that_contradict_each_other_and_no_others() {
    let check = |rows: &str, rejected: &[(u64, &str)], taken: &[&str]| {
        let text = format!("currency,usd_rate,eur_rate,date\n{rows}");
        let key = "imports/exchange-rates/pages-00000000-00000003.csv.gz";
        let read = read_with(&upload(key, &[]), None, &[text.as_bytes()]).unwrap();
        let kept: Vec<String> = read.rates.iter().map(|it| format!("{} {} {}", it.currency, it.date, it.eur)).collect();
        let found = read.found.clone();
        assert_eq!(
            (rejects(&read), kept),
            (
                rejected.iter().map(|(line, it)| (*line, (*it).to_owned())).collect(),
                taken.iter().map(|it| (*it).to_owned()).collect()
            ),
            "{rows}"
        );
        assert_eq!(found.rows_read, found.rows_taken + found.rows_rejected, "{rows}");
        assert!(rates(&text).is_err(), "anywhere else the file is refused");
    };
    let (usd, eur) = ("USD,1,0.91,2024-01-02\n", "EUR,1.0989,1,2024-01-02\n");
    check(
        &format!("{usd}{eur}GBP,1.27,1.4,2024-01-02\nGBP,1.27,1.156,2024-01-03\n"),
        &[(4, "GBP on 2024-01-02 implies 0.9071 USD for a euro, the others imply 1.0989")],
        &["USD 2024-01-02 0.91", "EUR 2024-01-02 1", "GBP 2024-01-03 1.156"],
    );
    let two = "lines 2 and 4 give two rates for USD on 2024-01-02";
    check(&format!("{usd}{eur}USD,1,0.92,2024-01-02\n{usd}"), &[(2, two), (4, two), (5, two)], &["EUR 2024-01-02 1"]);
    // The other rates of the day may show which of two rates is wrong.
    let off = "USD on 2024-01-02 implies 2 USD for a euro, the others imply 1.0989";
    check(&format!("{usd}{eur}USD,1,0.5,2024-01-02\n"), &[(4, off)], &["USD 2024-01-02 0.91", "EUR 2024-01-02 1"]);
    check(
        &format!("{usd}{eur}eur,1,-0.92,2024-01-02\n"),
        &[(4, "currency: not an ISO 4217 currency with minor units")],
        &["USD 2024-01-02 0.91", "EUR 2024-01-02 1"],
    );
}

/// Rows of the European Central Bank's table, some of its columns.
const EURO_TABLE: &str = "Date,USD,JPY,EEK,TRL,TRY,IDR,
2024-01-03,1.0919,156.16,N/A,N/A,32.5178,16994.33,
2024-01-02,1.0956,155.68,N/A,N/A,32.5684,17007.66,
2024-01-01,N/A,N/A,N/A,N/A,N/A,N/A,
2004-12-31,1.3621,139.65,15.6466,1836200,N/A,12646.6,
";

fn rates(text: &str) -> Result<ParsedFile, Refusal> {
    read_with(&upload("imports/r.csv", &[]), None, &[text.as_bytes()])
}

#[test]
fn units_for_a_euro_become_the_worth_of_one_unit() {
    let read = rates(EURO_TABLE).unwrap();
    assert_eq!((read.kind, read.source.as_str()), (imports::Kind::Rates, "rates"));
    assert_eq!((read.found.rows_read, read.found.rows_taken, read.found.rows_rejected), (4, 4, 0));
    let lines: Vec<String> =
        read.rates.iter().map(|it| format!("{} {} {} {}", it.date, it.currency, it.usd, it.eur)).collect();
    assert_eq!(lines.len(), 14);
    assert_eq!(
        lines[5..9],
        [
            "2024-01-02 EUR 1.0956 1",
            "2024-01-02 USD 1 0.9127418765972982840452719971",
            "2024-01-02 JPY 0.0070375128468653648509763618 0.0064234326824254881808838643",
            "2024-01-02 TRY 0.033639970032301249063509414 0.030704609375959519042998735",
        ]
    );
    let warning = &read.found.warnings[0];
    assert_eq!(
        (warning.what.as_str(), warning.rows),
        ("left out, as ISO 4217 has no such currency today: EEK, TRL", 1)
    );
    let none_left_out = EURO_TABLE.lines().take(4).collect::<Vec<_>>().join("\n");
    assert_eq!(rates(&none_left_out).unwrap().found.warnings, []);
}

#[test]
fn a_euro_table_is_refused_whole_and_says_where() {
    for (from, to, expected) in [
        ("155.68", "155,68", "line 3: has 9 fields, the header has 7"),
        ("155.68", "0", "line 3: JPY: not a rate above zero"),
        ("1836200", "-1", "line 5: TRL: not a rate above zero"),
        ("155.68", "79228162514264337593543950335", "line 3: JPY: too large or too small for a rate"),
        ("2024-01-01", "2024-02-30", "line 4: Date: no such day"),
        ("1.3621", "N/A", "line 5: USD: missing; without it the day has no rates in dollars"),
    ] {
        let refusal = rates(&EURO_TABLE.replace(from, to)).err().unwrap().to_string();
        assert_eq!(refusal, format!("the rates cannot be read: {expected}"));
    }
    let refusal = rates(&EURO_TABLE.replace("2024-01-03", "2024-01-02")).err().unwrap().to_string();
    assert!(refusal.contains("lines 2 and 3 give two rates for USD on 2024-01-02"), "{refusal}");
}

#[test]
fn pieces_make_no_difference() {
    let whole = account_file(FOUR.as_bytes()).unwrap();
    for size in [1, 2, 3, 7, 20] {
        let pieces: Vec<&[u8]> = FOUR.as_bytes().chunks(size).collect();
        let mut read = read_with(&upload("imports/accounts/4711/july.csv", &[]), None, &pieces).unwrap();
        assert_eq!(read.content, whole.content);
        assert_eq!(books(&mut read)["4711"].len(), 4);
    }
}
