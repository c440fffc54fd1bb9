//! What statements of camt.053 become: twenty samples, each in the versions 02 and 08, whole, in pieces and as a gzip.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::Write as _;

use banking::AccountNumber;
use customers::{CustomerId, Directory};
use imports::{ImportContext, Importer, Kind, ParsedFile, Refusal, Upload, read_batch};
use ledger::testing::FakeBooks;
use ledger::{Entry, PostingId, post};
use money::Currency;

const OURS: &str = "DE89370400440532013000";
const HEAD: &str = "<GrpHdr><MsgId>M</MsgId><CreDtTm>2026-07-16T01:00:00Z</CreDtTm></GrpHdr>";

/// A file as its bank writes it, and its result.
struct Sample {
    name: &'static str,
    statements: String,
    books: &'static [&'static str],
    rejects: &'static [&'static str],
    warnings: &'static [&'static str],
}

/// A statement of the account.
fn of(account: &str, content: &str) -> String {
    format!("<Stmt><Id>S1</Id><Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>{content}</Stmt>")
}

fn balance(code: &str, amount: &str, currency: &str, sign: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"{currency}\">{amount}</Amt>\
         <CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>2026-07-15</Dt></Dt></Bal>"
    )
}

fn entry(amount: &str, sign: &str, more: &str) -> String {
    let day = "<Sts>BOOK</Sts><BookgDt><Dt>2026-07-15</Dt></BookgDt>";
    format!("<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{day}{more}</Ntry>\n")
}

fn transaction(content: &str) -> String {
    format!("<NtryDtls><TxDtls>{content}</TxDtls></NtryDtls>")
}

const PARTIES: &str = "<RltdPties><Dbtr><Nm>Ada</Nm></Dbtr><DbtrAcct><Id><IBAN>FR1420041010050500013M02606</IBAN></Id>\
                       </DbtrAcct><Cdtr><Nm>Bob</Nm></Cdtr><CdtrAcct><Id><Othr><Id>4711</Id></Othr></Id></CdtrAcct>\
                       </RltdPties><RmtInf><Ustrd>Invoice</Ustrd><Ustrd>7</Ustrd></RmtInf>";

fn sample(name: &'static str, statements: String, books: &'static [&'static str]) -> Sample {
    Sample { name, statements, books, rejects: &[], warnings: &[] }
}

fn entries() -> Vec<Sample> {
    let ours = |content: &str| of(OURS, content);
    let reference = |it: &str| entry("5", "CRDT", &format!("<AcctSvcrRef>{it}</AcctSvcrRef>"));
    vec![
        sample("a credit", ours(&entry("8.85", "CRDT", "")), &["DE89370400440532013000 2026-07-15 8.85 EUR"]),
        sample("a debit", ours(&entry("8.85", "DBIT", "")), &["DE89370400440532013000 2026-07-15 -8.85 EUR"]),
        sample(
            "decimals of XML",
            ours(&[entry("8.85000", "CRDT", ""), entry(".5", "CRDT", ""), entry("7.", "CRDT", "")].concat()),
            &[
                "DE89370400440532013000 2026-07-15 0.50 EUR",
                "DE89370400440532013000 2026-07-15 7.00 EUR",
                "DE89370400440532013000 2026-07-15 8.85 EUR",
            ],
        ),
        sample(
            "an amount in another currency",
            ours(&entry("900", "CRDT", "").replace("EUR", "JPY")),
            &["DE89370400440532013000 2026-07-15 900 JPY"],
        ),
        sample(
            "a time of booking",
            ours(&entry("1", "CRDT", "").replace("<Dt>2026-07-15</Dt>", "<DtTm>2026-07-15T13:15:00+01:00</DtTm>")),
            &["DE89370400440532013000 2026-07-15T12:15:00Z 1.00 EUR"],
        ),
        sample(
            "a date with a time zone, and the date of value instead of that of booking",
            ours(&entry("1", "CRDT", "").replace("BookgDt", "ValDt").replace("-15<", "-15+02:00<")),
            &["DE89370400440532013000 2026-07-15 1.00 EUR"],
        ),
        sample(
            "the bank's reference is the id, twice the same is one entry",
            ours(&[reference("R1"), reference("R2"), reference("R2")].concat()),
            &[
                "DE89370400440532013000 2026-07-15 5.00 EUR #R1",
                "DE89370400440532013000 2026-07-15 5.00 EUR #R2",
                "DE89370400440532013000 2026-07-15 5.00 EUR #R2",
            ],
        ),
        sample(
            "the entry's reference is no id: entries of a collective account share it",
            ours(&entry("5", "CRDT", "").replace("<Ntry>", "<Ntry><NtryRef>CH4431999123000889012</NtryRef>").repeat(2)),
            &["DE89370400440532013000 2026-07-15 5.00 EUR", "DE89370400440532013000 2026-07-15 5.00 EUR (1)"],
        ),
        sample(
            "entries without a reference are counted",
            ours(&entry("5", "CRDT", "").repeat(2)),
            &["DE89370400440532013000 2026-07-15 5.00 EUR", "DE89370400440532013000 2026-07-15 5.00 EUR (1)"],
        ),
    ]
}

fn details() -> Vec<Sample> {
    let ours = |content: &str| of(OURS, content);
    let end_to_end = |it: &str| {
        let details = format!("<Refs><EndToEndId>{it}</EndToEndId></Refs><RmtInf><Ustrd>Rent</Ustrd></RmtInf>");
        entry("3", "CRDT", &transaction(&details))
    };
    let reversal = |sign| ours(&entry("3", sign, &format!("<RvslInd>true</RvslInd>{}", transaction(PARTIES))));
    vec![
        sample(
            "the debtor of a credit",
            ours(&entry("3", "CRDT", &transaction(PARTIES))),
            &["DE89370400440532013000 2026-07-15 3.00 EUR FR1420041010050500013M02606 Ada Invoice 7"],
        ),
        sample(
            "the creditor of a debit",
            ours(&entry("3", "DBIT", &transaction(PARTIES))),
            &["DE89370400440532013000 2026-07-15 -3.00 EUR 4711 Bob Invoice 7"],
        ),
        sample(
            "a reversed debit is a credit from the same counterparty",
            reversal("CRDT"),
            &["DE89370400440532013000 2026-07-15 3.00 EUR 4711 Reversal: Bob Invoice 7"],
        ),
        sample(
            "the payer's reference is a part of the text",
            ours(&[end_to_end("RF18 5390"), end_to_end("NOTPROVIDED")].concat()),
            &[
                "DE89370400440532013000 2026-07-15 3.00 EUR Rent",
                "DE89370400440532013000 2026-07-15 3.00 EUR Rent RF18 5390",
            ],
        ),
    ]
}

fn statuses() -> Vec<Sample> {
    let ours = |content: &str| of(OURS, content);
    vec![
        sample(
            "a batch is one entry",
            ours(&entry(
                "9",
                "CRDT",
                "<NtryDtls><Btch><NbOfTxs>3</NbOfTxs></Btch><TxDtls><RmtInf><Ustrd>x</Ustrd></RmtInf></TxDtls><TxDtls>\
                 <RmtInf><Ustrd>y</Ustrd></RmtInf></TxDtls></NtryDtls><AddtlNtryInf>Salaries &amp; more</AddtlNtryInf>",
            )),
            &["DE89370400440532013000 2026-07-15 9.00 EUR 3 transactions Salaries & more"],
        ),
        sample(
            "texts with line breaks, references and CDATA",
            ours(&entry("1", "CRDT", "<AddtlNtryInf>a\n\t b&#233;<![CDATA[<c>]]><!-- no --></AddtlNtryInf>")),
            &["DE89370400440532013000 2026-07-15 1.00 EUR a bé<c>"],
        ),
        Sample {
            rejects: &["line 1: Sts: the entry is not booked; import the statement that books it"],
            ..sample("a pending entry", ours(&entry("1", "CRDT", "").replace("BOOK", "PDNG")), &[])
        },
        Sample {
            rejects: &[
                "line 1: BookgDt: no such day",
                "line 2: CdtDbtInd: neither a word for a credit nor one for a debit",
                "line 3: Amt: not an amount",
            ],
            ..sample(
                "what cannot be read is rejected alone",
                ours(
                    &[
                        entry("1", "CRDT", "").replace("07-15", "02-30"),
                        entry("2", "", ""),
                        entry("x", "DBIT", ""),
                        entry("4", "DBIT", ""),
                    ]
                    .concat(),
                ),
                &["DE89370400440532013000 2026-07-15 -4.00 EUR"],
            )
        },
    ]
}

fn balances() -> Vec<Sample> {
    let ours = |content: &str| of(OURS, content);
    vec![
        sample(
            "several accounts, with balances that agree",
            [
                of(
                    OURS,
                    &[
                        balance("OPBD", "10", "EUR", "DBIT"),
                        balance("CLBD", "2.5", "EUR", "CRDT"),
                        entry("12.50", "CRDT", ""),
                    ]
                    .concat(),
                ),
                of(
                    "4711",
                    &[
                        balance("PRCD", "10", "EUR", "CRDT"),
                        balance("ITBD", "9", "EUR", "CRDT"),
                        entry("1", "DBIT", ""),
                    ]
                    .concat(),
                ),
            ]
            .concat(),
            &["4711 2026-07-15 -1.00 EUR", "DE89370400440532013000 2026-07-15 12.50 EUR"],
        ),
        Sample {
            warnings: &[
                "statement S1 of DE89370400440532013000: the opening balance 18.15 EUR and the booked entries of 8.85 EUR \
                         give 27.00 EUR, but the closing balance is 27.05 EUR (1)",
            ],
            ..sample(
                "a closing balance that differs",
                ours(
                    &[
                        balance("OPBD", "18.15", "EUR", "CRDT"),
                        balance("CLBD", "27.05", "EUR", "CRDT"),
                        balance("CLAV", "1", "EUR", "CRDT"),
                        entry("8.85", "CRDT", ""),
                        entry("100", "CRDT", "").replace("EUR", "USD"),
                    ]
                    .concat(),
                ),
                &["DE89370400440532013000 2026-07-15 8.85 EUR", "DE89370400440532013000 2026-07-15 100.00 USD"],
            )
        },
        sample(
            "a page in the middle of a statement, with interim balances",
            ours(
                &[balance("ITBD", "1", "EUR", "CRDT"), balance("ITBD", "4", "EUR", "DBIT"), entry("5", "DBIT", "")]
                    .concat(),
            ),
            &["DE89370400440532013000 2026-07-15 -5.00 EUR"],
        ),
    ]
}

/// A file in a version: later ones have elements around codes and parties.
fn document(version: &str, statements: &str) -> String {
    let statements = match version {
        "02" => statements.to_owned(),
        _ => statements
            .replace("<Sts>", "<Sts><Cd>")
            .replace("</Sts>", "</Cd></Sts>")
            .replace("<Dbtr>", "<Dbtr><Pty>")
            .replace("</Dbtr>", "</Pty></Dbtr>")
            .replace("<Cdtr>", "<Cdtr><Pty>")
            .replace("</Cdtr>", "</Pty></Cdtr>"),
    };
    let namespace = format!("urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}");
    format!("<Document xmlns=\"{namespace}\"><BkToCstmrStmt>{HEAD}{statements}</BkToCstmrStmt></Document>")
}

fn read(pieces: &[&[u8]]) -> Result<ParsedFile, Refusal> {
    let upload = Upload {
        key: "imports/july.xml".to_owned(),
        version: "1".to_owned(),
        size_bytes: 1,
        uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        metadata: BTreeMap::new(),
    };
    let directory: Directory = [(OURS.parse().unwrap(), CustomerId::of_company("C1"))].into();
    let mut importer = Importer::new(ImportContext {
        instructions: upload.instructions()?,
        profile: None,
        uploaded_at: upload.uploaded_at,
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    });
    for piece in pieces {
        importer.feed(piece)?;
        importer.learn(&directory);
    }
    importer.end()?.finish(&directory)
}

fn read_text(text: &str) -> Result<ParsedFile, Refusal> {
    read(&[text.as_bytes()])
}

fn entries_of(read: &mut ParsedFile) -> Vec<(AccountNumber, Vec<Entry>)> {
    read_batch(&read.pack().bytes).unwrap()
}

/// The entries in the notation of an accountant.
fn books(entries: &[(AccountNumber, Vec<Entry>)]) -> Vec<String> {
    let line = |account: &AccountNumber, it: &Entry| {
        let mut line = format!("{} {} {}", account.as_str(), it.at, it.amount());
        it.id.iter().for_each(|id| line.push_str(&format!(" #{id}")));
        if it.ordinal > 0 {
            line.push_str(&format!(" ({})", it.ordinal));
        }
        [&it.counterparty, &it.text].into_iter().flatten().for_each(|text| line.push_str(&format!(" {text}")));
        line
    };
    entries.iter().flat_map(|(account, entries)| entries.iter().map(|it| line(account, it))).collect()
}

fn check(sample: &Sample, version: &str, pieces: &[&[u8]]) -> Vec<(AccountNumber, Vec<Entry>)> {
    let name = format!("{}, version {version}, {} pieces", sample.name, pieces.len());
    let mut read = read(pieces).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    assert_eq!((read.kind, read.source.as_str()), (Kind::Holders, "camt-053"), "{name}");
    let found = &read.found;
    let rejects: Vec<String> =
        found.first_rejects.iter().map(|it| format!("line {}: {}", it.line, it.reason)).collect();
    assert_eq!(rejects, sample.rejects, "{name}");
    assert!(found.first_rejects.iter().all(|it| it.row.starts_with("entry ")), "{name}");
    assert_eq!(found.rows_read, found.rows_taken.saturating_add(found.rows_rejected), "{name}");
    let warnings: Vec<String> = found.warnings.iter().map(|it| format!("{} ({})", it.what, it.rows)).collect();
    assert_eq!(warnings, sample.warnings, "{name}");
    let entries = entries_of(&mut read);
    assert_eq!(books(&entries), sample.books, "{name}");
    entries
}

#[test]
fn equal_entries_with_one_shared_reference_are_all_booked() {
    let shared = entry("50", "CRDT", "").replace("<Ntry>", "<Ntry><NtryRef>CH4431999123000889012</NtryRef>");
    let balances = [balance("OPBD", "0", "EUR", "CRDT"), balance("CLBD", "100", "EUR", "CRDT")].concat();
    let text = document("08", &of(OURS, &format!("{balances}{shared}{shared}")));
    let mut read = read(&[text.as_bytes()]).unwrap();
    let entries = entries_of(&mut read);
    assert_eq!(read.found.warnings, []);
    let books = FakeBooks::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (account, entries) in entries {
        let posted = runtime.block_on(post(&books, &account, entries, PostingId([1; 16]))).unwrap();
        assert_eq!((posted.added.entries, posted.duplicates), (2, 0));
    }
}

#[test]
fn a_file_with_rows_that_are_duplicates_of_each_other_has_a_warning() {
    let row = |id: &str, amount: &str| entry(amount, "CRDT", &format!("<AcctSvcrRef>{id}</AcctSvcrRef>"));
    let rows = [row("R1", "5"), row("R2", "5"), row("R2", "5"), row("R2", "6"), row("R2", "5")].concat();
    let mut read = read(&[document("08", &of(OURS, &rows)).as_bytes()]).unwrap();
    entries_of(&mut read);
    let warnings: Vec<_> = read.found.warnings.iter().map(|it| (it.what.as_str(), it.rows)).collect();
    let what = "the row has the id, date and amount of another row of the file, so it is a duplicate of that row";
    assert_eq!(warnings, [(what, 2)]);
}

#[test]
fn samples_are_read_in_both_versions_whole_in_pieces_and_as_a_gzip() {
    let samples: Vec<Sample> = [entries(), details(), statuses(), balances()].into_iter().flatten().collect();
    assert!(samples.len() >= 20);
    for (sample, version) in samples.iter().flat_map(|it| [(it, "02"), (it, "08")]) {
        let text = document(version, &sample.statements);
        let whole = check(sample, version, &[text.as_bytes()]);
        check(sample, version, &text.as_bytes().chunks(1).collect::<Vec<_>>());
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        check(sample, version, &gzip.finish().unwrap().chunks(1).collect::<Vec<_>>());
        adds_nothing_twice(&whole);
    }
}

fn adds_nothing_twice(entries: &[(AccountNumber, Vec<Entry>)]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fake = FakeBooks::default();
    for (account, entries) in entries {
        for (time, is_new) in [(1, true), (2, false)] {
            let posted = runtime.block_on(post(&fake, account, entries.clone(), PostingId([time; 16]))).unwrap();
            assert_eq!(posted.added.entries > 0, is_new, "{entries:?}");
        }
    }
}

#[test]
fn a_statement_of_a_month_adds_only_what_those_of_its_days_have_not() {
    let day = |day: &str, count: usize| entry("5", "CRDT", "").replace("07-15", day).repeat(count);
    let days = [day("07-14", 2), day("07-15", 3)];
    let month = document("08", &of(OURS, &[days.concat(), day("07-16", 1)].concat()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (fake, files) = (FakeBooks::default(), days.map(|it| document("02", &of(OURS, &it))));
    let mut added = Vec::new();
    for (number, file) in (0_u8..).zip(files.iter().chain([&month])) {
        let (account, entries) = entries_of(&mut read_text(file).unwrap()).remove(0);
        let posted = runtime.block_on(post(&fake, &account, entries, PostingId([number; 16]))).unwrap();
        added.push((posted.added.entries, posted.duplicates));
    }
    assert_eq!(added, [(2, 0), (3, 0), (1, 5)]);
}

#[test]
fn an_unknown_account_is_registered_with_the_name_of_its_owner() {
    let text = of("4711", &entry("1", "CRDT", "")).replace("</Acct>", "<Ownr><Nm>Millrace\n GmbH</Nm></Ownr></Acct>");
    let read = read_text(&document("08", &[text, of(OURS, &entry("1", "CRDT", ""))].concat())).unwrap();
    let [registration] = read.registrations.as_slice() else { panic!("{:?}", read.registrations) };
    let account: AccountNumber = "4711".parse().unwrap();
    assert_eq!(registration.customer.id, CustomerId::of_account(&account));
    assert_eq!(registration.customer.name.as_deref(), Some("Millrace GmbH"));
    assert_eq!(read.found.warnings, [], "a registered account keeps its holder");
}

#[test]
fn other_encodings_prefixes_and_byte_order_marks_are_read() {
    let text = document("02", &of(OURS, &entry("1", "CRDT", "<AddtlNtryInf>Café</AddtlNtryInf>")));
    let prefixed =
        text.replace("xmlns=", "xmlns:n=").replace("</", "</\0").replace('<', "<n:").replace("<n:/\0", "</n:");
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
    let latin = [b"<?xml version='1.0' encoding='ISO-8859-1'?>", &*latin].concat();
    for bytes in [latin, prefixed.into_bytes(), format!("\u{feff} \n{text}").into_bytes()] {
        let mut read = read(&[&bytes]).unwrap();
        assert_eq!(books(&entries_of(&mut read)), ["DE89370400440532013000 2026-07-15 1.00 EUR Café"]);
    }
}

#[test]
fn a_refusal_names_the_place_and_what_is_wrong() {
    let good = document("08", &of(OURS, &entry("1", "CRDT", "")));
    let attributes: String =
        (b'a'..=b'z').chain(b'A'..=b'Z').flat_map(|it| [' ', char::from(it), '=', '\'', '\'']).collect();
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;\">]>";
    for (text, part) in [
        (
            good.replace("053.001.08", "054.001.08"),
            "not a camt.053 statement of the versions 02 to 08: it is <Document> urn:",
        ),
        (good.replace("053.001.08", "053.001.99"), "camt.053.001.99"),
        ("<html><body/></html>".to_owned(), "it is <html>"),
        ("<Document/>".to_owned(), "it is <Document>"),
        (document("08", ""), "without a statement"),
        (format!("{bomb}{good}"), "line 1, column 1: it has a document type definition"),
        (good.replace("BOOK", "&b;"), "the entity &b; is unknown"),
        (good.replace("</Ntry>", "</Entry>"), "</Entry> ends <Ntry>"),
        (good.replace("</Stmt>", ""), "line 2, column 1: </BkToCstmrStmt> ends <Stmt>"),
        (good.replace("</Stmt></BkToCstmrStmt></Document>", " "), "line 2, column 2: it ends inside of <Stmt>"),
        (good.replace("<Ntry>", &"<a>".repeat(40)), "deeper than 32"),
        (good.replace("BOOK", &"x".repeat(70_000)), "longer than 64 KB"),
        (good.replace("<Ntry>", &format!("<Ntry{attributes}>")), "<Ntry> has more than 32 attributes"),
        (format!("{good}x"), "text outside of its elements"),
        (good.replace("<Ntry>", "<Ntry a=1>"), "line 1, column "),
    ] {
        let whole = read_text(&text).err().unwrap_or_else(|| panic!("{part} was taken")).to_string();
        assert!(whole.contains(part), "{part} is not in: {whole}");
        let in_pieces = read(&text.as_bytes().chunks(61).collect::<Vec<_>>()).err().unwrap().to_string();
        assert_eq!(in_pieces, whole);
    }
    let bytes = good.replace("BOOK", "\u{fc}").into_bytes();
    let bytes: Vec<u8> = bytes.into_iter().filter(|it| *it != 0xc3).collect();
    let refusal = read(&[&bytes]).err().unwrap().to_string();
    assert!(refusal.contains("not of the encoding"), "{refusal}");
}

#[test]
fn a_name_has_up_to_100_bytes_and_a_tag_or_text_up_to_64_kilobytes() {
    let good = document("08", &of(OURS, &entry("1", "CRDT", "<AddtlNtryInf>text</AddtlNtryInf>")));
    let with = |before: &str| good.replace("<Ntry>", &format!("{before}<Ntry>"));
    let named = |length: usize| with(&format!("<{0}></{0}>", "n".repeat(length)));
    let comment = |length: usize| with(&format!("<!--{}-->", "x".repeat(length.checked_sub(7).unwrap())));
    let text = |length: usize| good.replace("text", &"x".repeat(length));
    for (longest, longer, refusal) in [
        (named(100), named(101), "have long names"),
        (comment(65_536), comment(65_537), "longer than 64 KB"),
        (text(65_536), text(65_537), "longer than 64 KB"),
    ] {
        let end = longest.find("</AddtlNtryInf>").unwrap();
        for cut in [0, 100, end] {
            let read = |text: &str| read(&[&text.as_bytes()[..cut], &text.as_bytes()[cut..]]);
            assert_eq!(read(&longest).unwrap().found.rows_taken, 1, "cut at {cut}");
            let refused = read(&longer).err().unwrap().to_string();
            assert!(refused.contains(refusal), "cut at {cut}: {refused}");
        }
    }
}

#[test]
fn twenty_closing_balances_that_differ_are_named_and_the_others_counted() {
    let balances = [balance("OPBD", "1", "EUR", "CRDT"), balance("CLBD", "2", "EUR", "CRDT")].concat();
    let warnings = |count: usize| {
        let statements = of(OURS, &format!("{balances}{}", entry("5", "CRDT", ""))).repeat(count);
        read_text(&document("08", &statements)).unwrap().found.warnings
    };
    assert!(warnings(20).iter().all(|it| it.what.starts_with("statement S1")));
    let all = warnings(22);
    let (last, named) = all.split_last().unwrap();
    assert_eq!((named.len(), last.rows), (20, 2));
    assert_eq!(last.what, "another statement has a closing balance that differs from its entries");
}
