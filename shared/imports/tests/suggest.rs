//! Profiles proposed for the files of banks, and checked by importing the files with them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::io::Write;

use calendar::Moment;
use imports::{NoSuggestion, Refusal, Suggestion, suggest_profile};
use serde_json::{Value, json};

fn now() -> Moment {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

fn suggest(text: impl AsRef<[u8]>) -> Result<Suggestion, NoSuggestion> {
    suggest_profile(text.as_ref(), now())
}

/// Checks the fields of the proposed profile that `expected` names, and that it accepts all `rows` rows.
fn check(text: impl AsRef<[u8]>, rows: usize, expected: &Value) -> Vec<String> {
    let Suggestion { json, notes, .. } = suggest(text).unwrap();
    let profile: Value = serde_json::from_str(&json).unwrap();
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&profile[field], value, "{field} in {json}\n{notes:#?}");
    }
    let accepted = format!("it accepts {rows} of the first {rows} rows");
    assert!(notes.contains(&accepted), "{accepted}: {notes:#?}\n{json}");
    notes
}

fn windows_1252(text: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1252.encode(text).0.into_owned()
}

#[test]
fn a_german_savings_bank() {
    let text = windows_1252(
        "\"Auftragskonto\";\"Buchungstag\";\"Valutadatum\";\"Buchungstext\";\"Verwendungszweck\";\
         \"Beguenstigter/Zahlungspflichtiger\";\"Kontonummer/IBAN\";\"BIC (SWIFT-Code)\";\"Betrag\";\"Währung\";\"Info\"\n\
         \"DE89370400440532013000\";\"31.01.24\";\"31.01.24\";\"GUTSCHR. UEBERWEISUNG\";\"Gehalt Januar für Zoë\";\"Müller GmbH\";\
         \"DE02120300000000202051\";\"BYLADEM1001\";\"2543,10\";\"EUR\";\"Umsatz gebucht\"\n\
         \"DE89370400440532013000\";\"01.02.24\";\"02.02.24\";\"FOLGELASTSCHRIFT\";\"Miete\";\"Wohnbau eG\";\
         \"DE02500105170137075030\";\"INGDDEFF\";\"-980,00\";\"EUR\";\"Umsatz gebucht\"\n",
    );
    let expected = json!({
        "kind": "holders", "delimiter": ";", "encoding": "windows-1252", "decimal_mark": ",", "date_format": "%d.%m.%y",
        "columns": {
            "account_number": "Auftragskonto", "transaction_ts": "Buchungstag", "transaction": "Betrag",
            "currency": "Währung", "counterparty": "Kontonummer/IBAN",
            "text": ["Buchungstext", "Verwendungszweck", "Beguenstigter/Zahlungspflichtiger"],
        },
    });
    check(text, 2, &expected);
}

#[test]
fn a_german_bank_with_lines_before_the_header_and_points_between_thousands() {
    let text = "Umsatzanzeige;Datei erstellt am: 05.02.2024 18:02\n\nIBAN;DE12 5001 0517 0648 4898 90\nKontoname;Girokonto\n\
                Saldo;1.234,56;EUR\n\nBuchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Saldo;\
                Währung;Betrag;Währung\n01.02.2024;01.02.2024;Wohnbau eG;Lastschrift;Miete;1.234,56;EUR;-1.280,00;EUR\n\
                31.01.2024;31.01.2024;Bäckerei;Gutschrift;Lohn;2.514,56;EUR;2.543,10;EUR\n";
    let expected = json!({
        "kind": "account", "skip_lines": 6, "thousands_mark": ".", "decimal_mark": ",", "date_format": "%d.%m.%Y",
        "columns": {
            "date": "Buchung", "transaction": "Betrag", "currency": "Währung",
            "text": ["Auftraggeber/Empfänger", "Buchungstext", "Verwendungszweck"],
        },
    });
    let notes = check(text, 2, &expected);
    assert!(notes.iter().any(|it| it.contains("--account NUMBER")), "{notes:#?}");
}

#[test]
fn a_french_bank_with_a_negative_debit_column() {
    let text = windows_1252(
        "Date;Date de valeur;Débit;Crédit;Libellé;Solde\n31/01/2024;31/01/2024;;2543,10;VIR SALAIRE;3000,00\n\
         01/02/2024;02/02/2024;-980,00;;PRLV LOYER FÉVRIER;2020,00\n",
    );
    let expected = json!({
        "kind": "account", "encoding": "windows-1252", "date_format": "%d/%m/%Y",
        "sign": {"credit_column": "Crédit", "debit_column": "Débit", "debit_has_minus": true},
        "columns": {"date": "Date", "text": ["Libellé"]},
    });
    let notes = check(text, 2, &expected);
    assert!(notes.iter().any(|it| it.contains("states the currency")), "{notes:#?}");
}

#[test]
fn a_french_bank_with_spaces_between_thousands() {
    let text = "dateOp;dateVal;label;category;amount;comment;accountNum;accountLabel;accountbalance\n\
                2024-01-31;2024-01-31;\"VIR SALAIRE\";Revenus;2\u{a0}543,10;;00040123456;BoursoBank;3000.00\n\
                2024-02-01;2024-02-01;\"PRLV LOYER\";Logement;-980,00;;00040123456;BoursoBank;2020.00\n";
    let expected = json!({
        "kind": "holders", "encoding": "utf-8", "thousands_mark": "\u{a0}", "date_format": "%Y-%m-%d",
        "columns": {
            "account_number": "accountNum", "transaction_ts": "dateOp", "transaction": "amount", "text": ["label"],
        },
    });
    check(text, 2, &expected);
}

#[test]
fn british_banks() {
    let text = "Number,Date,Account,Amount,Subcategory,Memo\n\
                ,31/01/2024,20-12-34 12345678,2543.10,Credit,\"ACME LTD, SALARY\"\n\
                ,01/02/2024,20-12-34 12345678,-980.00,Debit,RENT\n";
    let expected = json!({
        "kind": "holders", "delimiter": ",", "decimal_mark": ".", "date_format": "%d/%m/%Y",
        "columns": {
            "account_number": "Account", "transaction_ts": "Date", "transaction": "Amount", "text": ["Memo"],
        },
    });
    check(text, 2, &expected);

    let text = "Transaction Date,Transaction Type,Sort Code,Account Number,Transaction Description,Debit Amount,Credit \
                Amount,Balance\n01/02/2024,DD,'11-22-33,12345678,RENT,980.00,,2020.00\n\
                31/01/2024,BGC,'11-22-33,12345678,SALARY,,2543.10,3000.00\n";
    let expected = json!({
        "kind": "holders", "sign": {"credit_column": "Credit Amount", "debit_column": "Debit Amount"},
        "columns": {
            "account_number": "Account Number", "transaction_ts": "Transaction Date", "text": ["Transaction Description"],
        },
    });
    check(text, 2, &expected);

    let text = "Date,Counter Party,Reference,Type,Amount (GBP),Balance (GBP),Spending Category,Notes\n\
                01/02/2024,Landlord,RENT,DIRECT DEBIT,-980.00,2020.00,HOME,\n\
                01/02/2024,Cafe,Coffee,CARD,-3.20,2016.80,EATING_OUT,with Bob\n";
    let expected = json!({
        "kind": "account", "currency": "GBP",
        "columns": {"date": "Date", "transaction": "Amount (GBP)", "text": ["Counter Party", "Reference", "Notes"]},
    });
    let notes = check(text, 2, &expected);
    assert!(notes.iter().any(|it| it.contains("`%d/%m/%Y`, but also `%m/%d/%Y`")), "{notes:#?}");
}

#[test]
fn a_czech_bank_states_the_sign_in_words() {
    let text = "\"trans_id\";\"account_id\";\"date\";\"type\";\"operation\";\"amount\";\"balance\";\"k_symbol\";\"bank\";\"account\"\n\
                695247;2378;930101;\"PRIJEM\";\"VKLAD\";700.00;700.00;\"\";;\n\
                637742;2177;930105;\"PRIJEM\";\"PREVOD Z UCTU\";5123.00;5923.00;\"DUCHOD\";\"YZ\";\"62457513\"\n\
                541;2;930131;\"VYBER\";\"VYBER\";14.60;99.00;\"SLUZBY\";;\n\
                542;2;930131;\"VYDAJ\";\"VYBER\";15.00;84.00;\"SLUZBY\";;\n";
    let expected = json!({
        "kind": "holders", "date_format": "%y%m%d",
        "sign": {"column": "type", "credit": ["PRIJEM"], "debit": ["VYBER", "VYDAJ"]},
        "columns": {
            "operation_id": "trans_id", "account_number": "account_id", "transaction_ts": "date", "transaction": "amount",
            "counterparty": "account", "text": ["operation", "k_symbol"],
        },
    });
    check(text, 4, &expected);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    check(gzip.finish().unwrap(), 4, &expected);
}

#[test]
fn what_a_person_must_complete_is_noted() {
    let text = "No;Datum;Typ;Betrag;Text\n1;01.02.2024;H;5,00;a\n2;02.02.2024;S;6,00;b\n3;03.02.2024;X;7,00;c\n";
    let Suggestion { json, notes, .. } = suggest(text).unwrap();
    let has = |part: &str| assert!(notes.iter().any(|it| it.contains(part)), "{part} is not in {notes:#?}\n{json}");
    has("`Typ` also has `X`: add each to `credit` or `debit`");
    has("it accepts 2 of the first 3 rows");
    has("line 4: Typ: neither a word for a credit nor one for a debit");

    let counted = suggest("id;day;amount\n1;2024-01-31;5.00\n2;2024-02-01;-6.00\n").unwrap();
    assert!(counted.notes.iter().any(|it| it.contains("`id` only counts the rows")), "{counted:#?}");
    let positive = suggest("day;amount\n2024-01-31;5.00\n2024-02-01;6.00\n").unwrap();
    assert!(positive.notes.iter().any(|it| it.contains("has no negative amount")), "{positive:#?}");
}

#[test]
fn a_cut_off_row_at_the_end_of_the_sample_is_not_counted() {
    let rows: Vec<_> = (1..=28).map(|day| format!("2024-02-{day:02};-{day}.50;text\n")).collect();
    let text = format!("day;amount;what\n{}2024-02-29;-1", rows.concat());
    check(text, 28, &json!({ "date_format": "%Y-%m-%d" }));
}

#[test]
fn files_without_a_profile_are_refused_with_the_reason() {
    let refused = |text: &[u8]| suggest(text).unwrap_err();
    assert_eq!(refused(b"\n \n"), NoSuggestion::Refused(Refusal::Empty));
    assert_eq!(refused(b"a;b\nc;d\n"), NoSuggestion::NoRows);
    assert_eq!(refused(b"2024-01-31;5.00\n2024-02-01;6.00\n"), NoSuggestion::NoHeader);
    assert!(matches!(refused(b"PK\x03\x04"), NoSuggestion::Refused(Refusal::NotReadable { .. })));
    assert!(matches!(refused(b"<?xml version=\"1.0\"?><Document/>"), NoSuggestion::NotNeeded(_)));
    assert!(matches!(refused(b"Id,Date,Transaction\n0,7/15,+60.5\n1,2024-01-31,3.00\n"), NoSuggestion::NotNeeded(_)));
}

#[test]
fn a_known_header_over_rows_that_are_rejected_gets_a_profile() {
    let text = "Id;Date;Transaction\n0;15.07.2026;60,50\n1;28.07.2026;-10,30\n";
    let expected = json!({ "kind": "account", "delimiter": ";", "decimal_mark": ",", "date_format": "%d.%m.%Y" });
    check(text, 2, &expected);
}

#[test]
fn nothing_panics_on_any_bytes() {
    let text = "Datum;Betrag;Text\n01.02.2024;5,00;\"a\n\";\u{e9}\n02.02.2024;-5,00;b\n";
    for cut in 0..text.len() {
        let _ = suggest(&text.as_bytes()[..cut]);
        let mut changed = text.as_bytes().to_vec();
        for byte in [0, b'"', b';', b'\n', 0xff] {
            changed[cut] = byte;
            let _ = suggest(&changed);
        }
    }
}
