//! Which fields of a row are taken, up to which length, and what each is taken for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use customers::{CustomerId, Directory};
use imports::{ImportContext, Importer, ParsedFile, Profile, Refusal, Upload, read_batch};
use ledger::Entry;
use money::Currency;

const OURS: [&str; 2] = ["DE89370400440532013000", "AT611904300234573201"];
const STRANGER: &str = "FR1420041010050500013M02606";
const TRANSFERS: &str = "id,payer,beneficiary,amount,currency,timestamp,text\n";

fn importer(key: &str, metadata: &[(&str, &str)], profile: Option<&str>) -> Importer {
    let upload = Upload {
        key: key.to_owned(),
        version: "1".to_owned(),
        size_bytes: 1,
        uploaded_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        metadata: metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    Importer::new(ImportContext {
        instructions: upload.instructions().unwrap(),
        profile: profile.map(|json| Profile::parse("bank", json.as_bytes()).unwrap()),
        uploaded_at: upload.uploaded_at,
        default_currency: Currency::EUR,
        declared_sources: Vec::new(),
    })
}

fn directory() -> Directory {
    OURS.map(|it| (it.parse().unwrap(), CustomerId::of_company(it))).into()
}

fn read(key: &str, profile: Option<&str>, text: &str) -> Result<ParsedFile, Refusal> {
    let mut importer = importer(key, &[], profile);
    importer.feed(text.as_bytes())?;
    importer.end()?.finish(&directory())
}

fn account(text: &str) -> ParsedFile {
    read("imports/accounts/4711/july.csv", None, text).unwrap()
}

fn transfers(rows: &str) -> ParsedFile {
    read("imports/swift/1.csv", None, &format!("{TRANSFERS}{rows}")).unwrap()
}

fn rates(rows: &str) -> Result<ParsedFile, Refusal> {
    read("imports/r.csv", None, &format!("currency,usd_rate,eur_rate\n{rows}"))
}

fn rejects(read: &ParsedFile) -> Vec<(u64, &str)> {
    read.found.first_rejects.iter().map(|it| (it.line, it.reason.as_str())).collect()
}

fn entries(mut read: ParsedFile) -> Vec<Entry> {
    read_batch(&read.pack().bytes).unwrap().into_iter().flat_map(|(_, entries)| entries).collect()
}

#[test]
fn an_id_has_up_to_255_bytes_and_no_controls() {
    let longest = "x".repeat(255);
    let read = account(&format!("Id,Date,Transaction\n{longest},7/15,1\nx{longest},7/15,1\na\u{1}b,7/15,1\n"));
    let what = "Id: not an id: UTF-8 of at most 255 bytes without control characters";
    assert_eq!(rejects(&read), [(3, what), (4, what)]);
    assert_eq!(entries(read)[0].id.as_deref(), Some(longest.as_str()));
}

#[test]
fn a_text_has_up_to_500_bytes_and_no_controls() {
    let longest = "x".repeat(500);
    let rows = format!("1,7/15,1,{longest}\n2,7/15,1,x{longest}\n3,7/15,1,a\u{1}b\n4,7/15,1,Zoë\n");
    let read = account(&format!("Id,Date,Transaction,Text\n{rows}"));
    let what = "Text: not a text: UTF-8 of at most 500 bytes without control characters";
    assert_eq!(rejects(&read), [(3, what), (4, what)]);
    let texts: Vec<_> = entries(read).into_iter().map(|it| it.text.unwrap().into_string()).collect();
    assert_eq!(texts, [longest, "Zoë".to_owned()]);
}

#[test]
fn an_account_of_a_transfer_has_up_to_64_bytes_and_no_controls() {
    let longest = "x".repeat(64);
    let row = |other: &str| format!("1,{},{other},1,EUR,2026-01-02,\n", OURS[0]);
    let read = transfers(&[row(&longest), row(&format!("x{longest}")), row("a\u{1}b")].concat());
    let what = "beneficiary: not an account number: at most 64 bytes without control characters";
    assert_eq!(rejects(&read), [(3, what), (4, what)]);
    assert_eq!(entries(read)[0].counterparty.as_deref(), Some(longest.as_str()));
}

#[test]
fn a_counterparty_may_be_missing_and_has_up_to_64_bytes_and_no_controls() {
    let profile = r#"{"kind": "holders", "date_format": "%Y-%m-%d", "columns": {"account_number": "account",
        "transaction_ts": "date", "transaction": "amount", "counterparty": "other", "text": ["one", "two"]}}"#;
    let longest = "x".repeat(64);
    let rows = [
        "4711,2026-01-01,1,,coffee,".to_owned(),
        format!("4711,2026-01-02,1,{longest},,tea"),
        format!("4711,2026-01-03,1,x{longest},,"),
        "4711,2026-01-04,1,a\u{1}b,,".to_owned(),
        "4711,2026-01-05,1,7,two,words".to_owned(),
    ];
    let text = format!("account,date,amount,other,one,two\n{}\n", rows.join("\n"));
    let read = read("imports/a.csv", Some(profile), &text).unwrap();
    let what = "other: not an account number: at most 64 bytes without control characters";
    assert_eq!(rejects(&read), [(4, what), (5, what)]);
    let entries = entries(read);
    let seen = |it: &Entry| [&it.counterparty, &it.text].map(|it| it.as_deref().map(str::to_owned));
    let text = |it: &str| Some(it.to_owned());
    let expected = [[None, text("coffee")], [text(&longest), text("tea")], [text("7"), text("two words")]];
    assert_eq!(entries.iter().map(seen).collect::<Vec<_>>(), expected);
}

#[test]
fn a_row_without_a_currency_has_that_of_the_upload_unless_it_is_a_transfer() {
    let read = account("Id,Date,Transaction,Currency\n1,7/15,1,\n2,7/15,2,USD\n3,7/15,3,\n4,7/15,4,XXX\n");
    assert_eq!(rejects(&read), [(5, "Currency: not an ISO 4217 currency with minor units")]);
    let amounts: Vec<String> = entries(read).iter().map(|it| it.amount().to_string()).collect();
    assert_eq!(amounts, ["1.00 EUR", "2.00 USD", "3.00 EUR"]);
    let read = transfers(&format!("1,{},{STRANGER},1,,2026-01-02,\n", OURS[0]));
    assert_eq!(rejects(&read), [(2, "currency: not an ISO 4217 currency with minor units")]);
}

#[test]
fn a_profile_s_words_say_which_amounts_are_debits() {
    let profile = r#"{"kind": "account", "date_format": "%Y-%m-%d", "columns": {"date": "date", "transaction": "amount"},
        "sign": {"column": "type", "credit": ["C", "IN"], "debit": ["D"]}}"#;
    let rows = "2026-01-01,1,C\n2026-01-02,2,IN\n2026-01-03,3,D\n2026-01-04,4,X\n2026-01-05,-5,D\n2026-01-06,+6,C\n";
    let read = read("imports/accounts/4711/a.csv", Some(profile), &format!("date,amount,type\n{rows}")).unwrap();
    let signed = "amount: has a sign, but the sign is in another column";
    let expected = [(5, "type: neither a word for a credit nor one for a debit"), (6, signed), (7, signed)];
    assert_eq!(rejects(&read), expected);
    assert_eq!(entries(read).iter().map(|it| it.amount_minor).collect::<Vec<_>>(), [100, 200, -300]);
}

#[test]
fn a_row_with_neither_a_credit_nor_a_debit_has_no_amount() {
    let profile = r#"{"kind": "account", "date_format": "%Y-%m-%d", "columns": {"date": "date"},
        "sign": {"credit_column": "in", "debit_column": "out"}}"#;
    let text = "date,in,out\n2026-01-01,,\n2026-01-02,1,\n2026-01-03,,2\n2026-01-04,1,2\n";
    let read = read("imports/accounts/4711/a.csv", Some(profile), text).unwrap();
    let expected = [(2, "in: the amount is empty"), (5, "out: there is a credit and a debit in one row")];
    assert_eq!(rejects(&read), expected);
    assert_eq!(entries(read).iter().map(|it| it.amount_minor).collect::<Vec<_>>(), [100, -200]);
}

#[test]
fn what_transfers_come_to_is_counted_by_row_side_and_currency() {
    let [one, two] = OURS;
    let mut read = transfers(&format!(
        "1,{one},{two},10.00,EUR,2026-01-02,\n\
         2,{one},{STRANGER},2.00,EUR,2026-01-02,\n\
         3,{STRANGER},{two},0.00,EUR,2026-01-02,\n\
         4,{STRANGER},{STRANGER},5.00,EUR,2026-01-02,\n\
         5,{STRANGER},{two},7.00,USD,2026-01-02,\n\
         6,{one},{two},x,USD,2026-01-02,\n"
    ));
    read.pack();
    let [eur, usd] = read.found.transfers.as_slice() else {
        unreachable!("two currencies: {:?}", read.found.transfers)
    };
    assert_eq!((eur.taken_rows, eur.taken.amount().as_str()), (3, "12.00"));
    assert_eq!((eur.both_rows, eur.both.amount().as_str()), (1, "10.00"));
    assert_eq!((eur.rejected_rows, eur.rejected.amount().as_str()), (1, "5.00"));
    assert_eq!((usd.taken_rows, usd.taken.amount().as_str(), usd.both_rows, usd.rejected_rows), (1, "7.00", 0, 0));
    assert_eq!((read.found.entries, read.found.rows_rejected), (5, 2), "a transfer of nothing is one, too");

    let mut own = account("Id,Date,Transaction,Currency\n1,7/15,1,EUR\n2,7/15,1.234,EUR\n");
    own.pack();
    assert_eq!(own.found.transfers, [], "they are counted of transfers alone");
}

#[test]
fn a_null_byte_is_rejected_even_in_a_column_that_is_not_read() {
    let read = account("Id,Date,Transaction,Branch\n1,7/15,1,a\0b\n2,7/15,2,c\n");
    assert_eq!(rejects(&read), [(2, "the row contains a NUL character")]);
    let refused = self::read("imports/accounts/4711/a.csv", None, "Id,Date,Transaction,Bra\0nch\n1,7/15,1,a\n");
    assert!(matches!(refused, Err(Refusal::UnknownHeader { .. })));
}

#[test]
fn a_header_has_up_to_a_thousand_columns() {
    let text = |columns: usize| format!("Id,Date,Transaction{}\n", ",x".repeat(columns.checked_sub(3).unwrap()));
    let read = |columns| self::read("imports/accounts/4711/a.csv", None, &text(columns));
    assert!(read(1_000).is_ok());
    assert!(matches!(read(1_001), Err(Refusal::UnknownHeader { .. })));
}

#[test]
fn the_same_file_is_other_content_for_another_account() {
    let content = |number: &str| {
        let text = "Id,Date,Transaction\n1,2026-07-15,1\n";
        read(&format!("imports/accounts/{number}/a.csv"), None, text).unwrap().content
    };
    assert_eq!(content("4711"), content("4711"));
    assert_ne!(content("4711"), content("4712"));
}

#[test]
fn each_account_is_looked_up_once() {
    let [one, two] = OURS;
    let mut importer = importer("imports/swift/1.csv", &[], None);
    let named =
        |unknown: Vec<banking::AccountNumber>| unknown.iter().map(|it| it.as_str().to_owned()).collect::<Vec<_>>();
    importer.feed(format!("{TRANSFERS}1,{one},{STRANGER},1,EUR,2026-01-02,\n").as_bytes()).unwrap();
    assert_eq!(named(importer.unknown()), [one, STRANGER]);
    importer.learn(&directory());
    importer.feed(format!("2,{one},{two},1,EUR,2026-01-02,\n").as_bytes()).unwrap();
    assert_eq!(named(importer.unknown()), [two], "the others are known");
    let ended = importer.end().unwrap();
    assert_eq!(named(ended.unknown()), [two]);
    assert_eq!(ended.finish(&directory()).unwrap().found.rows_taken, 2);
}

#[test]
fn a_stranger_s_months_are_not_those_of_an_account_that_we_keep() {
    // Fifty years in ten currencies are 6,000 months and currencies of the account that is paid.
    let currencies = ["EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK", "PLN", "CZK"];
    let mut rows = String::new();
    for currency in currencies {
        for month in 0..600_u32 {
            let (year, month) = (month.div_euclid(12).saturating_add(1971), month.rem_euclid(12).saturating_add(1));
            rows.push_str(&format!("x,{STRANGER},{},5,{currency},{year}-{month:02}-07,\n", OURS[0]));
        }
    }
    assert_eq!(transfers(&rows).found.rows_taken, 4_000);
}

#[test]
fn ten_contradictions_of_rates_are_named() {
    let currencies = ["EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF"];
    let refusal = |count: usize| {
        let twice = currencies.iter().take(count).map(|it| format!("{it},1,0.91\n{it},1,0.92\n"));
        rates(&twice.collect::<String>()).err().unwrap().to_string()
    };
    let named = |refusal: &str| refusal.matches("give two rates").count();
    let (ten, eleven) = (refusal(10), refusal(11));
    assert!(named(&ten) == 10 && !ten.contains("more"), "{ten}");
    assert!(named(&eleven) == 10 && eleven.ends_with("; and 1 more"), "{eleven}");
}

#[test]
fn rates_imply_the_price_of_a_euro_within_five_percent_of_the_median() {
    let pound = |dollars: &str| rates(&format!("USD,1,1\nEUR,1,1\nGBP,{dollars},1\n"));
    assert_eq!(pound("1.05").unwrap().rates.len(), 3);
    assert_eq!(pound("0.95").unwrap().rates.len(), 3);
    assert!(pound("1.0501").is_err());
    assert!(pound("0.9499").is_err());
}
